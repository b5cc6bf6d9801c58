/* What a report of RFC 3464 is made of; delivery-status.ts writes it. */

/** One recipient and what the other side said about it. */
export interface ReportedRecipient {
  readonly address: string;
  /** ORCPT as typed, e.g. `rfc822;user+2Btag@example.com`. */
  readonly originalRecipient?: string;
  readonly reply?: { readonly code: number; readonly enhanced?: string; readonly text: string };
  /** Why; decides the status when the reply has none, and the advice. */
  readonly reason?: string;
  /** Name of the server that said so. */
  readonly remote?: string;
  /** The sender that this server takes, where it did not take the message's own. */
  readonly allowedSender?: string;
  /** `smtp`, or `x-http` for an API. */
  readonly protocol: 'smtp' | 'x-http';
  /** ms since 1970. */
  readonly lastAttempt?: number;
}

/** `relayed`: handed to a server that does not send reports itself. */
export type ReportKind = 'failed' | 'delayed' | 'relayed';

export interface DeliveryReport {
  readonly kind: ReportKind;
  /** Our own name, the Reporting-MTA. */
  readonly hostname: string;
  /** Address in From. */
  readonly from: string;
  /** Who gets the report: the sender of the message. */
  readonly to: string;
  /** Without brackets. */
  readonly reportId: string;
  /** ms since 1970, as all times here. */
  readonly now: number;
  /** The message reported on. */
  readonly id: string;
  readonly subject: string;
  /** With brackets. */
  readonly headerMessageId: string;
  readonly acceptedAt: number;
  /** ENVID as typed (xtext). */
  readonly envelopeId?: string;
  /** Until when a delayed message goes on being tried. */
  readonly expiresAt?: number;
  readonly recipients: readonly ReportedRecipient[];
  /** Header block of the message. */
  readonly header: Buffer;
}

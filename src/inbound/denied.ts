/** Somebody who wanted to send and was refused by policy; kept so that an administrator can allow them. */
export interface DeniedClient {
  readonly address: string;
  /** HELO or EHLO argument. */
  readonly greeting: string;
  readonly sender: string;
  readonly recipient: string;
  /** The sentence that the client was told. */
  readonly reason: string;
  /** The client or SMTP user of the settings whose senders it is not among; empty for a stranger. */
  readonly client: string;
  readonly listener: string;
  readonly count: number;
  /** ms since 1970. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** Refused clients that are asked for, which is all: pairs of address and sender. The storage keeps no more. */
export const MOST_DENIED = 1000;

/** The storage of refused clients; store/denied.ts implements it. Keyed by address and sender; beyond MOST_DENIED the longest unseen go. */
export interface DeniedStorage {
  /** Adds counts to what is known already. */
  record(denied: readonly DeniedClient[]): Promise<void>;
  /** Latest first. */
  list(limit: number): Promise<readonly DeniedClient[]>;
  /** Everything that the address was refused, or only what it was refused with this sender. */
  forget(address: string, sender?: string): Promise<void>;
  /** Calls back after this process has recorded something; returns the way to stop that. */
  readonly onRecorded?: (callback: () => void) => () => void;
}

import type { AcceptedEnvelope } from './accepting.ts';
import type { MessageRecord, RecipientRecord } from './message.ts';

/** A message that Postern makes itself, small enough to be held whole. */
export interface Draft {
  readonly accepted: AcceptedEnvelope;
  readonly body: Buffer;
}

/**
 * Writes the reports of RFC 3464; notices/reports.ts implements it. The queue commits a report in the same transaction
 * as the state that it reports on, so that neither exists without the other. `undefined` means: none is due (null
 * sender, NOTIFY=NEVER, the message is a report itself), which the journal then says.
 */
export interface Reporter {
  /** These recipients will not get the message. `header` is its header block. */
  failed(message: MessageRecord, recipients: readonly RecipientRecord[], header: Buffer): Draft | undefined;
  /** The message is late; it goes on being tried until `expiresAt` (ms since 1970). */
  delayed(
    message: MessageRecord,
    recipients: readonly RecipientRecord[],
    header: Buffer,
    expiresAt: number,
  ): Draft | undefined;
  /** NOTIFY=SUCCESS was asked for and the upstream cannot report itself (RFC 3461 section 5.2.2: relayed). */
  relayed(message: MessageRecord, recipients: readonly RecipientRecord[], header: Buffer): Draft | undefined;
}

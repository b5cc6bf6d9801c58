/**
 * One message, one line: what the log says about each recipient of an attempt, so that "where is my mail" is one grep for
 * the id, the sender or the recipient. Pure; the queue writes the lines after the outcome is on stable storage.
 */
import type { Reply } from '../delivery/outcome.ts';
import type { JournalEvent, MessageRecord } from '../queue/message.ts';

export type AttemptEvent = Extract<JournalEvent, { type: 'attempt' }>;

/** Fields of the line, in the order in which they are written. */
export interface DeliveryLine {
  readonly id: string;
  readonly client: string;
  readonly sender: string;
  readonly recipient: string;
  readonly result: AttemptEvent['recipients'][number]['result'];
  readonly upstream: string;
  readonly attempt: number;
  /** The upstream's own words: code, enhanced code, text. */
  readonly reply: string;
  /** Seconds before the queue, in the queue, connecting, sending; as Postfix writes them. */
  readonly delays: string;
  readonly reason?: string;
  readonly remedy?: string;
  /** The sender that the upstream saw, where it was rewritten. */
  readonly rewrittenSender?: string;
  /** ISO 8601. */
  readonly nextAttemptAt?: string;
  readonly possibleDuplicate?: true;
}

/** One line for each recipient that the attempt was about. `message` may be the record before or after the attempt. */
export function deliveryLines(
  message: Pick<MessageRecord, 'id' | 'origin' | 'envelope'>,
  attempt: AttemptEvent,
): readonly DeliveryLine[] {
  const delays = attempt.delays.map(seconds).join('/');
  return attempt.recipients.map((recipient) => ({
    id: message.id,
    client: message.origin.client,
    sender: message.envelope.sender === '' ? '<>' : message.envelope.sender,
    recipient: recipient.address,
    result: recipient.result,
    upstream: attempt.upstream,
    attempt: attempt.attempt,
    reply: replyText(recipient.reply),
    delays,
    ...(recipient.reason === undefined ? {} : { reason: recipient.reason }),
    ...(recipient.remedy === undefined ? {} : { remedy: recipient.remedy }),
    ...(attempt.rewrittenSender === undefined ? {} : { rewrittenSender: attempt.rewrittenSender }),
    ...(recipient.result === 'deferred' && attempt.nextAttemptAt !== undefined
      ? { nextAttemptAt: new Date(attempt.nextAttemptAt).toISOString() }
      : {}),
    ...(attempt.possibleDuplicate === true ? { possibleDuplicate: true } : {}),
  }));
}

/** `250 2.0.0 Ok: queued`. */
export function replyText(reply: Reply): string {
  return [reply.code, reply.enhanced, reply.text]
    .filter((part) => part !== undefined && part !== '')
    .join(' ');
}

/** Milliseconds as seconds with two significant digits below ten: `0.034`, `1.2`, `15`; 0 for less than a millisecond. */
export function seconds(milliseconds: number): string {
  if (!(milliseconds >= 1)) return '0';
  const value = milliseconds / 1000;
  if (value >= 9.95) return String(Math.round(value));
  return String(Number(value.toPrecision(2)));
}

/** Rows of the list: as little of each message as is shown, since there may be a hundred thousand of them. Pure. */
import type { Message } from '../../../admin/contract.ts';

export interface Row {
  readonly id: string;
  readonly state: Message['state'];
  readonly kind: Message['kind'];
  readonly sender: string;
  readonly recipient: string;
  /** Recipients beside that one. */
  readonly more: number;
  readonly subject: string;
  readonly client: string;
  readonly address: string;
  readonly size: number;
  readonly acceptedAt: number;
  /** The last reply for a recipient who has not got it. */
  readonly why: string;
  /** ms since 1970; only while it waits. */
  readonly nextAttemptAt: number | undefined;
}

const LONGEST_REPLY = 300;

export function rowOf(message: Message): Row {
  const { recipients, origin, state } = message;
  const left = recipients.find((one) => one.state !== 'delivered' && one.reply !== undefined);
  const why = state === 'queued' || state === 'failed' ? replyOf(left?.reply) : '';
  return {
    id: message.id,
    state,
    kind: message.kind,
    sender: message.envelope.sender,
    recipient: recipients[0]?.address ?? '',
    more: recipients.length - 1,
    subject: message.subject,
    client: origin.client,
    address: origin.address,
    size: message.size,
    acceptedAt: message.acceptedAt,
    why: why.slice(0, LONGEST_REPLY),
    nextAttemptAt: state === 'queued' ? message.nextAttemptAt : undefined,
  };
}

/** A reply as servers write it: `451 4.3.2 try later`. */
export function replyOf(reply: Message['recipients'][number]['reply']): string {
  if (reply === undefined) return '';
  const { code, enhanced, text } = reply;
  const said = enhanced !== undefined && !text.includes(enhanced) ? `${enhanced} ${text}` : text;
  return code > 0 && !said.startsWith(String(code)) ? `${code} ${said}` : said;
}

/** What an answer says anew about rows that are shown; `newest` and `oldest` are what it covers. Rows of it that are gone go. */
export function refreshed(
  rows: readonly Row[],
  answer: readonly Row[],
  newest: string,
  oldest: string,
): readonly Row[] {
  const known = new Map(answer.map((row) => [row.id, row]));
  return rows.flatMap((row) => {
    if (row.id > newest || row.id < oldest) return [row];
    const now = known.get(row.id);
    return now === undefined ? [] : [now];
  });
}

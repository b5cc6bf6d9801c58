import type { Selectable } from 'kysely';
import type { JournalEntry, MessageRecord } from '../queue/message.ts';
import { plainText } from './plain-text.ts';
import type { JournalTable, MessageTable } from './schema.ts';
import { storedEnvelope, storedEvent, storedOrigin, storedRecipients } from './stored-json.ts';

export type MessageRow = Selectable<MessageTable>;

/** The columns of a message in the order in which rows are written. */
export const MESSAGE_COLUMNS = [
  'id',
  'kind',
  'client',
  'sender',
  'origin',
  'envelope',
  'recipients',
  'subject',
  'header_message_id',
  'size',
  'chunks',
  'accepted_at',
  'receiving',
  'state',
  'lane',
  'upstream',
  'node',
  'attempts',
  'next_attempt_at',
  'warned_at',
  'finished_at',
] as const satisfies readonly (keyof MessageTable)[];

/** A message as the row that is stored; undefined becomes null, and fields that have a column leave the JSON. */
export function messageRow(message: MessageRecord): MessageRow {
  const { client, ...origin } = message.origin;
  const { sender, ...envelope } = message.envelope;
  return {
    id: message.id,
    kind: message.kind,
    client: plainText(client),
    sender: plainText(sender),
    origin: JSON.stringify(origin),
    envelope: JSON.stringify(envelope),
    recipients: JSON.stringify(message.recipients),
    subject: plainText(message.subject),
    header_message_id: plainText(message.headerMessageId),
    size: message.size,
    chunks: message.chunks,
    accepted_at: message.acceptedAt,
    receiving: message.receiving,
    state: message.state,
    lane: plainText(message.lane),
    upstream: message.upstream ?? null,
    node: message.node,
    attempts: message.attempts,
    next_attempt_at: message.nextAttemptAt,
    warned_at: message.warnedAt ?? null,
    finished_at: message.finishedAt ?? null,
  };
}

/** The message that a row holds. */
export function messageOf(row: MessageRow): MessageRecord {
  const origin = storedOrigin(row.origin);
  const envelope = storedEnvelope(row.envelope);
  const recipients = storedRecipients(row.recipients);
  return {
    id: row.id,
    kind: row.kind === 'report' || row.kind === 'notice' ? row.kind : 'mail',
    origin: { client: row.client, ...origin },
    envelope: { sender: row.sender, ...envelope },
    recipients,
    subject: row.subject,
    headerMessageId: row.header_message_id,
    size: row.size,
    chunks: row.chunks,
    acceptedAt: row.accepted_at,
    receiving: row.receiving,
    state: row.state,
    lane: row.lane,
    ...(row.upstream === null ? {} : { upstream: row.upstream }),
    node: row.node,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at,
    ...(row.warned_at === null ? {} : { warnedAt: row.warned_at }),
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
  };
}

/** The entry of the journal that a row holds. Throws `internal` for an event in an unknown form. */
export function journalEntryOf(row: Selectable<JournalTable>): JournalEntry {
  const event = storedEvent(row.event);
  return { message: row.message, at: row.at, node: row.node, event };
}

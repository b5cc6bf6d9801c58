import { type SqlBool, sql } from 'kysely';
import type { MessageRecord } from '../queue/message.ts';
import type { MessageFilter } from '../queue/storage.ts';
import type { Engine } from './engine.ts';
import { MESSAGE_COLUMNS } from './rows.ts';

/** The part of the messages that a query looks at: ids from `floor` (or these `ids`) up to but without `before`. */
export interface Stretch {
  readonly ids?: readonly string[];
  readonly floor?: string;
  readonly before: string;
  readonly limit: number;
}

/**
 * Newest first. SQL decides what has a column; what is inside JSON it only narrows down, and `matchesFilter` decides.
 * Without regard to case means the letters A to Z, on both engines.
 */
export function matchingMessages(engine: Engine, filter: MessageFilter, stretch: Stretch) {
  const { states, client, sender, recipient, subject, upstream, device, acceptedAfter, acceptedBefore } =
    filter;
  let query = engine.db
    .selectFrom('messages')
    .select(MESSAGE_COLUMNS)
    .where('id', '<', stretch.before)
    .orderBy('id', 'desc')
    .limit(stretch.limit);
  if (stretch.floor !== undefined) query = query.where('id', '>=', stretch.floor);
  if (stretch.ids !== undefined) query = query.where('id', 'in', engine.idList(stretch.ids));
  if (states !== undefined) query = query.where('state', 'in', states);
  if (client !== undefined) query = query.where('client', '=', client);
  if (sender !== undefined) query = query.where(hasPart('sender', sender));
  if (subject !== undefined) query = query.where(hasPart('subject', subject));
  if (recipient !== undefined) query = query.where(hasPart('recipients', inJson(recipient)));
  if (device !== undefined) {
    query = query.where(({ or }) => or([hasPart('origin', inJson(device)), hasPart('client', device)]));
  }
  if (upstream !== undefined) {
    query = query.where(({ or, eb }) =>
      or([
        eb('upstream', '=', upstream),
        sql<SqlBool>`lane like ${`${escaped(upstream)}\t%`} escape '!'`,
        hasPart('recipients', `"upstream":"${inJson(upstream)}"`),
      ]),
    );
  }
  if (acceptedAfter !== undefined) query = query.where('accepted_at', '>=', acceptedAfter);
  if (acceptedBefore !== undefined) query = query.where('accepted_at', '<', acceptedBefore);
  return query;
}

/** The conditions that SQL could not decide exactly. */
export function matchesFilter(message: MessageRecord, filter: MessageFilter): boolean {
  const { recipient, upstream, device } = filter;
  if (recipient !== undefined) {
    const part = lower(recipient);
    if (!message.recipients.some((each) => lower(each.address).includes(part))) return false;
  }
  if (device !== undefined) {
    const part = lower(device);
    const { client, address, greeting, user = '' } = message.origin;
    if (![client, address, greeting, user].some((each) => lower(each).includes(part))) return false;
  }
  if (upstream === undefined) return true;
  return (
    message.upstream === upstream ||
    message.lane.startsWith(`${upstream}\t`) ||
    message.recipients.some((each) => each.upstream === upstream)
  );
}

function hasPart(column: 'sender' | 'subject' | 'recipients' | 'origin' | 'client', part: string) {
  return sql<SqlBool>`lower(${sql.ref(column)}) like ${`%${escaped(lower(part))}%`} escape '!'`;
}

function escaped(text: string): string {
  return text.replaceAll(/[!%_]/g, '!$&');
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function lower(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

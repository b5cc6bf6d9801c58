import { type SqlBool, sql } from 'kysely';
import type { JournalEntry } from '../queue/message.ts';
import type { AgedPlace, QueueStorage } from '../queue/storage.ts';
import type { Engine } from './engine.ts';
import { journalEntryOf, messageOf } from './rows.ts';

type Reading = Pick<
  QueueStorage,
  'due' | 'lanes' | 'aged' | 'find' | 'journal' | 'counts' | 'readChunk' | 'usageSince'
>;

const HOUR = 3_600_000;

/** What the queue reads: work that is due, single messages, sums. Every query uses an index or is bounded. */
export function createQueueReading({ db }: Engine): Reading {
  return {
    async due(node, lane, now, limit) {
      const rows = await db
        .selectFrom('messages')
        .selectAll()
        .where('state', '=', sql.lit('queued'))
        .where('node', '=', node)
        .where('lane', '=', lane)
        .where('next_attempt_at', '<=', now)
        // The order of the index, so that nothing is sorted however long the lane is.
        .orderBy('next_attempt_at')
        .orderBy('accepted_at')
        .limit(limit)
        .execute();
      return rows.map(messageOf);
    },

    async lanes(node) {
      return db
        .selectFrom('messages')
        .select(({ fn }) => [
          'lane',
          fn.countAll<number>().as('count'),
          fn.min('next_attempt_at').as('nextAttemptAt'),
        ])
        .where('state', '=', sql.lit('queued'))
        .where('node', '=', node)
        .groupBy('lane')
        .orderBy('lane')
        .execute();
    },

    async aged(node, acceptedBefore, unwarnedOnly, limit, after) {
      const rows = await db
        .selectFrom('messages')
        .selectAll()
        .where('state', '=', sql.lit('queued'))
        .where('node', '=', node)
        .where('accepted_at', '<', acceptedBefore)
        .$if(unwarnedOnly, (query) => query.where('warned_at', 'is', null))
        .$if(after !== undefined, (query) => query.where(isBehind(after)))
        // The order of the index, so that a walk through all of them reads each once.
        .orderBy('lane')
        .orderBy('next_attempt_at')
        .orderBy('accepted_at')
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(messageOf);
    },

    async find(id) {
      const row = await db.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirst();
      return row && messageOf(row);
    },

    async journal(id) {
      const rows = await db
        .selectFrom('journal')
        .selectAll()
        .where('message', '=', id)
        .orderBy('sequence')
        .execute();
      const entries = rows.map(journalEntryOf);
      if (entries.some((entry) => entry.event.type === 'accepted')) return entries;
      const message = await db
        .selectFrom('messages')
        .select(['accepted_at', 'node'])
        .where('id', '=', id)
        .executeTakeFirst();
      if (message === undefined) return entries;
      return [accepted(id, message.accepted_at, message.node, entries), ...entries];
    },

    async counts() {
      return db
        .selectFrom('totals')
        .select(({ fn }) => [
          'state',
          fn.sum<number>('count').as('count'),
          fn.sum<number>('bytes').as('bytes'),
        ])
        .groupBy('state')
        .having(({ fn }) => fn.sum('count'), '>', 0)
        .orderBy('state')
        .execute();
    },

    async readChunk(id, number) {
      const row = await db
        .selectFrom('chunks')
        .select('data')
        .where('message', '=', id)
        .where('number', '=', number)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const { data } = row;
      return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    },

    async usageSince(upstream, since) {
      return (
        db
          .selectFrom('usage')
          .select(['hour as at', 'recipients'])
          .where('upstream', '=', upstream)
          // The hour in which the span begins counts whole: rather too careful than over the limit.
          .where('hour', '>', since - HOUR)
          .orderBy('hour')
          .execute()
      );
    },
  };
}

function isBehind(after: AgedPlace | undefined) {
  const { lane = '', nextAttemptAt = 0, acceptedAt = 0, id = '' } = after ?? {};
  return sql<SqlBool>`(lane, next_attempt_at, accepted_at, id) > (${lane}, ${nextAttemptAt}, ${acceptedAt}, ${id})`;
}

/** The first event of every message; what is in the message's own row already is not stored twice. */
function accepted(id: string, at: number, node: string, later: readonly JournalEntry[]): JournalEntry {
  const moved = later.find((entry) => entry.event.type === 'taken-over');
  const first = moved?.event.type === 'taken-over' ? moved.event.from : node;
  return { message: id, at, node: first, event: { type: 'accepted', reply: `Queued as ${id}` } };
}

import { type SqlBool, sql, type Transaction } from 'kysely';
import type { QueueStorage } from '../queue/storage.ts';
import { firstMessageIdAt } from '../shared/ids.ts';
import type { Engine } from './engine.ts';
import type { Schema } from './schema.ts';
import { createTotalsChange } from './totals.ts';

type Cleaning = Pick<QueueStorage, 'purge' | 'sweepChunks' | 'discardChunks'>;

/** Chunks that one step of a sweep looks at. */
const SWEEP_WINDOW = 2_000;

/** Steps of one sweep; the next call goes on where there is still something to delete. */
const MOST_STEPS = 5_000;

/**
 * The test relay marks its recipients as held; what a person holds still has them pending. Inside a JSON string every
 * quotation mark has a backslash before it, so the pattern can only be the field itself.
 */
const isHeldByTestRelay = sql<SqlBool>`recipients like '%"state":"held"%' and recipients not like '%"state":"pending"%'`;

interface Expired {
  readonly id: string;
  readonly state: 'queued' | 'held' | 'delivered' | 'failed' | 'deleted';
  readonly size: number;
  readonly chunks: number;
}

/** Deletes what has had its time. Nothing that is queued is ever touched. */
export function createQueueCleaning(engine: Engine, shard: number): Cleaning {
  const { db } = engine;

  async function deleteMessages(
    transaction: Transaction<Schema>,
    expired: readonly Expired[],
  ): Promise<number> {
    if (expired.length === 0) return 0;
    const list = engine.idList(expired.map((message) => message.id));
    await transaction.deleteFrom('chunks').where('message', 'in', list).execute();
    await transaction.deleteFrom('journal').where('message', 'in', list).execute();
    await transaction.deleteFrom('messages').where('id', 'in', list).execute();
    const totals = createTotalsChange();
    for (const message of expired) totals.remove(message);
    await totals.write(transaction, shard);
    return expired.length;
  }

  function lockedMessages(transaction: Transaction<Schema>) {
    return transaction
      .selectFrom('messages')
      .select(['id', 'state', 'size', 'chunks'])
      .$if(engine.locksRows, (query) => query.forUpdate().skipLocked());
  }

  return {
    async purge(limits, limit) {
      const finished = await db.transaction().execute(async (transaction) => {
        await transaction
          .deleteFrom('journal')
          .where('message', '=', '')
          .where('at', '<', limits.finishedBefore)
          .execute();
        const expired = await lockedMessages(transaction)
          // An id is never younger than the end of its message, so the younger ones need not be looked at.
          .where('id', '<', firstMessageIdAt(limits.finishedBefore))
          .where('finished_at', '<', limits.finishedBefore)
          .orderBy('id')
          .limit(limit)
          .execute();
        return deleteMessages(transaction, expired);
      });
      if (finished >= limit) return finished;
      const held = await db.transaction().execute(async (transaction) => {
        const expired = await lockedMessages(transaction)
          .where('state', '=', sql.lit('held'))
          .where(isHeldByTestRelay)
          .where('accepted_at', '<', limits.heldBefore)
          .orderBy('accepted_at')
          .limit(limit - finished)
          .execute();
        return deleteMessages(transaction, expired);
      });
      if (finished + held >= limit) return finished + held;
      const bodies = await db.transaction().execute(async (transaction) => {
        const expired = await lockedMessages(transaction)
          .where('finished_at', 'is not', null)
          .where('chunks', '>', sql.lit(0))
          .where('finished_at', '<', limits.bodiesBefore)
          .where((where) =>
            where.or([where('state', '<>', 'failed'), where('finished_at', '<', limits.failedBodiesBefore)]),
          )
          .orderBy('finished_at')
          .limit(limit - finished - held)
          .execute();
        if (expired.length === 0) return 0;
        const list = engine.idList(expired.map((message) => message.id));
        await transaction.deleteFrom('chunks').where('message', 'in', list).execute();
        await transaction.updateTable('messages').set({ chunks: 0 }).where('id', 'in', list).execute();
        const totals = createTotalsChange();
        for (const message of expired) {
          totals.remove(message);
          totals.add({ ...message, chunks: 0 });
        }
        await totals.write(transaction, shard);
        return expired.length;
      });
      return finished + held + bodies;
    },

    async sweepChunks(before) {
      let deleted = 0;
      let cursor = '';
      for (let step = 0; step < MOST_STEPS; step += 1) {
        const end = await db
          .selectFrom('chunks')
          .select('message')
          .where('message', '>', cursor)
          .where('message', '<', before)
          .orderBy('message')
          .orderBy('number')
          .offset(SWEEP_WINDOW - 1)
          .limit(1)
          .executeTakeFirst();
        const result = await db
          .deleteFrom('chunks')
          .where('message', '>', cursor)
          .where('message', '<', before)
          .$if(end !== undefined, (query) => query.where('message', '<=', end?.message ?? ''))
          .where(({ not, exists, selectFrom }) =>
            not(
              exists(
                selectFrom('messages').select('messages.id').whereRef('messages.id', '=', 'chunks.message'),
              ),
            ),
          )
          .executeTakeFirst();
        deleted += Number(result.numDeletedRows);
        if (end === undefined) break;
        cursor = end.message;
      }
      return deleted;
    },

    async discardChunks(id) {
      await db
        .deleteFrom('chunks')
        .where('message', '=', id)
        .where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom('messages').select('id').where('id', '=', id))),
        )
        .execute();
    },
  };
}

import { type Kysely, sql } from 'kysely';
import type { MessageState } from '../queue/message.ts';
import type { Schema } from './schema.ts';

/** Shards that the totals are kept in; a process draws one. More processes than this share, and only wait a little. */
export const TOTALS_SHARDS = 16;

/** What the totals need to know about a message. */
export interface Counted {
  readonly state: MessageState;
  readonly size: number;
  readonly chunks: number;
}

/** Collects what a transaction changes about the totals and writes it in one statement. */
export function createTotalsChange() {
  const changes = new Map<MessageState, { count: number; bytes: number }>();
  const apply = (message: Counted, sign: 1 | -1) => {
    const change = changes.get(message.state) ?? { count: 0, bytes: 0 };
    change.count += sign;
    if (message.chunks > 0) change.bytes += sign * message.size;
    changes.set(message.state, change);
  };
  return {
    add: (message: Counted) => apply(message, 1),
    remove: (message: Counted) => apply(message, -1),
    /** To be called last in a transaction: two that wait for each other here hold nothing else that the other needs. */
    async write(db: Kysely<Schema>, shard: number): Promise<void> {
      const rows = [...changes]
        .filter(([, change]) => change.count !== 0 || change.bytes !== 0)
        // Always in the same order, so that no two transactions lock each other out.
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([state, change]) => ({ shard, state, ...change }));
      if (rows.length === 0) return;
      await db
        .insertInto('totals')
        .values(rows)
        .onConflict((conflict) =>
          conflict.columns(['shard', 'state']).doUpdateSet({
            count: sql`totals.count + excluded.count`,
            bytes: sql`totals.bytes + excluded.bytes`,
          }),
        )
        .execute();
    },
  };
}

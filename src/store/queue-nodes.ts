import { sql } from 'kysely';
import type { QueueStorage } from '../queue/storage.ts';
import type { Clock } from '../shared/clock.ts';
import type { Engine } from './engine.ts';

type Nodes = Pick<QueueStorage, 'joinNode' | 'renewLease' | 'leaveNode' | 'nodes' | 'takeOver'>;

/** How long the row of a node that has gone is kept, for whoever looks into the database, in milliseconds. */
const REMEMBERED = 24 * 3_600_000;

/**
 * Leases by the database's clock, so that nodes whose own clocks differ agree on who is alive. A message belongs to the
 * node in its row; taking over is one update under row locks, so that no message is ever taken twice.
 */
export function createQueueNodes(engine: Engine, clock: Clock, nextSequence: () => number): Nodes {
  const { db, databaseNow } = engine;
  return {
    async joinNode(node, leaseFor) {
      const leaseUntil = sql<number>`${databaseNow} + ${leaseFor}`;
      await db.transaction().execute(async (transaction) => {
        await transaction
          .deleteFrom('nodes')
          .where('lease_until', '<', sql<number>`${databaseNow} - ${REMEMBERED}`)
          .execute();
        await transaction
          .insertInto('nodes')
          .values({ id: node.id, label: node.label, started_at: databaseNow, lease_until: leaseUntil })
          .onConflict((conflict) =>
            conflict.column('id').doUpdateSet({ label: node.label, lease_until: leaseUntil }),
          )
          .execute();
      });
    },

    async renewLease(node, leaseFor) {
      const result = await db
        .updateTable('nodes')
        .set({ lease_until: sql<number>`${databaseNow} + ${leaseFor}` })
        .where('id', '=', node)
        .where('lease_until', '>', databaseNow)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },

    async leaveNode(node) {
      await db.deleteFrom('nodes').where('id', '=', node).execute();
    },

    async nodes() {
      return db
        .selectFrom('nodes')
        .select(['id', 'label', 'started_at as startedAt', 'lease_until as leaseUntil'])
        .where('lease_until', '>', databaseNow)
        .orderBy('started_at')
        .orderBy('id')
        .execute();
    },

    async takeOver(node, limit) {
      return db.transaction().execute(async (transaction) => {
        const alive = transaction.selectFrom('nodes').select('id').where('lease_until', '>', databaseNow);
        const orphans = await transaction
          .selectFrom('messages')
          .select(['id', 'node', 'lane'])
          .where('state', '=', sql.lit('queued'))
          .where('node', '<>', node)
          .where('node', 'not in', alive)
          .limit(limit)
          .$if(engine.locksRows, (query) => query.forUpdate().skipLocked())
          .execute();
        const at = clock.now();
        for (const [from, messages] of Map.groupBy(orphans, (orphan) => orphan.node)) {
          const ids = engine.idList(messages.map((message) => message.id));
          const event = JSON.stringify({ type: 'taken-over', from, by: node });
          await transaction
            .insertInto('journal')
            .columns(['message', 'sequence', 'node', 'at', 'event'])
            .expression((builder) =>
              builder
                .selectFrom('messages')
                .select(({ val, cast }) => [
                  'id',
                  cast<number>(val(nextSequence()), 'bigint').as('sequence'),
                  cast<string>(val(node), 'text').as('node'),
                  cast<number>(val(at), 'bigint').as('at'),
                  cast<string>(val(event), 'text').as('event'),
                ])
                .where('id', 'in', ids),
            )
            .execute();
          await transaction.updateTable('messages').set({ node }).where('id', 'in', ids).execute();
        }
        return [...Map.groupBy(orphans, (orphan) => `${orphan.node}\n${orphan.lane}`).values()].flatMap(
          (group) => {
            const [first] = group;
            return first === undefined ? [] : [{ lane: first.lane, from: first.node, count: group.length }];
          },
        );
      });
    },
  };
}

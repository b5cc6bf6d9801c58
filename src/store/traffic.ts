import { randomInt } from 'node:crypto';
import { sql } from 'kysely';
import type { TrafficMinute, TrafficStorage } from '../queue/traffic-storage.ts';
import type { Engine } from './engine.ts';
import { TOTALS_SHARDS } from './totals.ts';

const KINDS = ['accepted', 'delivered', 'deferred', 'failed', 'refused'] as const;

/** The counters of the traffic on either engine; a process draws a shard, so that nodes do not wait for each other. */
export function createTrafficStorage({ db }: Engine): TrafficStorage {
  const shard = randomInt(TOTALS_SHARDS);
  return {
    async add(minutes) {
      // In one order on all nodes, so that none locks another out.
      const rows = merged(minutes).map((minute) => ({ ...minute, shard }));
      if (rows.length === 0) return;
      await db
        .insertInto('traffic')
        .values(rows)
        .onConflict((conflict) =>
          conflict.columns(['minute', 'shard']).doUpdateSet({
            accepted: sql`traffic.accepted + excluded.accepted`,
            delivered: sql`traffic.delivered + excluded.delivered`,
            deferred: sql`traffic.deferred + excluded.deferred`,
            failed: sql`traffic.failed + excluded.failed`,
            refused: sql`traffic.refused + excluded.refused`,
          }),
        )
        .execute();
    },

    async read(since, step) {
      const at = sql<number>`minute - minute % ${sql.lit(step)}`;
      return db
        .selectFrom('traffic')
        .select(({ fn }) => [at.as('at'), ...KINDS.map((kind) => fn.sum<number>(kind).as(kind))])
        .where('minute', '>=', since)
        .groupBy(at)
        .orderBy(at)
        .execute();
    },

    async last() {
      const [accepted, delivered] = await Promise.all([lastWith('accepted'), lastWith('delivered')]);
      return {
        ...(accepted === undefined ? {} : { accepted }),
        ...(delivered === undefined ? {} : { delivered }),
      };
    },

    async removeBefore(minute) {
      await db.deleteFrom('traffic').where('minute', '<', minute).execute();
    },

    async waitingSince(times) {
      if (times.length === 0) return [];
      const counts = times.map((time, index) =>
        index === 0
          ? sql<number>`count(case when accepted_at > ${time} then 1 end)`
          : sql<number>`count(case when accepted_at > ${time} and accepted_at <= ${times[index - 1]} then 1 end)`,
      );
      // Read from the index of queued messages alone, which holds the time of acceptance.
      const row = await db
        .selectFrom('messages')
        .select(({ fn }) => [
          fn.countAll<number>().as('all'),
          ...counts.map((count, index) => count.as(`upTo${index}`)),
        ])
        .where('state', '=', sql.lit('queued'))
        .executeTakeFirstOrThrow();
      const values = Object.entries(row);
      const younger = times.map((_, index) => values.find(([name]) => name === `upTo${index}`)?.[1] ?? 0);
      return [...younger, row.all - younger.reduce((sum, count) => sum + count, 0)];
    },
  };

  async function lastWith(kind: 'accepted' | 'delivered'): Promise<number | undefined> {
    const row = await db
      .selectFrom('traffic')
      .select('minute')
      .where(kind, '>', 0)
      .orderBy('minute', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row?.minute;
  }
}

/** One row for each minute: an upsert may not meet the same row twice. */
function merged(minutes: readonly TrafficMinute[]): TrafficMinute[] {
  const rows = new Map<number, TrafficMinute>();
  for (const minute of minutes) {
    const known = rows.get(minute.minute);
    rows.set(
      minute.minute,
      known === undefined
        ? minute
        : {
            minute: minute.minute,
            accepted: known.accepted + minute.accepted,
            delivered: known.delivered + minute.delivered,
            deferred: known.deferred + minute.deferred,
            failed: known.failed + minute.failed,
            refused: known.refused + minute.refused,
          },
    );
  }
  return [...rows.values()].toSorted((a, b) => a.minute - b.minute);
}

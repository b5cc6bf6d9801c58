import { sql } from 'kysely';
import type { DeniedClient, DeniedStorage } from '../inbound/denied.ts';
import type { Engine } from './engine.ts';
import { plainText } from './plain-text.ts';

/** Pairs of address and sender that are kept. */
const MOST_KEPT = 1_000;

/** SQLite takes an offset only behind a limit. */
const EVERYTHING = 2_000_000_000;

/** Refused clients for the administrator, on either engine; bounded whatever anybody sends. */
export function createDeniedStorage(engine: Engine): DeniedStorage {
  const { db } = engine;
  const recorded = new Set<{ readonly call: () => void }>();
  return {
    onRecorded(callback) {
      const entry = { call: callback };
      recorded.add(entry);
      return () => recorded.delete(entry);
    },

    async record(denied) {
      const rows = merge(denied);
      if (rows.length === 0) return;
      await db.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('denied')
          .values(rows)
          .onConflict((conflict) =>
            conflict.columns(['address', 'sender']).doUpdateSet({
              greeting: sql`excluded.greeting`,
              recipient: sql`excluded.recipient`,
              reason: sql`excluded.reason`,
              client: sql`excluded.client`,
              listener: sql`excluded.listener`,
              count: sql`denied.count + excluded.count`,
              first_seen: sql`case when excluded.first_seen < denied.first_seen
                then excluded.first_seen else denied.first_seen end`,
              last_seen: sql`case when excluded.last_seen > denied.last_seen
                then excluded.last_seen else denied.last_seen end`,
            }),
          )
          .execute();
        await transaction
          .deleteFrom('denied')
          .where(
            ({ refTuple, selectFrom }) =>
              sql<boolean>`${refTuple('address', 'sender')} in ${selectFrom('denied')
                .select(['address', 'sender'])
                .orderBy('last_seen', 'desc')
                .orderBy('address')
                .orderBy('sender')
                .limit(EVERYTHING)
                .offset(MOST_KEPT)}`,
          )
          .execute();
      });
      for (const { call } of recorded) call();
    },

    async list(limit) {
      return db
        .selectFrom('denied')
        .select(['address', 'greeting', 'sender', 'recipient', 'reason', 'client', 'listener', 'count'])
        .select(['first_seen as firstSeen', 'last_seen as lastSeen'])
        .orderBy('last_seen', 'desc')
        .orderBy('address')
        .orderBy('sender')
        .limit(limit)
        .execute();
    },

    async forget(address, sender) {
      await db
        .deleteFrom('denied')
        .where('address', '=', address)
        .$if(sender !== undefined, (query) => query.where('sender', '=', sender ?? ''))
        .execute();
    },
  };
}

/** One row for each key, the longest unseen left out beyond the cap, and in one order on all nodes so that none locks another out. */
function merge(denied: readonly DeniedClient[]) {
  const rows = new Map<string, DeniedClient>();
  for (const given of denied) {
    const client = {
      ...given,
      address: plainText(given.address),
      greeting: plainText(given.greeting),
      sender: plainText(given.sender),
      recipient: plainText(given.recipient),
      reason: plainText(given.reason),
      client: plainText(given.client),
      listener: plainText(given.listener),
    };
    const key = JSON.stringify([client.address, client.sender]);
    const known = rows.get(key);
    if (known === undefined) {
      rows.set(key, client);
      continue;
    }
    rows.set(key, {
      ...(client.lastSeen >= known.lastSeen ? client : known),
      count: known.count + client.count,
      firstSeen: Math.min(known.firstSeen, client.firstSeen),
    });
  }
  return [...rows]
    .toSorted(([, a], [, b]) => b.lastSeen - a.lastSeen)
    .slice(0, MOST_KEPT)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { firstSeen, lastSeen, ...client }]) => ({
      ...client,
      first_seen: firstSeen,
      last_seen: lastSeen,
    }));
}

import { sql } from 'kysely';
import type { Device, DeviceStorage } from '../inbound/devices.ts';
import type { Engine } from './engine.ts';
import { plainText } from './plain-text.ts';

/** Pairs of address and client that are kept. */
const MOST_KEPT = 10_000;
/** Rows of one statement, so that it stays below what the engines take in parameters. */
const AT_ONCE = 500;

/** Who has sent, on either engine; bounded whatever anybody sends. */
export function createDeviceStorage({ db }: Engine): DeviceStorage {
  return {
    async record(devices) {
      const rows = merge(devices);
      if (rows.length === 0) return;
      await db.transaction().execute(async (transaction) => {
        for (let from = 0; from < rows.length; from += AT_ONCE) {
          await transaction
            .insertInto('devices')
            .values(rows.slice(from, from + AT_ONCE))
            .onConflict((conflict) =>
              conflict.columns(['address', 'client']).doUpdateSet({
                listener: sql`excluded.listener`,
                greeting: sql`excluded.greeting`,
                smtp_user: sql`excluded.smtp_user`,
                tls: sql`excluded.tls`,
                last_message: sql`excluded.last_message`,
                last_sender: sql`excluded.last_sender`,
                messages: sql`devices.messages + excluded.messages`,
                first_seen: sql`case when excluded.first_seen < devices.first_seen
                  then excluded.first_seen else devices.first_seen end`,
                last_seen: sql`case when excluded.last_seen > devices.last_seen
                  then excluded.last_seen else devices.last_seen end`,
              }),
            )
            .execute();
        }
        // Through the index by time: where there are no more than are kept, it ends without a row.
        const oldest = await transaction
          .selectFrom('devices')
          .select('last_seen')
          .orderBy('last_seen', 'desc')
          .offset(MOST_KEPT)
          .limit(1)
          .executeTakeFirst();
        if (oldest === undefined) return;
        await transaction.deleteFrom('devices').where('last_seen', '<=', oldest.last_seen).execute();
      });
    },

    async list(limit) {
      const rows = await db
        .selectFrom('devices')
        .selectAll()
        .orderBy('last_seen', 'desc')
        .orderBy('address')
        .orderBy('client')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        address: row.address,
        client: row.client,
        listener: row.listener,
        greeting: row.greeting,
        ...(row.smtp_user === null ? {} : { user: row.smtp_user }),
        ...(row.tls === null ? {} : { tls: row.tls }),
        firstSeen: row.first_seen,
        lastSeen: row.last_seen,
        lastMessage: row.last_message,
        lastSender: row.last_sender,
        messages: row.messages,
      }));
    },
  };
}

/** One row for each key, the longest unseen left out beyond the cap, and in one order on all nodes so that none locks another out. */
function merge(devices: readonly Device[]) {
  const rows = new Map<string, Device>();
  for (const given of devices) {
    const device: Device = {
      ...given,
      address: plainText(given.address),
      client: plainText(given.client),
      listener: plainText(given.listener),
      greeting: plainText(given.greeting),
      lastSender: plainText(given.lastSender),
    };
    const key = JSON.stringify([device.address, device.client]);
    const known = rows.get(key);
    if (known === undefined) {
      rows.set(key, device);
      continue;
    }
    rows.set(key, {
      ...(device.lastSeen >= known.lastSeen ? device : known),
      messages: known.messages + device.messages,
      firstSeen: Math.min(known.firstSeen, device.firstSeen),
    });
  }
  return [...rows]
    .toSorted(([, a], [, b]) => b.lastSeen - a.lastSeen)
    .slice(0, MOST_KEPT)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, device]) => ({
      address: device.address,
      client: device.client,
      listener: device.listener,
      greeting: device.greeting,
      smtp_user: device.user === undefined ? null : plainText(device.user),
      tls: device.tls === undefined ? null : plainText(device.tls),
      first_seen: device.firstSeen,
      last_seen: device.lastSeen,
      last_message: device.lastMessage,
      last_sender: device.lastSender,
      messages: device.messages,
    }));
}

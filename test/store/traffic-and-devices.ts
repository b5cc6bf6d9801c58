/** Counters of the traffic, ages of what waits, and devices, alike on both engines. */
import { expect } from 'chai';
import type { Device } from '../../src/inbound/devices.ts';
import type { TrafficMinute } from '../../src/queue/traffic-storage.ts';
import type { Store } from '../../src/store/open-store.ts';
import type { StoreUnderTest } from './conformance.ts';
import { accepting, message } from './samples.ts';

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 10, 2, 12);

const counted = (minute: number, counts: Partial<TrafficMinute> = {}): TrafficMinute => ({
  minute,
  accepted: 0,
  delivered: 0,
  deferred: 0,
  failed: 0,
  refused: 0,
  ...counts,
});

const device = (changes: Partial<Device> = {}): Device => ({
  address: '10.0.0.1',
  client: 'office',
  listener: 'default',
  greeting: 'printer',
  firstSeen: 100,
  lastSeen: 100,
  lastMessage: '0000000000000001',
  lastSender: 'a@example.com',
  messages: 1,
  ...changes,
});

const at = (acceptedAt: number, changes = {}) => message({ acceptedAt, ...changes });
const many = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) =>
    device({ address: `10.1.${(from + index) >> 8}.${(from + index) & 255}`, lastSeen: from + index }),
  );

export function describeTrafficAndDevices(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`traffic and devices of the store on ${name}`, () => {
    let opened: StoreUnderTest;
    let store: Store;

    beforeEach(async function openFresh() {
      this.timeout(30_000);
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    it('adds up what is counted for a minute, and reads it in steps', async () => {
      await store.traffic.add([
        counted(NOON, { accepted: 2, refused: 1 }),
        counted(NOON, { accepted: 1 }),
        counted(NOON + MINUTE, { delivered: 4, failed: 5 }),
      ]);
      await store.traffic.add([counted(NOON, { accepted: 10, deferred: 3 })]);
      await store.traffic.add([counted(NOON + 20 * MINUTE, { accepted: 7 })]);
      await store.traffic.add([]);
      const { minute: _, ...first } = counted(0, {
        accepted: 13,
        refused: 1,
        deferred: 3,
        delivered: 4,
        failed: 5,
      });
      const { minute: __, ...second } = counted(0, { accepted: 7 });
      expect(await store.traffic.read(NOON, 15 * MINUTE)).to.deep.equal([
        { at: NOON, ...first },
        { at: NOON + 15 * MINUTE, ...second },
      ]);
      expect(await store.traffic.read(NOON + 2 * MINUTE, MINUTE)).to.have.lengthOf(1);
      expect(await store.traffic.last()).to.deep.equal({
        accepted: NOON + 20 * MINUTE,
        delivered: NOON + MINUTE,
      });
      await store.traffic.removeBefore(NOON + MINUTE);
      expect(await store.traffic.read(0, MINUTE)).to.have.lengthOf(2);
      await store.traffic.removeBefore(NOON + 60 * MINUTE);
      expect(await store.traffic.last()).to.deep.equal({});
    });

    it('counts what waits by how long it has waited', async () => {
      await store.queue.commit(
        accepting(
          at(NOON),
          at(NOON - 1),
          at(NOON - 10, { node: 'other' }),
          at(NOON - 10, { state: 'held' }),
          at(NOON - 500),
        ),
      );
      expect(await store.traffic.waitingSince([NOON - 1, NOON - 100])).to.deep.equal([1, 2, 1]);
      expect(await store.traffic.waitingSince([NOON + 1])).to.deep.equal([0, 4]);
      expect(await store.traffic.waitingSince([])).to.deep.equal([]);
    });

    it('keeps the last of a device, and counts its messages', async () => {
      await store.devices.record([
        device({ tls: 'TLSv1.3', user: 'scanner' }),
        device({ firstSeen: 50, lastSeen: 60, messages: 2 }),
      ]);
      expect(await store.devices.list(10)).to.deep.equal([
        device({ tls: 'TLSv1.3', user: 'scanner', firstSeen: 50, messages: 3 }),
      ]);
      await store.devices.record([
        device({ lastSeen: 200, lastMessage: 'X', lastSender: 'b@example.com\0' }),
      ]);
      await store.devices.record([
        device({ client: 'other', lastSeen: 300 }),
        device({ address: '::1', lastSeen: 1 }),
      ]);
      await store.devices.record([]);
      expect(await store.devices.list(10)).to.deep.equal([
        device({ client: 'other', lastSeen: 300 }),
        device({ firstSeen: 50, lastSeen: 200, lastMessage: 'X', lastSender: 'b@example.com', messages: 4 }),
        device({ address: '::1', lastSeen: 1 }),
      ]);
      expect(await store.devices.list(1)).to.have.lengthOf(1);
    });

    it('keeps 10,000 devices; the longest unseen go', async function manyDevices() {
      this.timeout(20_000);
      await store.devices.record(many(0, 10_000));
      await store.devices.record(many(10_000, 50));
      const kept = await store.devices.list(20_000);
      expect([kept.length, kept[0]?.lastSeen, kept.at(-1)?.lastSeen]).to.deep.equal([10_000, 10_049, 50]);
    });
  });
}

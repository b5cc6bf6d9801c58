/** Settings and denied clients, alike on both engines. */
import { expect } from 'chai';
import type { DeniedClient } from '../../src/inbound/denied.ts';
import type { Store } from '../../src/store/open-store.ts';
import type { StoreUnderTest } from './conformance.ts';
import { expectCode } from './samples.ts';

const change = (document: string) => ({ document, at: 5, by: 'cli', summary: `now ${document}` });

const denied = (changes: Partial<DeniedClient> = {}): DeniedClient => ({
  address: '10.0.0.1',
  greeting: 'printer',
  sender: 'a@example.com',
  recipient: 'b@example.com',
  reason: 'not allowed',
  client: '',
  listener: 'default',
  count: 1,
  firstSeen: 100,
  lastSeen: 100,
  ...changes,
});

export function describeSmallStorages(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`settings and denied clients of the store on ${name}`, () => {
    let opened: StoreUnderTest;
    let store: Store;

    beforeEach(async function openFresh() {
      this.timeout(30_000);
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    it('keeps every revision of the settings', async () => {
      const { settings } = store;
      expect(await settings.latest()).to.equal(undefined);
      expect(await settings.append(0, change('{"a":1}'))).to.deep.equal({
        revision: 1,
        ...change('{"a":1}'),
      });
      await settings.append(1, change('{"a":2}'));
      expect(await settings.latest()).to.deep.equal({ revision: 2, ...change('{"a":2}') });
      expect(await settings.find(1)).to.deep.equal({ revision: 1, ...change('{"a":1}') });
      expect(await settings.find(9)).to.equal(undefined);
      expect((await settings.history(10)).map((each) => each.revision)).to.deep.equal([2, 1]);
      expect(await settings.history(1)).to.have.lengthOf(1);
      expect((await settings.history(10, 2)).map((each) => each.revision)).to.deep.equal([1]);
    });

    it('lets one of two changes in that were made on the same revision', async () => {
      const { settings } = store;
      await settings.append(0, change('first'));
      const error = await expectCode(settings.append(0, change('stale')), 'settings-conflict');
      expect(error.publicMessage).to.contain('revision 1');
      const results = await Promise.allSettled(
        ['a', 'b', 'c', 'd'].map((each) => settings.append(1, change(each))),
      );
      expect(results.filter((result) => result.status === 'fulfilled')).to.have.lengthOf(1);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).to.have.property('code', 'settings-conflict');
      }
      expect(await settings.history(10)).to.have.lengthOf(2);
    });

    it('adds a refused client to what is known of it', async () => {
      await store.denied.record([denied(), denied({ count: 2, firstSeen: 50, lastSeen: 60 })]);
      await store.denied.record([denied({ count: 4, greeting: 'other', firstSeen: 200, lastSeen: 200 })]);
      await store.denied.record([
        denied({ sender: '', lastSeen: 300 }),
        denied({ address: 'fe80::1\0', lastSeen: 1 }),
      ]);
      expect(await store.denied.list(10)).to.deep.equal([
        denied({ sender: '', lastSeen: 300 }),
        denied({ count: 7, greeting: 'other', firstSeen: 50, lastSeen: 200 }),
        denied({ address: 'fe80::1', lastSeen: 1 }),
      ]);
      await store.denied.forget('10.0.0.1', '');
      expect(await store.denied.list(10)).to.have.lengthOf(2);
      await store.denied.forget('10.0.0.1');
      expect(await store.denied.list(10)).to.have.lengthOf(1);
      await store.denied.record([]);
    });

    it('keeps a thousand refused clients, the longest unseen go first', async () => {
      const many = Array.from({ length: 700 }, (_, index) =>
        denied({ sender: `a${index}@x`, lastSeen: index }),
      );
      await store.denied.record(many);
      await store.denied.record(
        many.map((each) => ({ ...each, address: '10.0.0.2', lastSeen: each.lastSeen + 10_000 })),
      );
      const kept = await store.denied.list(5000);
      expect(kept).to.have.lengthOf(1000);
      expect(kept.filter((each) => each.address === '10.0.0.1')).to.have.lengthOf(300);
      expect(kept.at(-1)?.lastSeen).to.equal(400);
      await store.denied.record(
        Array.from({ length: 1500 }, (_, index) => denied({ sender: `b${index}`, lastSeen: 20_000 })),
      );
      expect(await store.denied.list(5000)).to.have.lengthOf(1000);
    });

    it('keeps the last test of each upstream that there is', async () => {
      const { upstreamTests } = store;
      const test = { upstream: 'office', key: 'k1', result: 'failed', at: 5, by: 'anna' } as const;
      await upstreamTests.put({ ...test, text: 'no \0 NUL' });
      await upstreamTests.put({ ...test, upstream: 'backup' });
      await upstreamTests.put({ ...test, key: 'k2', result: 'ok', at: 6, sentTo: 'admin@example.com' });
      expect(await upstreamTests.list()).to.deep.equal([
        { ...test, upstream: 'backup' },
        { ...test, key: 'k2', result: 'ok', at: 6, sentTo: 'admin@example.com' },
      ]);
      await upstreamTests.keepOnly(['office', 'another']);
      expect((await upstreamTests.list()).map(({ upstream }) => upstream)).to.deep.equal(['office']);
      await upstreamTests.keepOnly([]);
      expect(await upstreamTests.list()).to.deep.equal([]);
    });
  });
}

/** Authorizations, their locks and sign-ins, alike on both engines. */
import { expect } from 'chai';
import type { PendingSignIn, StoredAuthorization } from '../../src/oauth/storage.ts';
import type { Store } from '../../src/store/open-store.ts';
import { until } from '../support/until.ts';
import type { StoreUnderTest } from './conformance.ts';
import { expectCode } from './samples.ts';

const authorization = (changes: Partial<StoredAuthorization> = {}): StoredAuthorization => ({
  upstream: 'office',
  subject: '',
  key: 'k',
  authorizedAt: 1,
  authorizedBy: 'admin',
  renewedAt: 2,
  version: 0,
  ...changes,
});

const full = authorization({
  account: 'relay@example.com',
  scopes: 'a b',
  refreshToken: 'sealed refresh',
  accessToken: 'sealed access',
  accessExpiresAt: 1_900_000_000_000,
  failure: { at: 3, reason: 'authentication', text: 'Grüße 📠', remedy: 'do it', refusals: 2 },
});

const pending = (changes: Partial<PendingSignIn> = {}): PendingSignIn => ({
  id: 'one',
  stateHash: 'hash',
  upstream: 'office',
  flow: 'authorization-code',
  sealed: 'sealed',
  by: 'admin',
  createdAt: 10,
  expiresAt: 100,
  state: 'pending',
  ...changes,
});

export function describeAuthorizations(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`authorizations of the store on ${name}`, () => {
    let opened: StoreUnderTest;
    let storage: Store['authorizations'];

    beforeEach(async function openFresh() {
      this.timeout(30_000);
      opened = await open();
      storage = opened.store.authorizations;
    });
    afterEach(() => opened.close());

    it('are given back as they were saved, with the next version', async () => {
      expect(await storage.find('office', '')).to.equal(undefined);
      expect(await storage.save(authorization(), 0)).to.equal(true);
      expect(await storage.find('office', '')).to.deep.equal(authorization({ version: 1 }));
      expect(await storage.save(full, 1)).to.equal(true);
      expect(await storage.find('office', '')).to.deep.equal({ ...full, version: 2 });
      // What is left out is gone.
      expect(await storage.save(authorization(), 2)).to.equal(true);
      expect(await storage.find('office', '')).to.deep.equal(authorization({ version: 3 }));
      await storage.save(authorization({ upstream: 'backup', subject: 'b@x' }), 0);
      await storage.save(authorization({ upstream: 'backup', subject: 'a@x' }), 0);
      expect((await storage.list()).map((each) => `${each.upstream} ${each.subject}`)).to.deep.equal([
        'backup a@x',
        'backup b@x',
        'office ',
      ]);
      await storage.remove('backup');
      expect(await storage.list()).to.have.lengthOf(1);
    });

    it('let one of several writers in that have read the same version', async () => {
      for (const after of [0, 1, 2]) {
        const results = await Promise.all(
          ['a', 'b', 'c', 'd'].map((account) => storage.save(authorization({ account }), after)),
        );
        expect(results.filter(Boolean)).to.have.lengthOf(1);
        const found = await storage.find('office', '');
        expect(found?.version).to.equal(after + 1);
        expect(found?.account).to.equal(['a', 'b', 'c', 'd'][results.indexOf(true)]);
      }
      expect(await storage.save(authorization(), 2)).to.equal(false);
      expect(await storage.save(authorization(), 9)).to.equal(false);
      await storage.remove('office');
      expect(await storage.save(authorization(), 3)).to.equal(false);
      expect(await storage.find('office', '')).to.equal(undefined);
    });

    it('keep what a provider says, whatever characters it is made of', async () => {
      const odd = { at: 1, reason: 'unreachable', text: 'a\0b\ud800', refusals: 0 } as const;
      expect(await storage.save(authorization({ account: 'x\0y', failure: odd }), 0)).to.equal(true);
      expect((await storage.find('office', ''))?.account).to.equal('xy');
    });

    it('are locked for one holder until the time is over or it lets go', async () => {
      expect(await storage.lock('office', '', 'a', 60_000)).to.equal(true);
      expect(await storage.lock('office', '', 'b', 60_000)).to.equal(false);
      expect(await storage.lock('office', 'other', 'b', 60_000)).to.equal(true);
      expect(await storage.lock('office', '', 'a', 60_000)).to.equal(true);
      await storage.unlock('office', '', 'b');
      expect(await storage.lock('office', '', 'b', 60_000)).to.equal(false);
      await storage.unlock('office', '', 'a');
      expect(await storage.lock('office', '', 'b', 50)).to.equal(true);
      await until(() => storage.lock('office', '', 'c', 60_000), 'the lock has run out', 2000);
      expect(await storage.lock('office', '', 'b', 60_000)).to.equal(false);
    });

    it('are locked for one of many that want it at once', async () => {
      const taken = await Promise.all(
        Array.from({ length: 8 }, (_, index) => storage.lock('office', '', `holder ${index}`, 60_000)),
      );
      expect(taken.filter(Boolean)).to.have.lengthOf(1);
    });

    it('tell of every change, and of nothing else', async () => {
      const told: string[] = [];
      const stop = storage.onChange((upstream) => told.push(upstream));
      await storage.save(authorization(), 0);
      await storage.save(authorization(), 0);
      await storage.lock('office', '', 'a', 1000);
      await storage.save(authorization({ upstream: 'backup' }), 0);
      await storage.remove('office');
      await storage.remove('office');
      expect(told).to.deep.equal(['office', 'backup', 'office']);
      stop();
      await storage.remove('backup');
      expect(told).to.have.lengthOf(3);
    });

    it('begin with sign-ins, which are taken once and end once', async () => {
      await storage.addPending(pending());
      await storage.addPending(pending({ id: 'two', stateHash: 'other', by: 'b' }));
      const { stateHash: _none, ...device } = pending({ id: 'three', flow: 'device-code' });
      await storage.addPending(device);
      expect(await storage.findPending('one')).to.deep.equal(pending());
      expect(await storage.findPending('three')).to.deep.equal(device);
      expect(await storage.findPending('four')).to.equal(undefined);
      const taken = await Promise.all(Array.from({ length: 5 }, () => storage.takePending('hash', 50)));
      expect(taken.filter((each) => each !== undefined)).to.deep.equal([pending({ state: 'redeeming' })]);
      expect(await storage.takePending('other', 100)).to.equal(undefined);
      expect(await storage.takePending('unheard of', 50)).to.equal(undefined);
      await storage.endPending('one', 'failed', 'It was refused.', 'Try again.');
      await storage.endPending('one', 'authorized', 'relay@example.com');
      expect(await storage.findPending('one')).to.deep.equal(
        pending({ state: 'failed', result: 'It was refused.', remedy: 'Try again.' }),
      );
      await storage.endPending('three', 'authorized', 'relay@example.com');
      expect(await storage.findPending('three')).to.include({
        state: 'authorized',
        result: 'relay@example.com',
      });
      await storage.removeExpiredPending(99);
      expect(await storage.findPending('two')).to.include({ by: 'b' });
      await storage.removeExpiredPending(100);
      for (const id of ['one', 'two', 'three']) expect(await storage.findPending(id)).to.equal(undefined);
    });

    it('do not let two sign-ins have the same id or state', async () => {
      await storage.addPending(pending());
      await expectCode(storage.addPending(pending({ stateHash: 'other' })), 'internal');
      await expectCode(storage.addPending(pending({ id: 'two' })), 'internal');
      expect(await storage.findPending('one')).to.deep.equal(pending());
    });
  });
}

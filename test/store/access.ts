/** Users, sessions, API tokens and the setup token, alike on both engines. */
import { expect } from 'chai';
import type { StoredSession, StoredToken, StoredUser } from '../../src/access/storage.ts';
import type { Store } from '../../src/store/open-store.ts';
import type { StoreUnderTest } from './conformance.ts';

const user = (name: string, changes: Partial<StoredUser> = {}): StoredUser => ({
  id: `id of ${name}`,
  name,
  role: 'administrator',
  passwordHash: 'hash',
  disabled: false,
  createdAt: 1_900_000_000_000,
  createdBy: 'test',
  mustChangePassword: false,
  ...changes,
});

const session = (id: string, changes: Partial<StoredSession> = {}): StoredSession => ({
  id,
  hash: `hash of ${id}`,
  user: 'id of Ada',
  createdAt: 10,
  seenAt: 10,
  expiresAt: 1000,
  address: '192.0.2.1',
  agent: 'a browser 📠',
  ...changes,
});

const token = (name: string, changes: Partial<StoredToken> = {}): StoredToken => ({
  id: `id of ${name}`,
  name,
  hash: `hash of ${name}`,
  scopes: ['status.read', 'unheard.of'],
  createdAt: 1,
  createdBy: 'Ada',
  ...changes,
});

export function describeAccess(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`who may use the admin, in the store on ${name}`, () => {
    let opened: StoreUnderTest;
    let storage: Store['access'];

    beforeEach(async function openFresh() {
      this.timeout(30_000);
      opened = await open();
      storage = opened.store.access;
    });
    afterEach(() => opened.close());

    it('users are given back as they were added and changed; a name is one whatever its letters look like', async () => {
      const full = user('Ädä', {
        email: 'a@example.com',
        totp: 'sealed',
        totpStep: 60_000_000,
        disabled: true,
        mustChangePassword: true,
        lastSignInAt: 1_900_000_000_001,
        role: 'operator',
      });
      expect(await storage.addUser(full)).to.equal(true);
      expect(await storage.addUser(user('bob', { id: 'bob' }))).to.equal(true);
      expect(await storage.findUser(full.id)).to.deep.equal(full);
      for (const same of ['ädä', 'ÄDÄ', 'A\u0308da\u0308']) {
        expect(await storage.findUserByName(same)).to.deep.equal(full);
        expect(await storage.addUser(user(same, { id: 'other' }))).to.equal(false);
      }
      expect(await storage.changeUser(full.id, { name: 'BOB' })).to.equal('name-taken');
      expect(await storage.changeUser('unheard of', { name: 'x' })).to.equal('unknown');
      const change = {
        name: 'Zoë\0',
        email: undefined,
        totp: undefined,
        totpStep: undefined,
        disabled: false,
      };
      expect(await storage.changeUser(full.id, change)).to.equal('done');
      const { email: _email, totp: _totp, totpStep: _step, ...left } = full;
      expect(await storage.findUser(full.id)).to.deep.equal({ ...left, name: 'Zoë', disabled: false });
      expect((await storage.users()).map((each) => each.name)).to.deep.equal(['bob', 'Zoë']);
    });

    it('an administrator who may sign in is always left, of many changes at once too', async () => {
      const ids = ['Ada', 'Bob', 'Eve', 'Zoe'].map((each) => `id of ${each}`);
      for (const each of ['Ada', 'Bob', 'Eve', 'Zoe']) await storage.addUser(user(each));
      await storage.addUser(user('viewer', { role: 'viewer' }));
      await storage.addUser(user('disabled', { disabled: true }));
      const done = await Promise.all([
        storage.removeUser(ids[0] ?? ''),
        storage.changeUser(ids[1] ?? '', { role: 'operator' }),
        storage.changeUser(ids[2] ?? '', { disabled: true }),
        storage.removeUser(ids[3] ?? ''),
      ]);
      expect(done.toSorted()).to.deep.equal(['done', 'done', 'done', 'last-administrator']);
      const acting = (await storage.users()).filter(
        (each) => each.role === 'administrator' && !each.disabled,
      );
      expect(acting).to.have.lengthOf(1);
      expect(await storage.removeUser('id of viewer')).to.equal('done');
      expect(await storage.removeUser('id of viewer')).to.equal('unknown');
      expect(await storage.changeUser(acting[0]?.id ?? '', { name: 'still here' })).to.equal('done');
    });

    it('a step of the second factor is used once, and no earlier one after it', async () => {
      await storage.addUser(user('Ada'));
      const used = await Promise.all(Array.from({ length: 5 }, () => storage.useTotpStep('id of Ada', 7)));
      expect(used.filter(Boolean)).to.have.lengthOf(1);
      expect(await storage.useTotpStep('id of Ada', 6)).to.equal(false);
      expect(await storage.useTotpStep('id of Ada', 8)).to.equal(true);
      expect(await storage.useTotpStep('unheard of', 9)).to.equal(false);
    });

    it('sessions are found by digest with their user, touched forwards, and end', async () => {
      await storage.addUser(user('Ada'));
      expect(await storage.addSession(session('a'), 'hash', 5)).to.equal(true);
      expect(await storage.addSession(session('b', { createdAt: 11 }), 'hash', 5)).to.equal(true);
      expect(await storage.findSession('hash of a')).to.deep.equal({
        session: session('a'),
        user: user('Ada'),
      });
      expect(await storage.findSession('a')).to.equal(undefined);
      await storage.touchSession('a', 20);
      await storage.touchSession('a', 15);
      expect((await storage.sessions('id of Ada')).map(({ id, seenAt }) => [id, seenAt])).to.deep.equal([
        ['b', 10],
        ['a', 20],
      ]);
      await storage.removeExpiredSessions(30, 20);
      expect((await storage.sessions('id of Ada')).map(({ id }) => id)).to.deep.equal(['a']);
      await storage.removeExpiredSessions(1000, 0);
      expect(await storage.removeSession('a')).to.equal(false);
      await Promise.all(['c', 'd', 'e'].map((id) => storage.addSession(session(id), 'hash', 5)));
      expect(await storage.removeSession('c')).to.equal(true);
      expect(await storage.removeSessions('id of Ada', 'd')).to.equal(1);
      expect(await storage.removeSessions('id of Ada')).to.equal(1);
    });

    it('a session is added only to who still has the password that was checked, and the oldest goes when there are many', async () => {
      await storage.addUser(user('Ada'));
      await storage.addUser(user('Bob', { disabled: true }));
      expect(await storage.addSession(session('x'), 'another hash', 5)).to.equal(false);
      expect(await storage.addSession(session('x', { user: 'id of Bob' }), 'hash', 5)).to.equal(false);
      expect(await storage.addSession(session('x', { user: 'unheard of' }), 'hash', 5)).to.equal(false);
      for (let count = 1; count <= 4; count += 1) {
        await storage.addSession(session(`s${count}`, { createdAt: count }), 'hash', 2);
      }
      expect((await storage.sessions('id of Ada')).map(({ id }) => id)).to.deep.equal(['s4', 's3']);
    });

    it('no session outlives a change that ends them, however close they are', async () => {
      await storage.addUser(user('Ada'));
      for (let round = 0; round < 5; round += 1) {
        const hash = round === 0 ? 'hash' : `hash ${round - 1}`;
        await Promise.all([
          storage.addSession(session(`a${round}`), hash, 5),
          storage.changeUser('id of Ada', { passwordHash: `hash ${round}` }, { endSessions: true }),
          storage.addSession(session(`b${round}`), hash, 5),
        ]);
        expect(await storage.sessions('id of Ada')).to.deep.equal([]);
      }
      const stale = { ifPasswordHash: 'hash' };
      expect(await storage.changeUser('id of Ada', { name: 'x' }, stale)).to.equal('unknown');
      await storage.addUser(user('Bob'));
      await storage.addSession(session('z'), 'hash 4', 5);
      await storage.removeUser('id of Ada');
      expect(await storage.findSession('hash of z')).to.equal(undefined);
    });

    it('API tokens are found by digest, and gone when removed', async () => {
      const full = token('job', { expiresAt: 1_900_000_000_000, usedAt: 5 });
      expect(await storage.addToken(full)).to.equal(true);
      expect(await storage.addToken(token('JOB', { id: 'x', hash: 'x' }))).to.equal(false);
      expect(await storage.addToken(token('Another'))).to.equal(true);
      expect(await storage.tokens()).to.deep.equal([token('Another'), full]);
      await storage.touchToken(full.id, 9);
      expect(await storage.findToken(full.hash)).to.deep.equal({ ...full, usedAt: 9 });
      expect(await storage.findToken(full.id)).to.equal(undefined);
      expect((await storage.removeToken(full.id))?.name).to.equal('job');
      expect(await storage.removeToken(full.id)).to.equal(undefined);
      expect(await storage.findToken(full.hash)).to.equal(undefined);
    });

    it('a setup token makes one user, and the first one only while there is none', async () => {
      expect(await storage.setup()).to.equal(undefined);
      expect(await storage.redeemSetup('h', 1, user('Ada'))).to.equal('invalid');
      const first = { hash: 'h', kind: 'first' } as const;
      await storage.setSetup({ hash: 'older', kind: 'again', expiresAt: 5 });
      await storage.setSetup(first);
      expect(await storage.setup()).to.deep.equal(first);
      const raced = await Promise.all(
        ['Ada', 'Bob', 'Eve'].map((each) => storage.redeemSetup('h', 1, user(each))),
      );
      expect(raced.toSorted()).to.deep.equal(['added', 'invalid', 'invalid']);
      expect(await storage.users()).to.have.lengthOf(1);
      const [made] = await storage.users();
      await storage.setSetup(first);
      expect(await storage.redeemSetup('h', 1, user('Late'))).to.equal('invalid');
      const again = { hash: 'again', kind: 'again', expiresAt: 100 } as const;
      await storage.setSetup(again);
      expect(await storage.redeemSetup('again', 100, user('Late'))).to.equal('invalid');
      expect(await storage.redeemSetup('again', 99, user(made?.name ?? '', { id: 'x' }))).to.equal(
        'name-taken',
      );
      expect(await storage.setup()).to.deep.equal(again);
      expect(await storage.redeemSetup('again', 99, user('Late'))).to.equal('added');
      expect(await storage.setup()).to.equal(undefined);
      await storage.setSetup(again);
      await storage.setSetup(undefined);
      expect(await storage.setup()).to.equal(undefined);
    });

    it('the password hash that was applied is remembered', async () => {
      expect(await storage.appliedHash()).to.equal(undefined);
      await storage.setAppliedHash('a');
      await storage.setAppliedHash('b');
      expect(await storage.appliedHash()).to.equal('b');
    });
  });
}

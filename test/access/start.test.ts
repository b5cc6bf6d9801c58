import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { SETUP_LINK_FILE } from '../../src/access/setup.ts';
import { hashPassword } from '../../src/settings/passwords.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { Secret } from '../../src/shared/secret.ts';
import { type AccessUnderTest, openAccess, PASSWORD, setupToken } from '../support/access.ts';

const ORIGIN = { address: '192.0.2.1', agent: 'test' };

describe('the start of the admin', () => {
  let under: AccessUnderTest;
  const file = () => join(under.directory, SETUP_LINK_FILE);
  const there = () =>
    stat(file()).then(
      () => true,
      () => false,
    );
  beforeEach(async () => {
    under = await openAccess();
  });
  afterEach(() => under.close());

  it('makes a setup link that its owner alone can read, anew each time, and removes it once somebody is there', async () => {
    const { access } = under;
    const first = await setupToken(access);
    expect(first).to.match(/^[\w-]{43}$/);
    expect((await stat(file())).mode & 0o777).to.equal(0o600);
    expect(await readFile(file(), 'utf8')).to.equal(`http://localhost:8025/setup#${first}\n`);
    const token = await setupToken(access);
    expect(token).not.to.equal(first);
    expect(await readFile(file(), 'utf8')).to.contain(token);
    expect(under.log.text() + JSON.stringify(await under.store.access.setup())).not.to.contain(token);
    const redeem = (tried: string) =>
      access.setup.redeem({ token: tried, name: 'Ada', password: PASSWORD }, ORIGIN);
    const refused = await redeem(first).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(RelayError).and.to.include({ code: 'forbidden' });
    const { session } = await redeem(token);
    expect(session.user).to.include({ name: 'Ada', role: 'administrator', mustChangePassword: false });
    expect((await under.store.access.users())[0]?.lastSignInAt).to.be.a('number');
    expect(await there()).to.equal(false);
    expect(await access.start()).to.equal(undefined);
    expect(await there()).to.equal(false);
  });

  it('removes a link that another node has made void', async () => {
    await setupToken(under.access);
    const other = under.node({ dataDirectory: join(under.directory, 'elsewhere-that-is-not-there') });
    const user = { id: 'x', name: 'x', role: 'administrator', passwordHash: '', disabled: false } as const;
    await under.store.access.addUser({ ...user, createdAt: 1, createdBy: 'test', mustChangePassword: false });
    expect(await there()).to.equal(true);
    expect(await other.start()).to.equal(undefined);
    await under.access.setup.clean();
    expect(await there()).to.equal(false);
  });

  it('makes the administrator of the environment, and leaves a password alone that was changed since', async () => {
    const hash = await hashPassword(new Secret(PASSWORD));
    const withHash = (text: string) => under.node({ adminPasswordHash: new Secret(text) });
    expect(await withHash(hash).start()).to.equal(undefined);
    const [admin] = await under.store.access.users();
    expect(admin).to.include({ name: 'admin', role: 'administrator', passwordHash: hash, disabled: false });
    await under.store.access.changeUser(admin?.id ?? '', { passwordHash: 'chosen since' });
    await withHash(`${hash}\n`).start();
    expect((await under.store.access.users())[0]?.passwordHash).to.equal('chosen since');
    const other = await hashPassword(new Secret('another one of four words'));
    await under.store.access.addUser({ ...OTHER });
    await under.store.access.changeUser(admin?.id ?? '', { role: 'viewer', disabled: true });
    await withHash(other).start();
    const again = await under.store.access.findUserByName('admin');
    expect(again).to.include({ passwordHash: other, role: 'administrator', disabled: false });
    expect(await under.store.access.users()).to.have.lengthOf(2);
    expect(under.audited.map(({ action }) => action)).to.deep.equal(['user.changed', 'user.changed']);
    expect(JSON.stringify(under.audited) + under.log.text()).not.to.contain(hash.slice(-20));
  });

  for (const wrong of [
    'secret',
    '$2b$12$abcdefghijklmnopqrstuv',
    '$argon2id$v=19$m=9999999,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA',
  ]) {
    it(`refuses ${wrong.slice(0, 24)} as a hash without repeating it`, async () => {
      const error = await under
        .node({ adminPasswordHash: new Secret(wrong) })
        .start()
        .catch((thrown: unknown) => thrown);
      if (!(error instanceof RelayError)) throw new Error('was taken');
      expect(error.code).to.equal('configuration');
      expect(error.publicMessage).to.contain('POSTERN_ADMIN_PASSWORD_HASH').and.not.to.contain(wrong);
    });
  }
});

const OTHER = {
  id: 'other',
  name: 'Other',
  role: 'administrator',
  passwordHash: 'x',
  disabled: false,
  createdAt: 1,
  createdBy: 'test',
  mustChangePassword: false,
} as const;

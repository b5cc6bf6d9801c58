import { expect } from 'chai';
import { callerOfMachine } from '../../src/access/callers.ts';
import { ALL_PERMISSIONS, permissionsOf } from '../../src/access/permissions.ts';
import { type AccessUnderTest, openAccess, PASSWORD, setupToken } from '../support/access.ts';
import { type RunningAdmin, startAdmin, TOKEN } from '../support/admin.ts';
import { fieldOf, type PageAnswer, type PageClient, pageClient } from '../support/page-client.ts';

const DAY = 86_400_000;

describe('users and API tokens of the admin', () => {
  let under: AccessUnderTest;
  let running: RunningAdmin;
  let admin: PageClient;
  beforeEach(async () => {
    under = await openAccess();
    running = await startAdmin({ access: under.access, callerNow: under.access.callerNow });
    admin = pageClient(running.url);
    const token = await setupToken(under.access);
    await admin.send('POST', '/api/v1/setup', { token, name: 'Ada', password: PASSWORD });
  });
  afterEach(async () => {
    await running.stop();
    await under.close();
  });

  const bearer = (token: string) => pageClient(running.url, { Authorization: `Bearer ${token}` });
  const machine = () => bearer(TOKEN);
  /** A user who has chosen a password, signed in. */
  async function signedIn(name: string, role: string): Promise<{ id: string; page: PageClient }> {
    const added = await admin.send('POST', '/api/v1/users', { name, role });
    const page = pageClient(running.url);
    const current = String(added.json['password']);
    await page.send('POST', '/api/v1/session', { name, password: current });
    await page.send('PUT', '/api/v1/session/password', { current, password: PASSWORD });
    return { id: idOf(added, 'user'), page };
  }

  it('adds users with a password that is shown once and has to be changed before anything else', async () => {
    const added = await admin.send('POST', '/api/v1/users', {
      name: 'Olga',
      role: 'operator',
      welcome: true,
    });
    expect(added.status).to.equal(201);
    expect(added.json['user']).to.include({
      name: 'Olga',
      role: 'operator',
      createdBy: 'Ada',
      mustChangePassword: true,
    });
    // Without an address there is nobody to write to.
    expect(added.json).not.to.have.property('welcome');
    const password = String(added.json['password']);
    expect(password).to.match(/^([a-hj-km-np-z2-9]{4}-){3}[a-hj-km-np-z2-9]{4}$/);
    expect((await admin.send('GET', '/api/v1/users')).text)
      .not.to.contain(password)
      .and.not.to.contain('quick');
    const olga = pageClient(running.url);
    await olga.send('POST', '/api/v1/session', { name: 'oLGA', password });
    const session = (await olga.send('GET', '/api/v1/session')).json;
    expect(session['permissions']).to.deep.equal([]);
    for (const [method, path] of [
      ['GET', '/api/v1/queue'],
      ['GET', '/api/v1/sessions'],
      ['POST', '/api/v1/session/second-factor/new'],
    ] as const) {
      const refused = await olga.send(method, path);
      expect([path, refused.status]).to.deep.equal([path, 403]);
      expect(refused.text).to.contain('Choose a password of your own first');
    }
    const changed = await olga.send('PUT', '/api/v1/session/password', {
      current: password,
      password: PASSWORD,
    });
    expect(changed.json['permissions']).to.deep.equal(permissionsOf('operator'));
    expect((await olga.send('GET', '/api/v1/queue')).status).to.equal(200);
  });

  it('takes nobody but an administrator as the first user, so that the setup link stays good', async () => {
    const empty = await openAccess();
    const other = await startAdmin({ access: empty.access, callerNow: empty.access.callerNow });
    try {
      const automation = pageClient(other.url, { Authorization: `Bearer ${TOKEN}` });
      const refused = await automation.send('POST', '/api/v1/users', { name: 'robot', role: 'viewer' });
      expect(refused.status).to.equal(409);
      expect(refused.json['message']).to.equal('The first user has to be an administrator.');
      expect((await automation.send('GET', '/api/v1/setup')).json).to.deep.equal({ needed: true });
    } finally {
      await other.stop();
      await empty.close();
    }
  });

  it('writes to a new user where the page is and what they are called, and no password', async () => {
    const added = await admin.send('POST', '/api/v1/users', {
      name: 'Jörg',
      role: 'viewer',
      email: 'joerg@example.com',
      welcome: true,
    });
    expect(added.json['welcome']).to.match(/^[0-9A-Z]{16}$/);
    const [mail] = running.accepted;
    expect(mail?.envelope.kind).to.equal('notice');
    expect(mail?.envelope.envelope.recipients).to.deep.equal([{ address: 'joerg@example.com' }]);
    expect(mail?.body)
      .to.contain('To: <joerg@example.com>\r\n')
      .and.to.contain('http://localhost:8025')
      .and.to.contain('J=C3=B6rg');
    expect(mail?.body).not.to.contain(String(added.json['password']));
    const odd = await admin.send('POST', '/api/v1/users', {
      name: 'x',
      role: 'viewer',
      email: 'a@b.example\r\nBcc: c@d.example',
    });
    expect(odd.status).to.equal(400);
  });

  it('says what is missing and who can give it', async () => {
    const { page } = await signedIn('Vera', 'viewer');
    const refused = await page.send('GET', '/api/v1/users');
    expect(refused.status).to.equal(403);
    expect(refused.json).to.deep.include({
      code: 'forbidden',
      message: 'This needs the permission access.manage: to manage users and API tokens.',
      hint: 'An administrator can give it to you, with the role administrator.',
    });
  });

  it('ends the sessions of who may less, may not sign in, or gets a new password, at once and on every node', async () => {
    const other = under.node();
    for (const change of [
      { role: 'viewer' },
      { disabled: true },
      { resetPassword: true },
      { resetSecondFactor: true },
    ]) {
      const { id, page } = await signedIn(`Olga ${Object.keys(change).join()}`, 'operator');
      const cookie = page.cookies.get('postern-session') ?? '';
      const alive = async () => (await other.sessions.find(cookie, { background: true })) !== undefined;
      expect(
        (
          await admin.send('PATCH', `/api/v1/users/${id}`, {
            name: `New ${Object.keys(change).join()}`,
            email: 'o@example.com',
          })
        ).status,
      ).to.equal(200);
      expect([await alive(), (await page.send('GET', '/api/v1/queue')).status]).to.deep.equal([true, 200]);
      const now = await under.access.callerNow({
        ...callerOfMachine('x'),
        kind: 'user',
        user: id,
        session: (await under.store.access.sessions(id))[0]?.id ?? '',
      });
      expect(now?.permissions.has('messages.act')).to.equal(true);
      const changed = await admin.send('PATCH', `/api/v1/users/${id}`, change);
      expect(changed.status, changed.text).to.equal(200);
      expect('password' in changed.json).to.equal('resetPassword' in change);
      expect([await alive(), (await page.send('GET', '/api/v1/queue')).status]).to.deep.equal([false, 401]);
    }
  });

  it('always keeps an administrator who may sign in, whoever is removed at the same time', async () => {
    const [me] = await under.store.access.users();
    const own = `/api/v1/users/${me?.id}`;
    for (const change of [{ role: 'viewer' }, { disabled: true }]) {
      const refused = await admin.send('PATCH', own, change);
      expect([refused.status, refused.json['code']]).to.deep.equal([409, 'not-allowed']);
      expect(refused.text).to.contain('no administrator would be left');
    }
    expect((await admin.send('DELETE', own)).status).to.equal(409);
    const { id } = await signedIn('Eve', 'administrator');
    const both = await Promise.all(
      [own, `/api/v1/users/${id}`].map((path) => machine().send('DELETE', path)),
    );
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).to.deep.equal([204, 409]);
    expect(await under.store.access.users()).to.have.lengthOf(1);
    expect((await machine().send('DELETE', '/api/v1/users/unheard-of')).status).to.equal(404);
  });

  it('takes the password where people change their own way in, so that a page left open is not enough', async () => {
    const [me] = await under.store.access.users();
    for (const change of [{ resetPassword: true }, { resetSecondFactor: true }]) {
      expect((await admin.send('PATCH', `/api/v1/users/${me?.id}`, change)).status).to.equal(409);
    }
    expect(
      (await machine().send('PATCH', `/api/v1/users/${me?.id}`, { resetPassword: true })).status,
    ).to.equal(200);
    expect((await admin.send('GET', '/api/v1/session')).status).to.equal(401);
  });

  it('refuses users with faults and names the field', async () => {
    for (const [what, body, field] of [
      ['no name', { role: 'viewer' }, 'name'],
      ['an empty name', { name: '  ', role: 'viewer' }, 'name'],
      ['a name that turns the text round', { name: 'a\u202eb', role: 'viewer' }, 'name'],
      ['a name with a line end', { name: 'a\nb', role: 'viewer' }, 'name'],
      ['a name of 65 signs', { name: 'x'.repeat(65), role: 'viewer' }, 'name'],
      ['a role that is none', { name: 'x', role: 'root' }, 'role'],
      ['a role of the prototype', { name: 'x', role: 'constructor' }, 'role'],
      ['a short password', { name: 'x', role: 'viewer', password: 'too short' }, 'password'],
      ['a password of 257 signs', { name: 'x', role: 'viewer', password: 'x'.repeat(257) }, 'password'],
      ['an address that is none', { name: 'x', role: 'viewer', email: 'nobody' }, 'email'],
      ['a field of the store', { name: 'x', role: 'viewer', passwordHash: 'x' }, 'passwordHash'],
    ] as const) {
      const refused = await admin.send('POST', '/api/v1/users', body);
      expect([what, refused.status]).to.deep.equal([what, 400]);
      expect(refused.text).to.contain(field);
    }
    expect(await under.store.access.users()).to.have.lengthOf(1);
  });

  it('refuses a name that looks like one that is taken', async () => {
    for (const name of ['Ada', 'ADA', 'Ａda', ' ada ']) {
      const refused = await admin.send('POST', '/api/v1/users', { name, role: 'viewer' });
      expect([name, refused.status]).to.deep.equal([name, 409]);
      expect(refused.json['faults']).to.deep.equal([{ path: 'name', message: 'is taken' }]);
    }
  });

  describe('tokens', () => {
    it('are shown once, kept as a digest, let their scopes in and nothing else, and end when revoked', async () => {
      const made = await make(admin, { name: 'backup job', scopes: ['backup.make', 'status.read'] });
      const secret = String(made.json['secret']);
      expect([made.status, secret.length]).to.deep.equal([201, 51]);
      expect(secret).to.match(/^postern_/);
      expect((await admin.send('GET', '/api/v1/tokens')).text).not.to.contain(secret);
      expect(JSON.stringify(await under.store.access.tokens())).not.to.contain(secret.slice(8));
      const job = bearer(secret);
      expect((await job.send('GET', '/api/v1/upstreams')).status).to.equal(200);
      const refused = await job.send('GET', '/api/v1/queue');
      expect(refused.status).to.equal(403);
      expect(refused.json['hint']).to.equal('Make a token with the scope messages.read.');
      for (const path of ['/api/v1/session', '/api/v1/sessions'])
        expect((await job.send('GET', path)).status).to.equal(403);
      const usedAt = async () => (await under.store.access.tokens())[0]?.usedAt;
      const first = await usedAt();
      expect(first).to.equal(under.clock.now());
      under.clock.advance(59_999);
      await job.send('GET', '/api/v1/upstreams');
      expect(await usedAt()).to.equal(first);
      under.clock.advance(1);
      await job.send('GET', '/api/v1/upstreams');
      expect(await usedAt()).to.equal(under.clock.now());
      expect((await admin.send('DELETE', `/api/v1/tokens/${idOf(made, 'token')}`)).status).to.equal(204);
      expect((await job.send('GET', '/api/v1/upstreams')).status).to.equal(401);
      expect((await admin.send('DELETE', `/api/v1/tokens/${idOf(made, 'token')}`)).status).to.equal(404);
    });

    it('end on their day', async () => {
      const made = await make(admin, { name: 'short', scopes: ['status.read'], days: 1 });
      const job = bearer(String(made.json['secret']));
      under.clock.advance(DAY - 1);
      expect((await job.send('GET', '/api/v1/upstreams')).status).to.equal(200);
      under.clock.advance(1);
      expect((await job.send('GET', '/api/v1/upstreams')).status).to.equal(401);
    });

    it('hold no more than whoever made them, and make nobody who may do more', async () => {
      const refused = await make(admin, {
        name: 'too much',
        scopes: ['status.read', 'settings.machine-secrets'],
      });
      expect(refused.status).to.equal(403);
      expect(refused.json['faults']).to.deep.equal([
        { path: 'scopes', message: 'is more than you hold: settings.machine-secrets' },
      ]);
      expect((await make(machine(), { name: 'all', scopes: ALL_PERMISSIONS })).status).to.equal(201);
      const clerk = bearer(
        String((await make(admin, { name: 'clerk', scopes: ['access.manage'] })).json['secret']),
      );
      const [me] = await under.store.access.users();
      for (const [method, path, body] of [
        ['POST', '/api/v1/tokens', { name: 'more', scopes: ['settings.write'] }],
        ['POST', '/api/v1/users', { name: 'Eve', role: 'viewer' }],
        ['POST', '/api/v1/users', { name: 'Eve', role: 'administrator' }],
        ['PATCH', `/api/v1/users/${me?.id}`, { resetPassword: true }],
        ['DELETE', `/api/v1/users/${me?.id}`, undefined],
        ['POST', '/api/v1/setup/link', undefined],
      ] as const) {
        expect([path, (await clerk.send(method, path, body)).status]).to.deep.equal([path, 403]);
      }
      expect((await make(clerk, { name: 'same', scopes: ['access.manage'] })).status).to.equal(201);
    });

    it('are not made with faults', async () => {
      for (const [what, body] of [
        ['no scope', { name: 'x', scopes: [] }],
        ['a scope that is none', { name: 'x', scopes: ['status.write'] }],
        ['a scope of the prototype', { name: 'x', scopes: ['toString'] }],
        ['half a day', { name: 'x', scopes: ['status.read'], days: 0.5 }],
        ['no day', { name: 'x', scopes: ['status.read'], days: 0 }],
        ['a hundred years', { name: 'x', scopes: ['status.read'], days: 36_500 }],
        ['a secret of their own', { name: 'x', scopes: ['status.read'], secret: 'postern_x' }],
      ] as const) {
        expect([what, (await make(admin, body)).status]).to.deep.equal([what, 400]);
      }
      expect(await under.store.access.tokens()).to.deep.equal([]);
    });
  });

  describe('setup links of the machine', () => {
    it('make another administrator within the hour, once, and touch no user', async () => {
      expect((await makeLink(admin)).status).to.equal(403);
      const [old, link] = [await makeLink(machine()), await makeLink(machine())];
      expect(link.json['expiresAt']).to.equal(under.clock.now() + 3_600_000);
      expect((await redeemAt(running.url, tokenOf(old), 'Eve')).status).to.equal(403);
      expect((await redeemAt(running.url, tokenOf(link), 'ADA')).status).to.equal(409);
      expect((await redeemAt(running.url, tokenOf(link), 'Eve')).status).to.equal(201);
      expect((await redeemAt(running.url, tokenOf(link), 'Mallory')).status).to.equal(403);
      expect((await under.store.access.users()).map(({ name, role }) => `${name} ${role}`)).to.deep.equal([
        'Ada administrator',
        'Eve administrator',
      ]);
      const late = await makeLink(machine());
      under.clock.advance(3_600_000);
      expect((await redeemAt(running.url, tokenOf(late), 'Mallory')).status).to.equal(403);
      expect((await admin.send('GET', '/api/v1/session')).status).to.equal(401);
    });

    it('are not found by guessing', async () => {
      await makeLink(machine());
      const statuses: number[] = [];
      for (let count = 0; count < 7; count += 1) {
        const guess = { token: `guess ${count}`, name: 'Eve', password: PASSWORD };
        statuses.push((await pageClient(running.url).send('POST', '/api/v1/setup', guess)).status);
      }
      expect(statuses).to.deep.equal([403, 403, 403, 403, 403, 429, 429]);
    });
  });
});

const idOf = ({ json }: PageAnswer, what: 'user' | 'token') => String(fieldOf(json[what], 'id'));
const make = (by: PageClient, body: object) => by.send('POST', '/api/v1/tokens', body);
const tokenOf = ({ json }: PageAnswer) => String(json['link']).split('#')[1] ?? '';
const makeLink = (by: PageClient) => by.send('POST', '/api/v1/setup/link');
const redeemAt = (url: string, token: string, name: string) =>
  pageClient(url).send('POST', '/api/v1/setup', { token, name, password: PASSWORD });

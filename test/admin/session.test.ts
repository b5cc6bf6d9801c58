import { expect } from 'chai';
import { Secret as SecretOf, TOTP } from 'otpauth';
import { digestOf } from '../../src/access/digest.ts';
import { type AccessUnderTest, openAccess, PASSWORD, setupToken } from '../support/access.ts';
import { type RunningAdmin, startAdmin, TOKEN } from '../support/admin.ts';
import { fieldOf, type PageClient, pageClient } from '../support/page-client.ts';

const ADMIN = { name: 'Ada', password: PASSWORD };
const HOUR = 3_600_000;

describe('sessions of the admin', () => {
  let under: AccessUnderTest;
  let running: RunningAdmin;
  let page: PageClient;
  let token: string;
  before(async () => {
    under = await openAccess();
    running = await startAdmin({
      access: under.access,
      audit: { record: async () => undefined, list: async () => [] },
    });
    page = pageClient(running.url);
    token = await setupToken(under.access);
  });
  after(async () => {
    await running.stop();
    await under.close();
  });

  const signIn = async (browser = pageClient(running.url), given: object = ADMIN) => ({
    browser,
    answer: await browser.send('POST', '/api/v1/session', given),
  });

  it('need a setup link first: says that one is needed, and tells strangers nothing else', async () => {
    expect((await page.send('GET', '/api/v1/setup')).json).to.deep.equal({ needed: true });
    const asked = await page.send('GET', '/api/v1/session');
    expect(asked.status).to.equal(401);
    expect(asked.json).to.include({ code: 'unauthenticated' });
  });

  it('have little read of what strangers send', async () => {
    const sent = await page.send('POST', '/api/v1/session', { ...ADMIN, password: 'x'.repeat(20_000) });
    expect([sent.status, sent.json['code']]).to.deep.equal([413, 'bad-request']);
  });

  it('begin with a setup link: makes the first administrator of two who come at once, and signs them in', async () => {
    const wrong = await page.send('POST', '/api/v1/setup', { ...ADMIN, token: `${token.slice(1)}A` });
    expect([wrong.status, wrong.cookies]).to.deep.equal([403, []]);
    const both = await Promise.all(
      ['Ada', 'Eve'].map((name) => page.send('POST', '/api/v1/setup', { ...ADMIN, name, token })),
    );
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).to.deep.equal([201, 403]);
    const made = both.find(({ status }) => status === 201);
    expect(made?.json['state']).to.equal('signed-in');
    const [user] = await under.store.access.users();
    expect(await under.store.access.users()).to.have.lengthOf(1);
    await under.store.access.changeUser(user?.id ?? '', { name: ADMIN.name });
    expect((await page.send('GET', '/api/v1/session')).json['user']).to.include({
      name: 'Ada',
      role: 'administrator',
    });
    expect((await page.send('GET', '/api/v1/setup')).json).to.deep.equal({ needed: false });
    expect((await page.send('POST', '/api/v1/setup', { ...ADMIN, name: 'Mallory', token })).status).to.equal(
      403,
    );
  });

  it('are held by a cookie that no script and no other site gets, of which the store has a digest alone', async () => {
    const { answer, browser } = await signIn();
    expect(answer.status).to.equal(200);
    const [cookie = ''] = answer.cookies;
    expect(cookie).to.match(/^postern-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    const value = browser.cookies.get('postern-session') ?? '';
    expect((await under.store.access.findSession(digestOf(value)))?.user.name).to.equal('Ada');
    expect(await under.store.access.findSession(value)).to.equal(undefined);
    expect(
      JSON.stringify(await under.store.access.sessions((await under.store.access.users())[0]?.id ?? '')),
    ).not.to.contain(value);
    expect(answer.text + under.log.text() + JSON.stringify(under.audited))
      .not.to.contain(value)
      .and.not.to.contain(PASSWORD);
  });

  it('have a cookie for https alone behind a proxy that speaks it', async () => {
    const proxied = await startAdmin({ access: under.access, behindProxy: true });
    const browser = pageClient(proxied.url, {
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'relay.example.com',
      Host: 'relay.example.com',
      Origin: 'https://relay.example.com',
    });
    const { cookies } = await browser.send('POST', '/api/v1/session', ADMIN);
    expect(cookies).to.have.lengthOf(2);
    for (const cookie of cookies) expect(cookie).to.match(/^__Host-postern-[a-z]+=.*; Path=\/.*; Secure$/);
    const value = browser.cookies.get('__Host-postern-session') ?? '';
    expect((await browser.send('GET', '/api/v1/session')).status).to.equal(200);
    // The name that plain http can set counts for nothing here.
    browser.cookies.clear();
    browser.cookies.set('postern-session', value);
    expect((await browser.send('GET', '/api/v1/session')).status).to.equal(401);
    await proxied.stop();
  });

  it('are new at every sign-in: a cookie that somebody else has planted never becomes one', async () => {
    const browser = pageClient(running.url);
    const planted = 'A'.repeat(43);
    browser.cookies.set('postern-session', planted);
    await signIn(browser);
    const first = browser.cookies.get('postern-session') ?? '';
    expect(first).not.to.equal(planted);
    await signIn(browser);
    const second = browser.cookies.get('postern-session') ?? '';
    expect(second).not.to.equal(first);
    const old = pageClient(running.url);
    for (const ended of [planted, first]) {
      old.cookies.set('postern-session', ended);
      expect((await old.send('GET', '/api/v1/session')).status).to.equal(401);
    }
    expect((await browser.send('GET', '/api/v1/session')).status).to.equal(200);
  });

  for (const [what, headers] of [
    ['two cookies of the name', { Cookie: 'postern-session=SESSION; postern-session=x' }],
    ['a cookie with a value that is none', { Cookie: 'postern-session=SESSION"' }],
    ['the cookie under another case', { Cookie: 'Postern-Session=SESSION' }],
    ['the id in place of the value', { Cookie: 'postern-session=ID' }],
    [
      'a wrong bearer token beside the session',
      { Authorization: 'Bearer wrong', Cookie: 'postern-session=SESSION' },
    ],
    ['two tokens beside the session', { Authorization: 'Bearer a b', Cookie: 'postern-session=SESSION' }],
    [
      'an empty bearer token beside the session',
      { Authorization: 'Bearer', Cookie: 'postern-session=SESSION' },
    ],
    ['the value as a token', { Authorization: 'Bearer SESSION', Cookie: '' }],
  ] as const) {
    it(`are not believed from ${what}`, async () => {
      const { browser } = await signIn();
      const value = browser.cookies.get('postern-session') ?? '';
      const id =
        (await browser.send('GET', '/api/v1/sessions')).text.match(/"id":"([\w-]+)","current":true/)?.[1] ??
        '';
      const filled = Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [
          name,
          text.replace('SESSION', value).replace('ID', id),
        ]),
      );
      expect((await browser.send('GET', '/api/v1/session', undefined, filled)).status).to.equal(401);
    });
  }

  it('leave the token of the machine its own, and another scheme of a proxy alone', async () => {
    const { browser } = await signIn();
    const users = (headers: Record<string, string>) =>
      browser.send('GET', '/api/v1/users', undefined, headers);
    expect((await users({ Authorization: `Bearer ${TOKEN}` })).status).to.equal(200);
    const session = await browser.send('GET', '/api/v1/session', undefined, {
      Authorization: `Bearer ${TOKEN}`,
    });
    expect(session.status).to.equal(403);
    expect((await users({ Authorization: 'Basic cHJveHk6cHJveHk=' })).status).to.equal(200);
  });

  for (const [what, headers, status] of [
    ['without a word of the page', { Origin: '' }, 403],
    ['of another site', { Origin: 'https://evil.example' }, 403],
    ['of nowhere', { Origin: 'null' }, 403],
    ['typed into the address bar', { Origin: '', 'Sec-Fetch-Site': 'none' }, 403],
    ['of another host of the domain', { Origin: '', 'Sec-Fetch-Site': 'same-site' }, 403],
    ['of our page by its Origin', {}, 204],
    ['of our page by Sec-Fetch-Site', { Origin: '', 'Sec-Fetch-Site': 'same-origin' }, 204],
  ] as const) {
    it(`answer ${status} to a change ${what}`, async () => {
      const { browser } = await signIn();
      expect((await browser.send('DELETE', '/api/v1/session', undefined, headers)).status).to.equal(status);
    });
  }

  it('end when nobody does anything for an hour, however often the page asks by itself', async () => {
    const { browser } = await signIn();
    const background = { 'Postern-Background': '1' };
    const ask = async (headers = {}) =>
      (await browser.send('GET', '/api/v1/session', undefined, headers)).status;
    under.clock.advance(HOUR - 60_000);
    expect(await ask()).to.equal(200);
    for (let minute = 0; minute < 6; minute += 1) {
      under.clock.advance(10 * 60_000 - 1);
      expect(await ask(minute % 2 === 0 ? background : { Accept: 'text/event-stream' })).to.equal(200);
    }
    under.clock.advance(10);
    expect(await ask(background)).to.equal(401);
    expect(await ask()).to.equal(401);
  });

  it('end after twelve hours, whatever is done', async () => {
    const { browser } = await signIn();
    const ask = async () => (await browser.send('GET', '/api/v1/session')).status;
    for (let half = 1; half < 24; half += 1) {
      under.clock.advance(HOUR / 2);
      expect(await ask(), `after ${half / 2} hours`).to.equal(200);
    }
    under.clock.advance(HOUR / 2);
    expect(await ask()).to.equal(401);
    await under.access.sessions.clean();
    const [user] = await under.store.access.users();
    expect(await under.store.access.sessions(user?.id ?? '')).to.deep.equal([]);
  });

  it('are listed, ended one by one, and ended everywhere else', async () => {
    const browsers = await Promise.all([signIn(), signIn(), signIn()]);
    const [first, second, third] = browsers.map(({ browser }) => browser);
    const { sessions } = (await first?.send('GET', '/api/v1/sessions'))?.json ?? {};
    const listed: readonly unknown[] = Array.isArray(sessions) ? sessions : [];
    expect(listed).to.have.lengthOf(3);
    const current = listed.filter((one) => fieldOf(one, 'current') === true);
    expect(current).to.have.lengthOf(1);
    expect(current[0]).to.include({ agent: 'a browser of the tests', address: '127.0.0.1' });
    const own = String(fieldOf(current[0], 'id'));
    expect((await first?.send('DELETE', `/api/v1/sessions/${own}`))?.status).to.equal(409);
    expect((await first?.send('DELETE', '/api/v1/sessions/unheard-of'))?.status).to.equal(404);
    const ids = listed.map((one) => String(fieldOf(one, 'id'))).filter((id) => id !== own);
    expect((await first?.send('DELETE', `/api/v1/sessions/${ids[0]}`))?.status).to.equal(204);
    expect([await alive(second), await alive(third)]).to.have.members([200, 401]);
    const ended = await first?.send('DELETE', '/api/v1/sessions');
    expect(ended?.json).to.deep.equal({ ended: 1 });
    expect([await alive(first), await alive(second), await alive(third)]).to.deep.equal([200, 401, 401]);
    expect((await first?.send('DELETE', '/api/v1/session'))?.status).to.equal(204);
    expect(first?.cookies.has('postern-session')).to.equal(false);
    expect(await alive(first)).to.equal(401);
  });

  describe('of somebody with a password of their own', () => {
    it('are begun anew when it changes, and all others end', async () => {
      const [{ browser }, other] = await Promise.all([signIn(), signIn()]);
      const before = browser.cookies.get('postern-session') ?? '';
      const change = (current: string, password: string) =>
        browser.send('PUT', '/api/v1/session/password', { current, password });
      const next = 'another five unusual words here';
      const wrong = await change('not the password', next);
      expect([wrong.status, wrong.json['faults']]).to.deep.equal([
        400,
        [{ path: 'current', message: 'is wrong' }],
      ]);
      expect((await change(PASSWORD, PASSWORD)).status).to.equal(400);
      for (const weak of [
        'passwordpassword',
        '1234567890123',
        'ada-ada-ada-ada',
        'aaaaaaaaaaaaaa',
        'Qwertyuiop12',
      ]) {
        const refused = await change(PASSWORD, weak);
        expect([weak, refused.status]).to.deep.equal([weak, 400]);
        expect(refused.text).to.contain('"path":"password"').and.not.to.contain(weak);
      }
      expect((await change(PASSWORD, next)).status).to.equal(200);
      expect(browser.cookies.get('postern-session')).not.to.equal(before);
      expect((await browser.send('GET', '/api/v1/session')).status).to.equal(200);
      expect((await other.browser.send('GET', '/api/v1/session')).status).to.equal(401);
      expect((await signIn()).answer.status).to.equal(401);
      expect((await change(next, PASSWORD)).status).to.equal(200);
    });
  });

  describe('of somebody with a second factor', () => {
    let browser: PageClient;
    let secret: string;

    it('begin with a code from then on, which is good once', async () => {
      ({ browser } = await signIn());
      const made = (await browser.send('POST', '/api/v1/session/second-factor/new')).json;
      secret = String(made['secret']);
      expect(made['uri']).to.match(
        /^otpauth:\/\/totp\/Postern:Ada(@|%40)relay\.example\.com\?.*secret=[A-Z2-7]{32}/,
      );
      const rows: readonly unknown[] = Array.isArray(made['qr']) ? made['qr'] : [];
      expect(rows.length).to.be.greaterThan(28);
      for (const row of rows) expect(row).to.match(new RegExp(`^[01]{${rows.length}}$`));
      const confirm = (code: string, password = PASSWORD) =>
        browser.send('PUT', '/api/v1/session/second-factor', { password, secret, code });
      const code = codeAt(secret, under.clock.now());
      expect((await confirm(code, 'wrong')).status).to.equal(400);
      expect((await confirm(code === '000000' ? '000001' : '000000')).status).to.equal(400);
      expect((await confirm(code)).status).to.equal(200);
      expect(JSON.stringify(await under.store.access.users())).not.to.contain(secret);

      expect((await signIn()).answer.json).to.deep.equal({ state: 'code-needed' });
      expect((await signIn()).answer.cookies).to.deep.equal([]);
      const replayed = await signIn(undefined, { ...ADMIN, code });
      expect([replayed.answer.status, replayed.answer.cookies]).to.deep.equal([401, []]);
      under.clock.advance(30_000);
      const next = codeAt(secret, under.clock.now());
      const many = await Promise.all(
        Array.from({ length: 3 }, () => signIn(undefined, { ...ADMIN, code: next })),
      );
      expect(many.map(({ answer }) => answer.status).toSorted((a, b) => a - b)).to.deep.equal([
        200, 401, 401,
      ]);
    });

    it('take a code of the step before or after, and none that is older', async () => {
      under.clock.advance(HOUR);
      const attempt = async (offset: number) =>
        (await signIn(undefined, { ...ADMIN, code: codeAt(secret, under.clock.now() + offset) })).answer
          .status;
      expect(await attempt(-60_000)).to.equal(401);
      expect(await attempt(60_000)).to.equal(401);
      expect(await attempt(-30_000)).to.equal(200);
      expect(await attempt(30_000)).to.equal(200);
      // The step between was not used, but a later one was.
      expect(await attempt(0)).to.equal(401);
    });

    it('make those wait who know the password and guess codes, whatever their address, and not the owner in a known browser', async () => {
      under.clock.advance(HOUR);
      const good = codeAt(secret, under.clock.now());
      const wrong = good === '123456' ? '123457' : '123456';
      const statuses: number[] = [];
      for (let count = 0; count < 7; count += 1) {
        statuses.push((await signIn(undefined, { ...ADMIN, code: wrong })).answer.status);
      }
      expect(statuses.slice(0, 5)).to.deep.equal([401, 401, 401, 401, 401]);
      expect(statuses.slice(5)).to.deep.equal([429, 429]);
      const known = pageClient(running.url);
      for (const [name, value] of browser.cookies) known.cookies.set(name, value);
      expect((await signIn(undefined, { ...ADMIN, code: good })).answer.status).to.equal(429);
      expect((await signIn(known, { ...ADMIN, code: good })).answer.status).to.equal(200);
      under.clock.advance(HOUR);
    });

    it('end with the second factor, which takes the password', async () => {
      const code = codeAt(secret, under.clock.now());
      ({ browser } = await signIn(undefined, { ...ADMIN, code }));
      const remove = (password: string) =>
        browser.send('DELETE', '/api/v1/session/second-factor', { password });
      expect((await remove('wrong')).status).to.equal(400);
      expect((await remove(PASSWORD)).status).to.equal(200);
      expect((await signIn()).answer.json['state']).to.equal('signed-in');
    });
  });

  describe('are not begun by guessing', () => {
    it('sounds the same for a wrong name, a wrong password and somebody who may not sign in', async () => {
      under.clock.advance(HOUR);
      const [admin] = await under.store.access.users();
      await under.store.access.addUser({ ...admin, ...DISABLED, passwordHash: admin?.passwordHash ?? '' });
      const answers = await Promise.all(
        [
          { name: 'nobody at all', password: PASSWORD },
          { name: 'Ada', password: 'wrong' },
          { name: DISABLED.name, password: PASSWORD },
        ].map(async (given) => (await signIn(undefined, given)).answer),
      );
      expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).to.equal(1);
      expect(answers[0]?.status).to.equal(401);
    });

    it('makes an address wait, but neither a known browser there nor other addresses', async () => {
      under.clock.advance(HOUR * 2);
      const known = (await signIn()).browser;
      const statuses: number[] = [];
      for (let count = 0; count < 7; count += 1) {
        statuses.push((await signIn(undefined, { name: 'Ada', password: `wrong ${count}` })).answer.status);
      }
      expect(statuses).to.deep.equal([401, 401, 401, 401, 401, 429, 429]);
      const stranger = await signIn();
      expect(stranger.answer.status).to.equal(429);
      expect(Number(stranger.answer.headers['retry-after'])).to.be.within(1, 10);
      expect((await signIn(known)).answer.status).to.equal(200);
      // Of another user the browser is not known.
      expect((await signIn(known, { name: 'Eve', password: 'x' })).answer.status).to.equal(429);
      const elsewhere = { origin: { address: '192.0.2.9', agent: '' } };
      expect((await under.access.signIn.attempt({ ...ADMIN, ...elsewhere })).state).to.equal('signed-in');
      under.clock.advance(10_001);
      expect((await signIn()).answer.status).to.equal(200);
      expect((await running.request('/api/v1/users')).status).to.equal(200);
    });
  });
});

const DISABLED = {
  id: 'disabled',
  name: 'Former',
  role: 'viewer',
  disabled: true,
  createdAt: 1,
  createdBy: 'test',
  mustChangePassword: false,
} as const;

const alive = async (browser?: PageClient) => (await browser?.send('GET', '/api/v1/session'))?.status;
const codeAt = (secret: string, time: number) =>
  TOTP.generate({ secret: SecretOf.fromBase32(secret), timestamp: time });

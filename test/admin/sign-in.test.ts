import { expect } from 'chai';
import { z } from 'zod';
import { signInStartSchema, signInStateSchema } from '../../src/admin/contract-authorizations.ts';
import { type RunningAdmin, startAdmin } from '../support/admin.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { createBrowser } from '../support/sign-in-browser.ts';
import {
  CODE,
  grantOf,
  PROVIDER,
  type SignInRooms,
  signInRooms,
  signInSettings,
} from '../support/sign-ins.ts';

const linkSchema = z.object({ id: z.string(), link: z.string(), direct: z.string() });

describe('the way of a browser through a sign-in', () => {
  let running: RunningAdmin;
  let rooms: SignInRooms;
  let clock: ManualClock;
  beforeEach(async () => {
    clock = new ManualClock();
    rooms = signInRooms(clock);
    running = await startAdmin({ authorizations: rooms.authorizations, clock });
    // The address of the running server stands for localhost:8025, so that nothing has to be resolved.
    rooms.set(signInSettings({ accessUrl: running.url }));
  });
  afterEach(async () => {
    await running.stop();
    await rooms.authorizations.close();
  });

  async function begin(upstream = 'office') {
    const response = await running.post(`/api/v1/upstreams/${upstream}/authorization`, {});
    expect(response.status).to.equal(201);
    return linkSchema.parse(await response.json());
  }
  const callback = (direct: string, parameters: Record<string, string> = { code: CODE }) => {
    const state = new URL(direct).searchParams.get('state') ?? '';
    return `${running.url}/login/smtp-verification?${new URLSearchParams({ state, ...parameters }).toString()}`;
  };
  const stateOf = async (id: string) =>
    signInStateSchema.parse(await (await running.request(`/api/v1/sign-ins/${id}`)).json());

  it('leads to the provider, back, and to a page that says so', async () => {
    const browser = createBrowser();
    const { link, direct, id } = await begin();
    const away = await browser.go(link);
    expect(away.status).to.equal(302);
    expect(away.headers['location']).to.equal(direct).and.contain(PROVIDER);
    expect(browser.setCookies[0]).to.match(
      /^postern-sign-in-[0-9a-f]{16}=[\w-]{22}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=900$/,
    );
    const back = await browser.go(callback(direct));
    expect(back.status).to.equal(200);
    expect(back.text).to.contain(
      'Authorized as relay@example.com for the upstream office. You can close this tab.',
    );
    expect(back.headers['content-type']).to.equal('text/html; charset=utf-8');
    expect(back.headers['content-security-policy']).to.contain("default-src 'none'");
    expect(back.headers).to.include({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
    expect(back.text).not.to.match(/<script|style=|\son\w+=/i);
    expect(browser.cookies.size).to.equal(0);
    expect(await stateOf(id)).to.include({ state: 'authorized', account: 'relay@example.com' });
    expect(running.log.lines.join('')).not.to.contain(CODE);
    const style = await browser.go(new URL('style.css', callback(direct)).href);
    expect(style.headers['content-type']).to.contain('text/css');
  });

  it('comes back by the path of other relays too', async () => {
    const browser = createBrowser();
    const { link, direct } = await begin();
    await browser.go(link);
    const back = await browser.go(
      callback(direct).replace('/login/smtp-verification', '/pmpredirect/AzureOAuth'),
    );
    expect(back.status).to.equal(200);
    expect(back.text).to.contain('href="../login/style.css"');
  });

  it('keeps two sign-ins of one browser apart', async () => {
    const browser = createBrowser();
    const first = await begin('office');
    const second = await begin('other');
    await browser.go(first.link);
    await browser.go(second.link);
    expect((await browser.go(callback(first.direct))).status).to.equal(200);
    expect((await browser.go(callback(second.direct))).status).to.equal(200);
  });

  it('binds with a cookie that only https and this very host may set, where it is reached by https', async () => {
    rooms.set(signInSettings({ accessUrl: 'https://relay.example.com/postern/' }));
    const secure = await startAdmin({
      authorizations: rooms.authorizations,
      settings: running.services.settings,
    });
    try {
      await running.request('/api/v1/settings', {
        method: 'PUT',
        headers: { 'If-Match': '*', 'Content-Type': 'application/json' },
        body: JSON.stringify({ accessUrl: 'https://relay.example.com/postern/' }),
      });
      const { link, direct } = await begin();
      expect(link).to.match(/^https:\/\/relay\.example\.com\/postern\/login\/authorize\//);
      expect(new URL(direct).searchParams.get('redirect_uri')).to.equal(
        'https://relay.example.com/postern/login/smtp-verification',
      );
      const browser = createBrowser();
      await browser.go(secure.url + new URL(link).pathname.replace('/postern', ''));
      expect(browser.setCookies[0]).to.match(/^__Host-postern-sign-in-.*; Secure$/);
      expect((await browser.go(callback(direct).replace(running.url, secure.url))).status).to.equal(200);
    } finally {
      await secure.stop();
    }
  });

  it('ends at a page with the words and the remedy where it fails', async () => {
    const browser = createBrowser();
    const { link, direct, id } = await begin();
    await browser.go(link);
    const back = await browser.go(
      callback(direct, { error: 'access_denied', error_description: 'User declined.' }),
    );
    expect(back.status).to.equal(400);
    expect(back.text).to.contain('User declined.').and.contain('class="remedy"');
    expect((await stateOf(id)).state).to.equal('failed');
  });

  it('says on the page when another account has signed in', async () => {
    rooms.provider.redeem = async () => grantOf('boss@example.com');
    const browser = createBrowser();
    const { link, direct } = await begin();
    await browser.go(link);
    const back = await browser.go(callback(direct));
    expect(back.text)
      .to.contain('Authorized as boss@example.com')
      .and.contain('while the settings name relay@example.com');
  });

  describe('attacked', () => {
    it('by HTML in the words of the provider: shows it as text', async () => {
      const browser = createBrowser();
      const { link, direct } = await begin();
      await browser.go(link);
      const evil = '<script>alert(1)</script><img src=x onerror=alert(2)>"\'';
      const back = await browser.go(callback(direct, { error: 'access_denied', error_description: evil }));
      expect(back.text).not.to.match(/<script|<img/);
      expect(back.text).to.contain('&lt;');
    });

    it('by a page that sends a victim with a code of the attacker (login CSRF): nothing is redeemed', async () => {
      const { direct, id } = await begin();
      const victim = createBrowser();
      const back = await victim.go(callback(direct));
      expect(back.status).to.equal(404);
      expect(back.text).to.contain('begun in another browser');
      expect(rooms.provider.codes).to.have.length(0);
      // Nor is the sign-in of its owner spoilt.
      expect((await stateOf(id)).state).to.equal('pending');
    });

    it('with the cookie of another sign-in: nothing is redeemed', async () => {
      const own = createBrowser();
      const mine = await begin('other');
      await own.go(mine.link);
      const theirs = await begin('office');
      const [value = ''] = [...own.cookies.values()];
      const thief = createBrowser();
      await thief.go(theirs.link);
      const [name = ''] = [...thief.cookies.keys()];
      for (const forged of [
        value,
        `${theirs.id}.${value.split('.')[1]}`,
        `${theirs.id}.${'A'.repeat(43)}`,
        theirs.id,
        '',
      ]) {
        const browser = createBrowser();
        browser.cookies.set(name, forged);
        expect((await browser.go(callback(theirs.direct))).status, forged).to.equal(404);
      }
      expect(rooms.provider.codes).to.have.length(0);
      expect((await stateOf(theirs.id)).state).to.equal('pending');
    });

    it('with a cookie that was set twice: takes neither', async () => {
      const browser = createBrowser();
      const { link, direct } = await begin();
      await browser.go(link);
      const [name, value] = [...browser.cookies][0] ?? ['', ''];
      const back = await createBrowser().go(callback(direct), {
        Cookie: `${name}=${value}; ${name}=${value}`,
      });
      expect(back.status).to.equal(404);
    });

    it('by a replay: the second time is refused, also with the cookie', async () => {
      const browser = createBrowser();
      const { link, direct } = await begin();
      await browser.go(link);
      const cookies = [...browser.cookies];
      expect((await browser.go(callback(direct))).status).to.equal(200);
      expect((await browser.go(callback(direct))).status).to.equal(404);
      for (const [name, value] of cookies) browser.cookies.set(name, value);
      const again = await browser.go(callback(direct));
      expect(again.status).to.equal(409);
      expect(again.text).to.contain('over already');
      expect((await browser.go(link)).status).to.equal(404);
      expect(rooms.provider.codes).to.have.length(1);
    });

    it('by guesses: every one gets the same answer, and many get 429', async () => {
      const { id } = await begin();
      const guesser = createBrowser();
      const texts = new Set<string>();
      const guesses = ['x', 'A'.repeat(22), `${id.slice(0, -1)}_`, '..%2f..', '%00', `${id}x`];
      for (const guess of guesses) {
        const page = await guesser.go(`${running.url}/login/authorize/${guess}`);
        expect(page.status).to.equal(404);
        texts.add(page.text);
      }
      for (let count = 0; count < 20; count += 1) {
        const state = Buffer.alloc(32, count).toString('base64url');
        texts.add((await guesser.go(`${running.url}/login/smtp-verification?code=x&state=${state}`)).text);
      }
      const limited = await guesser.go(`${running.url}/login/authorize/${'B'.repeat(22)}`);
      expect(limited.status).to.equal(429);
      expect(Number(limited.headers['retry-after'])).to.be.within(1, 60);
      // The page by each way, and the one that says "too many".
      expect([...texts].map((text) => text.replace('../style.css', 'style.css'))).to.satisfy(
        (all: string[]) => new Set(all).size === 2,
      );
      const warned = running.log.lines.filter((line) => line.includes('could not go on'));
      expect(warned).to.have.length(20);
    });

    it('by a query that repeats, lacks or overfills what counts', async () => {
      const browser = createBrowser();
      const { link, direct } = await begin();
      await browser.go(link);
      const good = callback(direct);
      const state = new URL(direct).searchParams.get('state') ?? '';
      for (const [url, statuses] of [
        [`${good}&state=${state}`, [404]],
        [`${good}&code=${CODE}`, [400]],
        [`${running.url}/login/smtp-verification`, [404]],
        [`${running.url}/login/smtp-verification?state=${state}`, [400]],
        [`${running.url}/login/smtp-verification?state=${state}&code=${'x'.repeat(9000)}`, [400]],
        [`${running.url}/login/smtp-verification?state=${'x'.repeat(12_000)}&code=x`, [404]],
        [`${running.url}/login/smtp-verification?${'a=b&'.repeat(3000)}state=x`, [404]],
        [`${running.url}/login/smtp-verification?state=${'x'.repeat(20_000)}`, [431]],
      ] as const) {
        const page = await browser.go(url);
        expect(statuses, url.slice(0, 200)).to.include(page.status);
      }
      expect(rooms.provider.codes).to.have.length(0);
    });

    it('by a picture, a frame, a preview or a script of another page: refused before anything is looked up', async () => {
      const browser = createBrowser();
      const { link, direct } = await begin();
      await browser.go(link);
      for (const headers of [
        { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' },
        { 'Sec-Fetch-Dest': 'iframe' },
        { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' },
      ]) {
        for (const url of [callback(direct), callback(direct).replace('/login/', '/LOGIN/'), link]) {
          expect((await browser.go(url, headers)).status).to.equal(403);
        }
      }
      expect((await browser.go(callback(direct), {}, 'HEAD')).status).to.equal(403);
      expect((await browser.go(callback(direct), {}, 'POST')).status).to.equal(403);
      expect((await browser.go(callback(direct))).status).to.equal(200);
    });

    it('by other Host headers: the link is that of accessUrl, and a strange name gets nothing', async () => {
      const response = await running.post('/api/v1/upstreams/office/authorization', {});
      const { link, direct } = linkSchema.parse(await response.json());
      const browser = createBrowser();
      const strange = await browser.go(link, { Host: 'evil.example.com' });
      expect(strange.status).to.equal(403);
      const away = await browser.go(link, {
        Host: '127.0.0.1',
        'X-Forwarded-Host': 'evil.example.com',
        'X-Forwarded-Proto': 'https',
      });
      expect(away.headers['location']).to.equal(direct);
      expect(new URL(direct).searchParams.get('redirect_uri')).to.equal(
        `${running.url}/login/smtp-verification`,
      );
    });

    it('by parameters on our link: it leads to the configured provider all the same', async () => {
      const { link, direct } = await begin();
      const browser = createBrowser();
      const away = await browser.go(`${link}?redirect_uri=https://evil.example.com&url=//evil.example.com`);
      expect(away.headers['location']).to.equal(direct);
    });
  });
});

describe('the API of consent', () => {
  let running: RunningAdmin;
  let rooms: SignInRooms;
  beforeEach(async () => {
    rooms = signInRooms(new ManualClock());
    running = await startAdmin({ authorizations: rooms.authorizations });
  });
  afterEach(async () => {
    await running.stop();
    await rooms.authorizations.close();
  });

  it('lists how every upstream stands, and the redirect URIs', async () => {
    const answer: unknown = await (await running.request('/api/v1/authorizations')).json();
    expect(answer).to.deep.include({
      redirectUris: [
        'http://localhost:8025/login/smtp-verification',
        'http://localhost:8025/pmpredirect/AzureOAuth',
      ],
    });
    expect(JSON.stringify(answer)).to.contain('"upstream":"office"').and.contain('"state":"none"');
  });

  it('takes the address that somebody pasted, also broken by a terminal', async () => {
    const started = signInStartSchema.parse(
      await (await running.post('/api/v1/upstreams/office/authorization', {})).json(),
    );
    if (started.kind !== 'link') throw new Error('no link');
    const state = new URL(started.direct).searchParams.get('state') ?? '';
    const address = `http://localhost:8025/login/smtp-verification?code=${CODE}\n  &state=${state}#`;
    for (const nonsense of ['x', 'https://localhost/', `?code=${CODE}`, started.link]) {
      const refused = await running.post('/api/v1/sign-ins/finish', { address: nonsense });
      expect(refused.status, nonsense).to.equal(400);
    }
    const finished = await running.post('/api/v1/sign-ins/finish', { address });
    expect(finished.status).to.equal(200);
    expect(signInStateSchema.parse(await finished.json())).to.include({ state: 'authorized' });
    const again = await running.post('/api/v1/sign-ins/finish', { address });
    expect(again.status).to.equal(404);
  });

  it('waits for the end when asked to', async () => {
    const { id, direct } = linkSchema.parse(
      await (await running.post('/api/v1/upstreams/office/authorization', {})).json(),
    );
    expect((await running.request(`/api/v1/sign-ins/${id}?wait=0`)).status).to.equal(200);
    const waited = running.request(`/api/v1/sign-ins/${id}?wait=25`);
    const state = new URL(direct).searchParams.get('state') ?? '';
    await rooms.authorizations.finish(new URLSearchParams({ state, code: CODE }), { authenticated: true });
    expect(signInStateSchema.parse(await (await waited).json()).state).to.equal('authorized');
    expect((await running.request(`/api/v1/sign-ins/${id}?wait=26`)).status).to.equal(400);
    expect((await running.request('/api/v1/sign-ins/unknown')).status).to.equal(404);
  });

  it('wants the token for everything, and lets nobody begin from a page of another site', async () => {
    for (const [method, path] of [
      ['GET', '/api/v1/authorizations'],
      ['POST', '/api/v1/upstreams/office/authorization'],
      ['DELETE', '/api/v1/upstreams/office/authorization'],
      ['GET', '/api/v1/sign-ins/x'],
      ['POST', '/api/v1/sign-ins/finish'],
    ] as const) {
      const response = await running.request(path, { method, headers: { Authorization: 'Bearer no' } });
      expect(response.status, path).to.be.oneOf([401, 429]);
    }
    const foreign = await running.post(
      '/api/v1/upstreams/office/authorization',
      {},
      { headers: { Origin: 'https://evil.example.com' } },
    );
    expect(foreign.status).to.equal(403);
  });

  it('names what is wrong with a start', async () => {
    for (const [path, body, status] of [
      ['nowhere', {}, 404],
      ['app', {}, 409],
      ['office', { flow: 'client-credentials' }, 400],
      ['office', { redirectPath: '/evil' }, 400],
      ['office', { by: 'me' }, 400],
    ] as const) {
      const response = await running.post(`/api/v1/upstreams/${path}/authorization`, body);
      expect(response.status, path).to.equal(status);
    }
  });

  it('forgets a consent', async () => {
    const gone = await running.request('/api/v1/upstreams/office/authorization', { method: 'DELETE' });
    expect(await gone.json()).to.deep.equal({ upstream: 'office' });
  });
});

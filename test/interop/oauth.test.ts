import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { freePort, run } from '../../scripts/bench/processes.ts';
import { startBrowser } from '../support/browser.ts';
import { makeAuthority, type TestAuthority } from '../support/certificates.ts';
import { type Relay, relaySettings, startRelay } from '../support/relay.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-smtp-server.ts';
import { until } from '../support/until.ts';
import {
  type AuthorizationServer,
  CLIENT,
  MAILBOX,
  startAuthorizationServer,
} from './authorization-server.ts';
import { type Dovecot, dovecotIsHere, startDovecot } from './dovecot.ts';

/** How a token is checked decides its form. */
const FORMS = { introspection: 'opaque', jwt: 'jwt' } as const;

interface House {
  readonly server: AuthorizationServer;
  readonly dovecot: Dovecot;
  /** What Dovecot hands on. */
  readonly capture: ScriptedServer;
  readonly relay: Relay;
  /** The upstream `office`, with more for its authentication. */
  upstream(authentication: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  close(): Promise<void>;
}

describe('OAuth 2.0 with oidc-provider and Dovecot', function () {
  this.timeout(120_000);
  let authority: TestAuthority;
  let base: string;
  let browser: Browser | undefined;
  let house: House | undefined;

  before(async function () {
    if (!dovecotIsHere()) {
      console.log('      skipped: needs root and dovecot-submissiond');
      this.skip();
    }
    base = await mkdtemp(join(tmpdir(), 'postern-oauth-'));
    await chmod(base, 0o755); // Dovecot works as users of its own
    authority = await makeAuthority();
    browser = await startBrowser();
  });

  afterEach(async () => {
    await house?.close();
    house = undefined;
  });

  after(async () => {
    await browser?.close();
    if (base !== undefined) await rm(base, { recursive: true, force: true });
  });

  async function open(options: {
    readonly check: keyof typeof FORMS;
    readonly length?: number;
    readonly lifetime?: number;
    readonly mechanisms?: string;
  }): Promise<House> {
    const { check, mechanisms = 'xoauth2 oauthbearer', ...rest } = options;
    const adminPort = await freePort();
    const accessUrl = `http://localhost:${adminPort}`;
    const server = await startAuthorizationServer({
      certificate: await authority.issue(),
      tokens: FORMS[check],
      redirectUris: [`${accessUrl}/login/smtp-verification`, `${accessUrl}/pmpredirect/AzureOAuth`],
      ...rest,
    });
    const capture = await startScriptedServer();
    const directory = await mkdtemp(join(base, 'dovecot-'));
    await chmod(directory, 0o755);
    const dovecot = await startDovecot({
      directory,
      certificate: await authority.issue(),
      authority: authority.certificate,
      authorizationServer: server,
      check,
      mechanisms,
      next: capture.port,
    });
    const relay = await startRelay(relaySettings({ accessUrl }), {
      admin: { address: '127.0.0.1', port: adminPort, behindProxy: false },
    });
    const token = (await readFile(join(relay.directory, 'admin.token'), 'utf8')).trim();
    const api: House['api'] = async (method, path, body) => {
      const response = await fetch(`${accessUrl}${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      const answer: unknown = text === '' ? undefined : JSON.parse(text);
      return answer;
    };
    await api('POST', '/api/v1/trust-anchors', { certificate: authority.certificate });
    return {
      server,
      dovecot,
      capture,
      relay,
      api,
      upstream: (authentication) => ({
        name: 'office',
        kind: 'smtp',
        host: 'localhost',
        port: dovecot.port,
        security: 'starttls',
        authentication: {
          type: 'oauth2',
          provider: 'generic',
          email: MAILBOX,
          clientId: CLIENT.id,
          clientSecret: { value: CLIENT.secret },
          authorizationEndpoint: server.authorizationEndpoint,
          tokenEndpoint: server.tokenEndpoint,
          deviceAuthorizationEndpoint: server.deviceAuthorizationEndpoint,
          ...authentication,
        },
      }),
      async close() {
        await relay.remove();
        await dovecot.stop();
        await server.close();
        await capture.close();
      },
    };
  }

  async function configure(
    at: House,
    authentication: Readonly<Record<string, unknown>>,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    await at.relay.app.settings.apply(
      {
        ...relaySettings({ accessUrl: at.relay.app.settings.current().accessUrl }),
        upstreams: [{ ...at.upstream(authentication), ...more }],
        defaultUpstream: 'office',
      },
      { by: 'test' },
    );
  }

  async function arrives(at: House, subject: string): Promise<string> {
    const { id } = await at.relay.send({ content: `Subject: ${subject}\r\n\r\nhello\r\n` });
    await at.relay.reaches(id, 'delivered', 20_000).catch(async (error: unknown) => {
      const log = (await readFile(at.dovecot.logFile, 'utf8'))
        .split('\n')
        .filter((line) => !/Debug/.test(line));
      const told = JSON.stringify(await at.relay.events(id));
      const granted = JSON.stringify([...at.server.granted]);
      throw new Error(`${subject}: ${told}\n${granted}\n${log.slice(-6).join('\n')}`, { cause: error });
    });
    const found = at.capture.transactions.find(({ body }) => body.includes(`Subject: ${subject}`));
    expect(found?.mail, at.dovecot.logFile).to.include('printer@example.com');
    return id;
  }

  /** Signs in and consents as a person does, in a browser of its own. */
  async function consent(link: string): Promise<string> {
    if (browser === undefined) throw new Error('no browser');
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      await page.goto(link);
      const code = page.locator('form[action*="device"] input[type=text]:not([name=login])');
      if (await code.isVisible().catch(() => false)) await page.getByRole('button').first().click();
      const confirm = page.getByRole('button', { name: /continue/i });
      const login = page.locator('input[name=login]');
      await login.or(confirm).first().waitFor();
      if (!(await login.isVisible())) await confirm.click();
      await login.fill(MAILBOX);
      await page.locator('input[name=password]').fill('anything');
      await page.getByRole('button', { name: /sign-in/i }).click();
      await page.getByRole('button', { name: /continue/i }).click();
      await page.waitForLoadState();
      const shots = process.env['SCREENSHOTS'];
      if (shots !== undefined) {
        await mkdir(shots, { recursive: true });
        await page.screenshot({ path: join(shots, 'authorized.png') });
      }
      return (await page.textContent('body')) ?? '';
    } finally {
      await context.close();
    }
  }

  async function start(at: House, body: Readonly<Record<string, unknown>> = {}) {
    const begun = await at.api('POST', '/api/v1/upstreams/office/authorization', body);
    if (typeof begun !== 'object' || begun === null) throw new Error('no sign-in');
    return new Map(Object.entries(begun));
  }

  async function authorize(at: House): Promise<string> {
    return consent(String((await start(at)).get('link')));
  }

  const account = async (at: House): Promise<string> =>
    JSON.stringify(await at.api('GET', '/api/v1/authorizations'));

  for (const provider of ['generic', 'microsoft', 'google'] as const) {
    it(`authorization code in a real browser, refresh and revocation (${provider})`, async () => {
      house = await open({ check: 'introspection', length: 1500, lifetime: 4 });
      const at = house;
      await configure(
        at,
        { provider, flow: 'authorization-code', scopes: 'openid email offline_access mail' },
        { limits: { messagesPerConnection: 1 } },
      );
      expect(await authorize(at))
        .to.include('Authorized')
        .and.include(MAILBOX);
      expect(await account(at))
        .to.include(MAILBOX)
        .and.include('"authorized"');
      await arrives(at, 'the first');

      // Each of these goes over a connection of its own; tokens live four seconds.
      const end = Date.now() + 9000;
      for (let count = 0; Date.now() < end; count += 1) await arrives(at, `number ${count} `);
      const refreshes = at.server.granted.get('refresh_token') ?? 0;
      expect(refreshes).to.be.within(1, 4);
      expect(new Set(at.server.refreshTokens).size).to.be.greaterThan(refreshes - 1);

      const newest = at.server.refreshTokens.at(-1) ?? '';
      const form = { token: newest, client_id: CLIENT.id, client_secret: CLIENT.secret };
      const fields = Object.entries(form).flatMap(([name, value]) => [
        '--data-urlencode',
        `${name}=${value}`,
      ]);
      const answer = ['-s', '-S', '-k', '-o', '/dev/null', '-w', '%{http_code}'];
      const revoked = await run('curl', [...answer, at.server.revocationEndpoint, ...fields]);
      expect(revoked).to.include('200');
      const { id } = await at.relay.send({ content: 'Subject: while revoked\r\n\r\nhello\r\n' });
      await until(
        async () =>
          (await at.relay.events(id)).some(({ type }) => type === 'waiting') || (await isDelivered(at, id)),
        'the message waits',
        15_000,
      );
      if (await isDelivered(at, id)) return; // the token had not run out yet, and it may be used until then
      expect(JSON.stringify(await at.relay.events(id))).to.include('postern authorize office');
      expect((await at.relay.message(id)).attempts).to.equal(0);

      expect(await authorize(at)).to.include('Authorized');
      await at.relay.reaches(id, 'delivered', 20_000);
    });
  }

  it('device code, approved in a browser elsewhere', async () => {
    house = await open({ check: 'jwt', length: 900 });
    const at = house;
    await configure(at, { flow: 'device-code', scopes: 'openid email offline_access mail' });
    const begun = await start(at);
    expect(begun.get('userCode')).to.match(/^[A-Z]{4}-[A-Z]{4}$/);
    expect(await consent(String(begun.get('verificationUriComplete')))).to.match(/sign-in success/i);
    await until(async () => (await account(at)).includes('"authorized"'), 'the consent is noticed', 20_000);
    await arrives(at, 'after a device code');
  });

  for (const check of ['introspection', 'jwt'] as const) {
    for (const length of [500, 1500, 5000]) {
      for (const method of ['XOAUTH2', 'OAUTHBEARER'] as const) {
        it(`client credentials: a token of some ${length} characters, ${method}, checked by ${check}`, async () => {
          house = await open({ check, length, mechanisms: method.toLowerCase() });
          await configure(house, { flow: 'client-credentials', scopes: 'mail', method });
          const id = await arrives(house, 'from an application');
          expect((await house.relay.message(id)).attempts).to.equal(1);
          expect(house.server.granted.get('client_credentials')).to.equal(1);
        });
      }
    }
  }

  it('a token that Dovecot does not take is renewed once, and then said so', async () => {
    house = await open({ check: 'jwt' });
    const at = house;
    // Signed by the same key for another mailbox: Dovecot compares the names.
    await configure(at, { flow: 'client-credentials', scopes: 'mail', mailbox: 'other@example.com' });
    const { id } = await at.relay.send();
    await until(
      async () => (await at.relay.events(id)).some(({ type }) => type === 'waiting'),
      'the message waits',
      15_000,
    );
    const told = JSON.stringify(await at.relay.events(id));
    expect(told).to.include('other@example.com');
    expect(at.server.granted.get('client_credentials')).to.equal(2);
    expect((await at.relay.message(id)).attempts).to.equal(0);
  });
});

async function isDelivered(at: House, id: string): Promise<boolean> {
  return (await at.relay.message(id)).state === 'delivered';
}

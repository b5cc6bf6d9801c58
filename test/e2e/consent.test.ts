import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { signInStartSchema } from '../../src/admin/contract-authorizations.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { startBrowser } from '../support/browser.ts';
import { type Relay, relaySettings, startRelay } from '../support/relay.ts';
import { remoteAdmin } from '../support/simulated-consent.ts';

/** What a person does at the provider. */
type Person = (page: Page) => Promise<void>;

/** Takes a picture where somebody wants to look. */
async function look(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

describe('consent in a real browser, at a simulated Microsoft and Google', function () {
  this.timeout(60_000);
  let simulator: Simulator;
  let browser: Browser;
  let relay: Relay | undefined;

  before(async () => {
    [simulator, browser] = await Promise.all([startSimulator(), startBrowser()]);
  });
  afterEach(async () => {
    await relay?.remove();
    relay = undefined;
  });
  after(async () => {
    await browser.close();
    await simulator.close();
  });

  const signIn: Person = async (page) => {
    const { email, password } = simulator.microsoft.account;
    await page.locator('input[name=email]').fill(email);
    await page.locator('input[name=password]').fill(password);
    await look(page, 'sign-in');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Accept' }).waitFor();
    await look(page, 'consent');
  };
  const accept: Person = async (page) => {
    await signIn(page);
    await page.getByRole('button', { name: 'Accept' }).click();
  };
  const refuse: Person = async (page) => {
    await signIn(page);
    await page.getByRole('button', { name: 'Cancel' }).click();
  };

  const microsoft = () => ({
    type: 'oauth2',
    provider: 'microsoft',
    email: simulator.microsoft.account.email,
    tenantId: simulator.microsoft.tenantId,
    clientId: simulator.microsoft.clientId,
    clientSecret: { value: simulator.microsoft.clientSecret },
    authorizationEndpoint: simulator.microsoft.authorizationEndpoint,
    tokenEndpoint: simulator.microsoft.tokenEndpoint,
  });
  const google = () => ({
    type: 'oauth2',
    provider: 'google',
    email: simulator.google.account.email,
    clientId: simulator.google.clientId,
    clientSecret: { value: simulator.google.clientSecret },
    authorizationEndpoint: simulator.google.authorizationEndpoint,
    tokenEndpoint: simulator.google.tokenEndpoint,
  });
  const upstreams = {
    'Microsoft over SMTP': () => ({ kind: 'smtp', ...simulator.microsoft.smtp, authentication: microsoft() }),
    'Microsoft over Graph': () => ({
      kind: 'graph',
      endpoint: simulator.microsoft.api,
      authentication: microsoft(),
    }),
    'Google over SMTP': () => ({ kind: 'smtp', ...simulator.google.smtp, authentication: google() }),
    'Google over the Gmail API': () => ({
      kind: 'gmail',
      endpoint: simulator.google.api,
      authentication: google(),
    }),
  } as const;

  /** Starts a relay with this upstream, begins a sign-in, and answers with what the browser shows at the end. */
  async function consent(upstream: object, person: Person, redirectPath?: string): Promise<string> {
    relay = await startRelay(
      relaySettings({ upstreams: [{ name: 'office', ...upstream }], defaultUpstream: 'office' }),
    );
    const { port } = relay.app.admin.address();
    const { document } = relay.app.settings.document();
    await relay.app.settings.apply(
      { ...Object(document), accessUrl: `http://localhost:${port}` },
      { by: 'test' },
    );
    const admin = remoteAdmin(port, relay.directory);
    await admin.trust(simulator);
    const path = '/api/v1/upstreams/office/authorization';
    const begun = await admin.call(path, redirectPath === undefined ? {} : { redirectPath });
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      const violations: string[] = [];
      page.on('console', (message) => {
        if (/Content.Security.Policy|Refused/i.test(message.text())) violations.push(message.text());
      });
      const start = signInStartSchema.parse(JSON.parse(begun.text));
      if (start.kind !== 'link') throw new Error('a device code was given');
      await page.goto(start.link);
      await person(page);
      await page.waitForURL((url) => url.port === String(port));
      await look(page, 'end');
      expect(violations).to.deep.equal([]);
      return (await page.textContent('main, body')) ?? '';
    } finally {
      await context.close();
    }
  }

  for (const [title, upstream] of Object.entries(upstreams)) {
    it(`${title}: the page says Authorized, and the next message leaves`, async () => {
      const before = simulator.messages().length;
      expect(await consent(upstream(), accept)).to.include('Authorized as relay@example.com');
      const id = (await relay?.send({ sender: 'relay@example.com' }))?.id ?? '';
      await relay?.reaches(id, 'delivered', 15_000);
      const message = simulator.messages().at(-1);
      expect(simulator.messages().length).to.equal(before + 1);
      expect(message).to.deep.include({ mailbox: 'relay@example.com', recipients: ['a@example.net'] });
    });
  }

  it('takes the redirect path of registrations that were made for another product', async () => {
    const text = await consent(upstreams['Microsoft over SMTP'](), accept, '/pmpredirect/AzureOAuth');
    expect(text).to.include('Authorized');
  });

  it('says so when the person does not consent', async () => {
    const text = await consent(upstreams['Microsoft over SMTP'](), refuse);
    expect(text).to.match(/declined|refused|not given|cancel/i);
    expect(text).to.include('office');
    if (relay === undefined) throw new Error('no relay');
    const standing = await remoteAdmin(relay.app.admin.address().port, relay.directory).standing('office');
    expect(standing.state).to.equal('none');
  });
});

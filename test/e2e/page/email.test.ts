import { expect } from 'chai';
import type { Page } from 'playwright-core';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { startSimulator } from '../../../src/simulator/start-simulator.ts';
import { makeSelfSigned } from '../../support/certificates.ts';
import {
  expectAccessible,
  type PageStage,
  screenshot,
  screenshots,
  startPageStage,
} from '../../support/page.ts';
import { startScriptedServer } from '../../support/scripted-smtp-server.ts';
import { remoteAdmin } from '../../support/simulated-consent.ts';
import { until } from '../../support/until.ts';

const card = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true });

describe('the page for e-mail configuration', function () {
  this.timeout(60_000);
  let stage: PageStage;
  let simulator: Simulator;

  before(async () => {
    [simulator, stage] = await Promise.all([startSimulator(), startPageStage()]);
    const { app, directory } = stage.relay;
    await remoteAdmin(app.admin.address().port, directory).trust(simulator);
  });
  after(async () => {
    await stage.close();
    await simulator.close();
  });

  /** A person at the provider, in the tab that was opened. */
  async function consentIn(tab: Page): Promise<void> {
    const { email, password } = simulator.microsoft.account;
    await tab.locator('input[name=email]').fill(email);
    await tab.locator('input[name=password]').fill(password);
    await tab.getByRole('button', { name: 'Sign in' }).click();
    await tab.getByRole('button', { name: 'Accept' }).click();
  }

  it('connects Microsoft 365: choose, fill in, sign in in a new tab, Authorized, a test mail delivered', async () => {
    const { microsoft } = simulator;
    const { page, close } = await stage.open('/email', { foreignTls: true });
    await page.getByText('No upstream yet').waitFor();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Add an upstream' }).click();
    await page.getByRole('button', { name: /Microsoft 365/ }).click();
    await field(page, 'Sign-in e-mail').fill(microsoft.account.email);
    await field(page, 'Directory (tenant) ID').fill(microsoft.tenantId);
    await field(page, 'Client ID').fill(microsoft.clientId);
    await page.getByLabel('Client secret', { exact: true }).fill(microsoft.clientSecret);
    await page.getByText(/^Server: smtp.office365.com:587/).click();
    await field(page, 'Server').fill(microsoft.smtp.host);
    await page.getByRole('spinbutton', { name: 'Port' }).fill(String(microsoft.smtp.port));
    await page.getByText('Advanced').click();
    await field(page, 'Authorization endpoint (optional)').fill(microsoft.authorizationEndpoint);
    await field(page, 'Token endpoint (optional)').fill(microsoft.tokenEndpoint);
    await page.getByLabel('Always replace the sender').check();
    await page.getByLabel('Send a test mail to').fill('admin@example.net');
    await screenshot(page, 'email-new-microsoft');
    await expectAccessible(page);

    await page
      .getByRole('button', { name: /^Use http/ })
      .first()
      .click();
    await page.getByRole('button', { name: /^Use http/ }).waitFor({ state: 'detached' });
    const opened = page.waitForEvent('popup');
    await page.getByRole('button', { name: 'Save, then verify OAuth2 provider' }).click();
    const tab = await opened;
    await consentIn(tab);
    await page.getByText('Authorized as relay@example.com').first().waitFor();
    expect(new URL(page.url()).pathname).to.equal('/email/microsoft');

    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByText('This upstream works').waitFor();
    await page.getByText('Tested: works').waitFor();
    expect(simulator.messages().at(-1)).to.deep.include({ recipients: ['admin@example.net'] });
    await screenshot(page, 'email-microsoft-tested');

    await page.getByLabel('Replace the sender where').check();
    await page.getByText('The changes are not tested').waitFor();
    await page.getByLabel('Send a test e-mail when saved').check();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('The test mail to admin@example.net is delivered.').waitFor();
    // The mail that was delivered is the test of what was saved.
    await page.getByText('Tested: works').waitFor();
    const { app, directory } = stage.relay;
    const admin = remoteAdmin(app.admin.address().port, directory);
    // The overview may be some seconds old on a machine with much to do.
    await until(async () => {
      const { text } = await admin.call('/api/v1/overview');
      return text.includes('"test":{"result":"ok","current":true');
    }, 'the overview shows the test');
    await screenshot(page, 'email-microsoft-saved');
    await close();
    await screenshots(stage, '/email', 'email', (each) => card(each, 'Upstreams').waitFor());
    await screenshots(stage, '/email/microsoft', 'email-upstream', (each) => field(each, 'Name').waitFor());
    await screenshots(stage, '/email/new', 'email-presets', (each) => each.locator('.presets').waitFor());
  });

  it('connects Google with the file of its console', async () => {
    const { google } = simulator;
    const { page, close } = await stage.open('/email/new', {
      foreignTls: true,
      expected: [/status of 400/],
    });
    await page.getByRole('button', { name: /Google Workspace/ }).click();
    const file = page.getByLabel('File from Google’s console (JSON)');
    const give = (name: string, text: string) =>
      file.setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
    await give('other.json', '{"type":"authorized_user"}');
    await page.getByText('this is a sign-in of gcloud').waitFor();
    await give('client.json', google.clientJson);
    await page.getByText('client.json was read.').waitFor();
    expect(await field(page, 'Client ID').inputValue()).to.equal(google.clientId);
    expect(await field(page, 'Authorization endpoint (optional)').inputValue()).to.equal(
      google.authorizationEndpoint,
    );
    await field(page, 'Sign-in e-mail').fill(google.account.email);
    await page.getByText(/^Server: smtp.gmail.com:587/).click();
    await field(page, 'Server').fill(google.smtp.host);
    await page.getByRole('spinbutton', { name: 'Port' }).fill(String(google.smtp.port));
    await screenshot(page, 'email-google');
    const kept = String(await page.evaluate('JSON.stringify({ ...sessionStorage, ...localStorage })'));
    expect(kept).to.include(google.clientId).and.not.include(google.clientSecret);

    const opened = page.waitForEvent('popup');
    await page.getByRole('button', { name: 'Save, then verify OAuth2 provider' }).click();
    await consentIn(await opened);
    await page.getByText('Authorized as relay@example.com').first().waitFor();
    await page.getByLabel('Send a test mail to').fill('admin@example.net');
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByText('Tested: works').waitFor();
    expect(simulator.messages().at(-1)).to.deep.include({
      provider: 'google',
      recipients: ['admin@example.net'],
    });
    await close();
  });

  it('tests a plain server with a password before it is saved, and leads to its certificate', async () => {
    const certificate = await makeSelfSigned();
    const server = await startScriptedServer({
      security: 'starttls',
      certificate,
      user: 'relay',
      password: 'hunter2',
      mechanisms: ['PLAIN'],
    });
    const { page, close } = await stage.open('/email/new');
    await page.getByRole('button', { name: /Other mail server/ }).click();
    await field(page, 'Server').fill('localhost');
    await page.getByRole('spinbutton', { name: 'Port' }).fill(String(server.port));
    await field(page, 'User name').fill('relay');
    await page.getByLabel('Password', { exact: true }).fill('hunter2');
    await field(page, 'From address (optional)').fill('relay@example.com');
    await page.getByLabel('Send a test mail to').fill('admin@example.net');
    await page.getByRole('button', { name: 'Test without saving' }).click();
    const link = page.getByRole('link', { name: 'See the certificate, and trust it' });
    await link.waitFor();
    expect(await link.getAttribute('href')).to.equal(
      `/certificates?fetch=${encodeURIComponent(`localhost:${server.port}`)}&security=starttls`,
    );
    await screenshot(page, 'email-self-signed');
    await remoteAdmin(stage.relay.app.admin.address().port, stage.relay.directory).trust({
      certificateAuthority: certificate.certificate,
    });
    await page.getByRole('button', { name: 'Test without saving' }).click();
    await page.getByText('This upstream works').waitFor();
    expect(server.transactions.at(-1)?.recipients).to.deep.equal(['RCPT TO:<admin@example.net>']);

    await page.getByRole('button', { name: 'Save the upstream' }).click();
    await page.getByRole('heading', { name: 'mail', level: 1 }).waitFor();
    await page.getByText('Tested: works').waitFor();
    await page.getByRole('button', { name: 'Remove mail' }).click();
    await page.getByRole('group').getByRole('button', { name: 'Remove mail' }).click();
    await page.getByRole('heading', { name: 'E-mail configuration', level: 1 }).waitFor();
    await close();
    await server.close();
  });

  it('keeps what is typed, names faults at their fields, and says when somebody else has changed the same', async () => {
    const { page, close } = await stage.open('/email/microsoft', { expected: [/status of 422/] });
    await field(page, 'Client ID').fill('another');
    await field(page, 'Client secret expires on (optional)').fill('soon');
    await page.reload();
    expect(await field(page, 'Client ID').inputValue()).to.equal('another');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('#field-upstreams-0-authentication-clientSecretExpires[aria-invalid]').waitFor();
    await field(page, 'Client secret expires on (optional)').fill('');

    const { settings } = stage.relay.app;
    const { document } = settings.document();
    const theirs = JSON.stringify(document).replace('"rewrite":"if-refused"', '"rewrite":"never"');
    await settings.apply(JSON.parse(theirs), { by: 'otto' });
    await page.getByText('Somebody else has changed this meanwhile.').waitFor();
    await page.getByRole('button', { name: 'Show what changed' }).click();
    await page.getByText('upstreams.microsoft.from.rewrite').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Take theirs' }).click();
    expect(await page.getByLabel('Leave the sender alone').isChecked()).to.equal(true);
    expect(await field(page, 'Client ID').inputValue()).to.equal(simulator.microsoft.clientId);

    // What is typed while it is being saved is the next change.
    const asked = Promise.withResolvers<undefined>();
    const answered = Promise.withResolvers<undefined>();
    await page.route(/\/api\/v1\/settings\?/, async (route) => {
      asked.resolve(undefined);
      await answered.promise;
      await route.fallback();
    });
    await page.getByText('Limits and fallback', { exact: true }).click();
    await page.getByLabel('Messages per minute').fill('20');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await asked.promise;
    await page.getByLabel('Messages per minute').fill('21');
    answered.resolve(undefined);
    await until(
      () => settings.current().upstreams[0]?.limits?.messagesPerMinute === 20,
      'what was typed first is saved',
    );
    await page.locator('.answer', { hasText: /^\s*Saved/ }).waitFor();
    await page.getByText('The changes are not tested').waitFor({ timeout: 5000 });
    expect(await page.getByLabel('Messages per minute').inputValue()).to.equal('21');
    await close();
  });

  it('signs in with a code, and where the browser opens no tab with a link; and forgets', async () => {
    const { microsoft } = simulator;
    const { page, close } = await stage.open('/email/microsoft', { foreignTls: true });
    await page.getByRole('button', { name: 'Forget the authorization' }).click();
    await page.getByRole('group').getByRole('button', { name: 'Forget the authorization' }).click();
    await page.getByText('Nobody has signed in yet').first().waitFor();

    await page.evaluate('window.open = () => null');
    await page.getByRole('button', { name: 'Verify OAuth2 provider' }).click();
    await page.getByText('The browser did not open a tab.').waitFor();
    await expectAccessible(page);
    const opened = page.waitForEvent('popup');
    await page.getByRole('link', { name: 'Open the sign-in' }).click();
    await consentIn(await opened);
    await page.getByText('Authorized as relay@example.com').first().waitFor();

    await page.getByLabel('OAuth 2.0: somebody enters a code').check();
    await field(page, 'Device authorization endpoint (optional)').fill(microsoft.deviceAuthorizationEndpoint);
    await page.getByRole('button', { name: 'Save, then verify OAuth2 provider' }).click();
    const code = await page.locator('.device-code code').innerText();
    await screenshot(page, 'email-device-code');
    const device = await page.context().newPage();
    await device.goto(`${new URL(microsoft.tokenEndpoint).origin}/devicelogin`);
    await device.locator('input').first().fill(code);
    await device.locator('button').first().click();
    await consentIn(device);
    await page.getByText('Authorized as relay@example.com').first().waitFor();
    await close();
  });

  it('shows settings from a file, and says where they are changed', async () => {
    const { page, close } = await stage.open('/email');
    await page.route('**/api/v1/settings', async (route) => {
      const answer: unknown = await (await route.fetch()).json();
      await route.fulfill({
        body: JSON.stringify(Object.assign({}, answer, { locked: true, source: '/etc/postern.yaml' })),
        contentType: 'application/json',
      });
    });
    await page.goto('/email/microsoft');
    await page.getByText('The settings come from a file and cannot be changed here').waitFor();
    expect(await field(page, 'Sign-in e-mail').isDisabled()).to.equal(true);
    expect(await page.getByRole('button', { name: 'Test', exact: true }).isEnabled()).to.equal(true);
    await close();
  });

  it('shows everything to those who may not change it, and says why', async () => {
    const { page, close } = await stage.open('/email/microsoft', { role: 'viewer' });
    await page.getByText('You can see these settings, but not change them.').waitFor();
    expect(await field(page, 'Client ID').isDisabled()).to.equal(true);
    expect(await page.getByRole('button', { name: 'Save', exact: true }).count()).to.equal(0);
    await close();
  });
});

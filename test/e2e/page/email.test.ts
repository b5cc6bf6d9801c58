import { expect } from 'chai';
import type { Page } from 'playwright-core';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { startSimulator } from '../../../src/simulator/start-simulator.ts';
import { expectAccessible, type PageStage, screenshot, screenshots, startPageStage } from '../../support/page.ts';
import { remoteAdmin } from '../../support/simulated-consent.ts';

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

  const card = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

  const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true });

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
    await page.getByLabel('Port').fill(String(microsoft.smtp.port));
    await page.getByText('Advanced').click();
    await field(page, 'Authorization endpoint (optional)').fill(microsoft.authorizationEndpoint);
    await field(page, 'Token endpoint (optional)').fill(microsoft.tokenEndpoint);
    await page.getByLabel('Always replace the sender').check();
    await page.getByLabel('Send a test mail to').fill('admin@example.net');
    await screenshot(page, 'email-new-microsoft');
    await expectAccessible(page);

    await page.getByRole('button', { name: /^Use http/ }).first().click();
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
    await expectAccessible(page);

    await page.getByLabel('Replace the sender where').check();
    await page.getByText('The changes are not tested').waitFor();
    await page.getByLabel('Send a test e-mail when saved').check();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('The test mail to admin@example.net is delivered.').waitFor();
    await screenshot(page, 'email-microsoft-saved');
    await close();
    await screenshots(stage, '/email', 'email', (each) => card(each, 'Upstreams').waitFor());
    await screenshots(stage, '/email/microsoft', 'email-upstream', (each) => field(each, 'Name').waitFor());
    await screenshots(stage, '/email/new', 'email-presets', (each) => each.locator('.presets').waitFor());
  });
});

/**
 * What somebody does who has never seen Postern: opens the setup link, connects a mailbox, sees a test mail arrive, lets a device send,
 * and finds that mail in the list as delivered. Everything by hand in the page, from the first start on.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { SETUP_LINK_FILE } from '../../../src/access/setup.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { startSimulator } from '../../../src/simulator/start-simulator.ts';
import { makeSelfSigned } from '../../support/certificates.ts';
import { type OpenPage, PASSWORD, type PageStage, screenshot, startPageStage } from '../../support/page.ts';
import { startScriptedServer } from '../../support/scripted-smtp-server.ts';
import { until } from '../../support/until.ts';

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true });
const port = (page: Page) => page.getByRole('spinbutton', { name: 'Port' });

describe('the first ten minutes', function () {
  this.timeout(60_000);
  let simulator: Simulator;
  let stage: PageStage;
  before(async () => {
    simulator = await startSimulator();
  });
  beforeEach(async () => {
    stage = await startPageStage();
  });
  afterEach(() => stage.close());
  after(() => simulator.close());

  /** From the link of the first start to the choice of a provider. */
  async function begin(): Promise<OpenPage> {
    const link = new URL(await readFile(join(stage.relay.directory, SETUP_LINK_FILE), 'utf8'));
    const opened = await stage.open(link.pathname + link.hash, {
      role: null,
      foreignTls: true,
      expected: [/status of 401/],
    });
    const { page } = opened;
    await page.getByLabel('User name').fill('anna');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(page, 'Create administrator').click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    return opened;
  }

  async function consentIn(tab: Page): Promise<void> {
    const { email, password } = simulator.microsoft.account;
    await tab.locator('input[name=email]').fill(email);
    await tab.locator('input[name=password]').fill(password);
    await button(tab, 'Sign in').click();
    await button(tab, 'Accept').click();
  }

  /** The device sends, and its mail is seen delivered in the list and in its own view. */
  async function deviceSends(page: Page): Promise<void> {
    await page.getByRole('link', { name: 'Messages', exact: true }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Messages' }).waitFor();
    const { code } = await stage.relay.send({
      sender: 'printer@example.com',
      recipients: ['boss@example.net'],
      content: 'Subject: Toner is low\r\nFrom: printer@example.com\r\nTo: boss@example.net\r\n\r\nBlack.',
    });
    expect(code).to.equal(250);
    const row = page.getByRole('row', { name: /Toner is low/ });
    await row.getByText('Delivered').waitFor();
    await screenshot(page, 'ten-minutes-messages');
    await row.getByRole('link', { name: 'Toner is low' }).click();
    await page.getByRole('heading', { level: 1, name: 'Toner is low' }).waitFor();
    await page.getByText('boss@example.net').first().waitFor();
    await screenshot(page, 'ten-minutes-message');
  }

  it('connect Microsoft 365, and a device that sends', async () => {
    const { microsoft } = simulator;
    const { page, close } = await begin();
    await trustProvider(page, microsoft.tokenEndpoint);
    await connect(page);
    await page.getByRole('button', { name: /Microsoft 365/ }).click();
    await field(page, 'Sign-in e-mail').fill(microsoft.account.email);
    await field(page, 'Directory (tenant) ID').fill(microsoft.tenantId);
    await field(page, 'Client ID').fill(microsoft.clientId);
    await page.getByLabel('Client secret', { exact: true }).fill(microsoft.clientSecret);
    await page.getByText(/^Server: smtp.office365.com:587/).click();
    await field(page, 'Server').fill(microsoft.smtp.host);
    await port(page).fill(String(microsoft.smtp.port));
    await page.getByText('Advanced').click();
    await field(page, 'Authorization endpoint (optional)').fill(microsoft.authorizationEndpoint);
    await field(page, 'Token endpoint (optional)').fill(microsoft.tokenEndpoint);
    await page.getByLabel('Always replace the sender').check();
    await page.getByLabel('Send a test mail to').fill('admin@example.net');
    await page
      .getByRole('button', { name: /^Use http/ })
      .first()
      .click();
    await page.getByRole('button', { name: /^Use http/ }).waitFor({ state: 'detached' });
    const opened = page.waitForEvent('popup');
    await button(page, 'Save, then verify OAuth2 provider').click();
    await consentIn(await opened);
    await page.getByText('Authorized as relay@example.com').first().waitFor();
    await button(page, 'Test').click();
    await page.getByText('Tested: works').waitFor();
    expect(simulator.messages().at(-1)).to.deep.include({ recipients: ['admin@example.net'] });
    await deviceSends(page);
    await until(() => arrivedAtSimulator('boss@example.net'), 'the mail of the device is there');
    await close();
  });

  it('connect Google with its JSON file, and a device that sends', async () => {
    const { google } = simulator;
    const { page, close } = await begin();
    await trustProvider(page, google.tokenEndpoint);
    await connect(page);
    await page.getByRole('button', { name: /Google Workspace/ }).click();
    await page.getByLabel('File from Google’s console (JSON)').setInputFiles({
      name: 'client.json',
      mimeType: 'application/json',
      buffer: Buffer.from(google.clientJson),
    });
    await page.getByText('client.json was read.').waitFor();
    await field(page, 'Sign-in e-mail').fill(google.account.email);
    await page.getByText(/^Server: smtp.gmail.com:587/).click();
    await field(page, 'Server').fill(google.smtp.host);
    await port(page).fill(String(google.smtp.port));
    await page.getByLabel('Always replace the sender').check();
    await page
      .getByRole('button', { name: /^Use http/ })
      .first()
      .click();
    await page.getByRole('button', { name: /^Use http/ }).waitFor({ state: 'detached' });
    const opened = page.waitForEvent('popup');
    await button(page, 'Save, then verify OAuth2 provider').click();
    await consentIn(await opened);
    await page.getByText('Authorized as relay@example.com').first().waitFor();
    await page.getByLabel('Send a test mail to').fill('admin@example.net');
    await button(page, 'Test').click();
    await page.getByText('Tested: works').waitFor();
    await deviceSends(page);
    await until(() => arrivedAtSimulator('boss@example.net', 'google'), 'the mail of the device is there');
    await close();
  });

  it('connect a plain server whose self-signed certificate is fetched and trusted on the way', async () => {
    const server = await startScriptedServer({
      security: 'starttls',
      certificate: await makeSelfSigned(),
      user: 'relay',
      password: 'hunter2',
      mechanisms: ['PLAIN'],
    });
    const { page, close } = await begin();
    await connect(page);
    await page.getByRole('button', { name: /Other mail server/ }).click();
    await field(page, 'Server').fill('localhost');
    await port(page).fill(String(server.port));
    await field(page, 'User name').fill('relay');
    await page.getByLabel('Password', { exact: true }).fill('hunter2');
    await field(page, 'From address (optional)').fill('relay@example.com');
    await page.getByLabel('Send a test mail to').fill('admin@example.net');
    await button(page, 'Test without saving').click();
    const beside = page.waitForEvent('popup');
    await page.getByRole('link', { name: 'See the certificate, and trust it' }).click();
    const tab = await beside;
    await trustFetched(tab);
    await tab.close();
    await button(page, 'Test without saving').click();
    await page.getByText('This upstream works').waitFor();
    expect(server.transactions.at(-1)?.recipients).to.deep.equal(['RCPT TO:<admin@example.net>']);
    await button(page, 'Save the upstream').click();
    await page.getByText('Tested: works').waitFor();
    await deviceSends(page);
    expect(server.transactions.at(-1)?.recipients).to.deep.equal(['RCPT TO:<boss@example.net>']);
    await close();
    await server.close();
  });

  function arrivedAtSimulator(recipient: string, provider = 'microsoft'): boolean {
    return simulator
      .messages()
      .some((message) => message.provider === provider && message.recipients.includes(recipient));
  }
});

async function trustFetched(page: Page): Promise<void> {
  await button(page, 'Show its certificates').click();
  await button(page, 'Trust it…').click();
  await screenshot(page, 'ten-minutes-fetched');
  await button(page, 'It matches: trust it').click();
  await page.getByText('Mail that waited for it goes out now.').waitFor();
}

/** By the first step of the overview. */
async function connect(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Overview' }).first().click();
  await page.getByRole('link', { name: 'Connect a mailbox' }).click();
}

/** The certificate of the simulated provider, fetched and trusted in the page. */
async function trustProvider(page: Page, tokenEndpoint: string): Promise<void> {
  await page.goto(`/certificates?fetch=${encodeURIComponent(new URL(tokenEndpoint).host)}&security=tls`);
  await trustFetched(page);
}

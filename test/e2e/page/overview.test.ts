import { expect } from 'chai';
import type { Page } from 'playwright-core';
import {
  expectAccessible,
  type PageStage,
  pictures,
  screenshots,
  startPageStage,
} from '../../support/page.ts';
import { relaySettings } from '../../support/relay.ts';
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-smtp-server.ts';

describe('the overview of a new Postern', () => {
  let stage: PageStage;
  before(async () => {
    stage = await startPageStage();
  });
  after(() => stage.close());

  it('guides to the first mail: a mailbox, a test, a device with what to enter on it', async () => {
    const { page, close } = await stage.open('/');
    const steps = page.locator('.first-steps > li');
    await steps.nth(2).getByText(String(stage.relay.port()), { exact: true }).waitFor();
    expect(await steps.locator('h3').allInnerTexts()).to.deep.equal([
      'Connect a mailbox',
      'Send a test',
      'Point a device here',
    ]);
    const leads = (name: string) => page.getByRole('link', { name, exact: true }).getAttribute('href');
    expect(await leads('Connect a mailbox')).to.equal('/email/new');
    expect(await leads('Let devices on the network reach it')).to.equal('/devices');
    expect(await leads('test-relay')).to.equal('/messages');
    await expectAccessible(page);
    await close();
    await screenshots(stage, '/', 'overview-first', (shown) =>
      shown
        .locator('.first-steps > li')
        .nth(2)
        .getByText(String(stage.relay.port()), { exact: true })
        .waitFor(),
    );
  });

  it('sends the test, says beside the button where it went, and shows it without being asked', async () => {
    const { page, close } = await stage.open('/', { expected: [/400 \(Bad Request\)/] });
    await page.getByLabel('To', { exact: true }).fill('admin@example');
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('is not an e-mail address').first().waitFor();
    expect(await page.getByLabel('To', { exact: true }).getAttribute('aria-invalid')).to.equal('true');
    await page.getByLabel('To', { exact: true }).fill('admin@example.com');
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.locator('.answer', { hasText: /\S/ }).waitFor();
    await page.locator('.counts dd', { hasText: /^1\b/ }).waitFor();
    await close();
  });

  it('lets a viewer look, and says why the rest is not theirs', async () => {
    const { page, close } = await stage.open('/', { role: 'viewer' });
    const button = page.getByRole('button', { name: 'Send a test' });
    await button.waitFor();
    expect(await button.getAttribute('aria-disabled')).to.equal('true');
    expect(await button.getAttribute('title')).to.equal('Your role does not allow this');
    await close();
  });
});

describe('the overview of a Postern at work', () => {
  let stage: PageStage;
  let good: ScriptedServer;
  let bad: ScriptedServer;

  before(async () => {
    good = await startScriptedServer();
    bad = await startScriptedServer({ user: 'relay', password: 'another', mechanisms: ['PLAIN'] });
    const upstream = { kind: 'smtp', host: '127.0.0.1', security: 'none' };
    const authentication = { type: 'password', user: 'relay', password: { value: 'expired-password' } };
    stage = await startPageStage(
      relaySettings({
        upstreams: [
          { ...upstream, name: 'office', port: good.port },
          { ...upstream, name: 'branch', port: bad.port, authentication },
        ],
        defaultUpstream: 'office',
        routes: [{ recipientDomain: 'branch.example', upstream: 'branch' }],
      }),
    );
    for (let sent = 0; sent < 3; sent += 1) await stage.relay.send();
    const { id } = await stage.relay.send({ recipients: ['b@branch.example'] });
    await stage.relay.reaches(id, 'queued');
  });
  after(async () => {
    await stage.close();
    await good.close();
    await bad.close();
  });

  it('says in one sentence whether mail flows, what is out of order, and offers the remedy', async () => {
    const { page, close } = await stage.open('/');
    await ready(page);
    expect(await page.locator('.verdict-sentence').innerText()).to.equal('Mail is late.');
    const attention = page.locator('.attention li').first();
    expect(await attention.innerText()).to.contain('branch');
    await attention.getByRole('button', { name: 'Try again now' }).click();
    await attention.getByText('It is being tried').waitFor();
    await expectAccessible(page);
    await close();
  });

  it('counts what comes while it is open', async () => {
    const { page, close } = await stage.open('/');
    await ready(page);
    const delivered = page.locator('.counts > div', { hasText: 'Delivered' }).locator('dd');
    await page.locator('.live.live').waitFor();
    const before = Number.parseInt(await delivered.innerText(), 10);
    await stage.relay.send();
    await delivered.filter({ hasText: new RegExp(`^${before + 1}\\b`) }).waitFor();
    await close();
  });

  pictures('looks as it should', async () => {
    await screenshots(stage, '/', 'overview', ready);
  });
});

async function ready(page: Page): Promise<void> {
  await page.getByText('Paused').or(page.getByText('Angehalten')).first().waitFor();
  await page.locator('.chart').nth(1).waitFor();
}

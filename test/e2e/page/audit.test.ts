import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  expectAccessible,
  type PageStage,
  pictures,
  screenshots,
  startPageStage,
} from '../../support/page.ts';
import { relaySettings } from '../../support/relay.ts';

const office = (more: object) => ({
  upstreams: [{ name: 'office', kind: 'smtp', host: 'smtp.example.com', ...more }],
});
const signIn = (password: string) => ({
  authentication: { type: 'password', user: 'relay@example.com', password: { value: password } },
});

describe('the audit page', () => {
  let stage: PageStage;
  let machine: string;
  before(async () => {
    stage = await startPageStage();
    machine = (await readFile(join(stage.relay.directory, 'admin.token'), 'utf8')).trim();
    await stage.signIn('operator');
    await call('PUT', '/api/v1/settings', relaySettings(office({ port: 25, ...signIn('first-secret') })));
    await call('PUT', '/api/v1/settings', relaySettings(office({ port: 587, ...signIn('second-secret') })));
    await call('POST', '/api/v1/send-test', { to: 'printer@example.com' });
    await call('POST', '/api/v1/tokens', { name: 'monitoring', scopes: ['status.read'], days: 30 });
    await fetch(`${stage.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'oskar', password: 'a wrong guess of somebody' }),
    });
  });
  after(() => stage.close());

  async function call(method: string, path: string, body: unknown, by = 'cli (root)') {
    const response = await fetch(stage.url + path, {
      method,
      headers: {
        Authorization: `Bearer ${machine}`,
        'Postern-By': by,
        'If-Match': '*',
        'Content-Type': 'application/json',
      },
      body: JSON.stringify(body),
    });
    expect(response.ok, `${method} ${path}: ${await response.text()}`).to.equal(true);
  }

  it('tells who changed what, from where, and how it differs, without a secret', async () => {
    const { page, close } = await stage.open('/audit');
    const row = page.locator('tr', { hasText: 'office changed' }).first();
    await row.waitFor();
    const text = await row.innerText();
    expect(text).to.contain('cli (root)').and.contain('from 127.0.0.1').and.contain('just now');
    expect(await row.locator('.audit-changes > div').allTextContents()).to.deep.equal([
      'upstreams.office.portBefore: 25 → After: 587',
      'upstreams.office.authentication.passwordBefore: set → After: changed',
    ]);
    expect(await page.content()).not.to.match(/first-secret|second-secret|wrong guess/);
    await page.getByText('A sign-in as oskar was refused').waitFor();
    await expectAccessible(page);
    await close();
  });

  it('finds by person, kind and thing, keeps that in the address, and says how to get all back', async () => {
    const { page, close } = await stage.open('/audit');
    await page.getByLabel('Who').fill('CLI');
    await page.getByLabel('Kind').selectOption({ label: 'API tokens' });
    await page.waitForURL(/\/audit\?by=CLI&action=token$/);
    await page.locator('tbody tr').filter({ hasText: 'monitoring' }).waitFor();
    expect(await page.locator('tbody tr').count()).to.equal(1);
    await page.reload();
    expect(await page.getByLabel('Who').inputValue()).to.equal('CLI');
    await page.getByLabel('Concerns').fill('nobody has this');
    await page.getByText('No entry matches').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.waitForURL(/\/audit$/);
    await page.getByText('A sign-in as oskar was refused').waitFor();
    await close();
  });

  it('shows new entries by themselves, above older ones that were asked for', async () => {
    for (let index = 0; index < 51; index += 1)
      await call('POST', '/api/v1/send-test', { to: `device${index}@example.com` }, 'script');
    const { page, close } = await stage.open('/audit?by=script');
    const rows = page.locator('tbody tr');
    await rows.first().waitFor();
    expect(await rows.count()).to.equal(50);
    await page.getByRole('button', { name: 'Show more' }).click();
    await rows.filter({ hasText: 'device0@' }).waitFor();
    expect(await page.getByRole('button', { name: 'Show more' }).count()).to.equal(0);
    await page.locator('.live.live').waitFor();
    await call('POST', '/api/v1/send-test', { to: 'newest@example.com' }, 'script');
    await rows.first().filter({ hasText: 'newest@' }).waitFor();
    expect(await rows.count()).to.equal(52);
    await rows.filter({ hasText: 'device0@' }).waitFor();
    await close();
  });

  it('is for those who may read it', async () => {
    const { page, close } = await stage.open('/audit', { role: 'operator' });
    await page.getByText('Your role does not allow you to see this page').waitFor();
    expect(await page.getByRole('link', { name: 'Audit' }).count()).to.equal(0);
    await close();
  });

  pictures('looks as it should', async () => {
    await screenshots(stage, '/audit?by=o', 'audit', (page) =>
      page.locator('tbody tr', { hasText: 'office changed' }).first().waitFor(),
    );
  });
});

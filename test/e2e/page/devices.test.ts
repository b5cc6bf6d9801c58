import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { DEFAULT_CLIENTS, DEFAULT_LISTENERS } from '../../../src/settings/schema.ts';
import { DEFAULTS, withEntry, withoutEntry } from '../../../src/ui/pages/devices/document.ts';
import { MovableClock } from '../../support/movable-clock.ts';
import {
  expectAccessible,
  type PageStage,
  pictures,
  screenshots,
  startPageStage,
} from '../../support/page.ts';
import { relaySettings } from '../../support/relay.ts';
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-smtp-server.ts';
import { SmtpClient } from '../../support/smtp-client.ts';

const SCANNER = '127.0.0.7';

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

describe('the Devices page', () => {
  const clock = new MovableClock();
  let target: ScriptedServer;
  let stage: PageStage;

  before(async () => {
    target = await startScriptedServer();
    const upstream = { name: 'office', kind: 'smtp', host: '127.0.0.1', port: target.port, security: 'none' };
    stage = await startPageStage(
      relaySettings({
        clients: [
          { name: 'this machine', networks: ['127.0.0.1'] },
          { name: 'floor 2', networks: ['127.0.0.8/29'], senders: ['@example.com'] },
        ],
        users: [{ name: 'scanner', password: { value: 'a long password' } }],
        upstreams: [{ ...upstream, from: { address: 'relay@example.com' } }],
        defaultUpstream: 'office',
      }),
      {},
      undefined,
      clock,
    );
  });
  after(async () => {
    await stage.close();
    await target.close();
  });

  async function send(localAddress: string, sender: string): Promise<number> {
    const client = await SmtpClient.open(stage.relay.port(), { localAddress });
    await client.reply();
    await client.ask('EHLO mfp-2-04.example.com');
    const reply = await client.message(
      sender,
      ['archive@example.net'],
      `From: ${sender}\r\nSubject: Scan\r\n\r\nx`,
    );
    client.write('QUIT\r\n');
    return reply.code;
  }

  const saved = () => stage.relay.app.settings.current().clients;

  it('tells what to enter on a device, and shows the device once it has sent', async () => {
    const { page, close } = await stage.open('/devices');
    await page.getByText('Only programs on this machine reach this listener.').waitFor();
    await page.getByText(String(stage.relay.port()), { exact: true }).waitFor();
    await page.getByText('No device has sent yet').waitFor();
    expect(await send('127.0.0.1', 'ups@example.com')).to.equal(250);
    clock.skip(11_000);
    const row = page.getByRole('row', { name: '127.0.0.1' });
    await row.waitFor();
    expect(await row.innerText())
      .to.contain('ups@example.com')
      .and.contain('this machine');
    expect(await row.getByRole('link', { name: 'All mail of 127.0.0.1' }).getAttribute('href')).to.equal(
      '/messages?device=127.0.0.1',
    );
    await button(page, 'Let the network reach it').click();
    await page.getByText('Only allowed devices may send.').waitFor();
    await button(page, 'Cancel').click();
    await close();
  });

  it('lets a refused device in with its sender rewritten, and its mail is delivered', async () => {
    const { page, close } = await stage.open('/devices/refused');
    await page.getByText('Nobody was refused').waitFor();
    expect(await send(SCANNER, 'scan@other.example')).to.equal(550);
    expect(await send('127.0.0.9', 'scan@other.example')).to.equal(550);
    clock.skip(6_000);
    const stranger = page.getByRole('listitem').filter({ hasText: SCANNER });
    await stranger.getByText('Its address is not allowed to send.').waitFor();
    await page.getByText('It counts as floor 2, which may not send as this sender.').waitFor();
    await stranger.getByRole('button', { name: 'Allow and rewrite sender' }).click();
    await page.getByText('its mail leaves as relay@example.com').waitFor();
    await stranger.waitFor({ state: 'detached' });
    expect(await send(SCANNER, 'scan@other.example')).to.equal(250);
    await page
      .getByRole('listitem')
      .filter({ hasText: '127.0.0.9' })
      .getByRole('button', { name: 'Dismiss' })
      .click();
    await page.getByText('Nobody was refused').waitFor();
    await close();
  });

  it('adds and changes who may send, with faults at their fields', async () => {
    const expected = [/422/];
    const { page, close } = await stage.open('/devices/clients', { expected });
    await page.getByRole('link', { name: 'Add an address or network' }).click();
    await page.getByLabel('Name').fill('warehouse');
    const networks = page.getByLabel('Addresses and networks');
    await networks.fill('192.0.2.0/24, 192.0.2.300');
    await button(page, 'Save').click();
    const fault = page.locator('.field').filter({ has: networks }).locator('.field-faults');
    await fault.getByText('is not a network').waitFor();
    expect(await networks.getAttribute('aria-invalid')).to.equal('true');
    await networks.fill('192.0.2.0/24\n192.0.2.30');
    // Looking something up elsewhere loses nothing.
    await page.getByRole('link', { name: 'Messages', exact: true }).click();
    await page.getByRole('heading', { name: 'Messages', level: 1 }).waitFor();
    await page.goBack();
    expect(await page.getByLabel('Name').inputValue()).to.equal('warehouse');
    await page.getByLabel('Only as these senders').check();
    await page.getByLabel('Senders', { exact: true }).fill('@example.com');
    await page.getByText('For old or odd devices').click();
    await page.getByLabel('Remove NUL bytes').check();
    await button(page, 'Save').click();
    await page.getByText('warehouse is saved and in force.').waitFor();
    const added = saved().at(-1);
    expect(added).to.deep.include({
      name: 'warehouse',
      networks: ['192.0.2.0/24', '192.0.2.30'],
      senders: ['@example.com'],
    });
    expect(added?.compatibility.nulBytes).to.equal('remove');
    await page.getByRole('link', { name: 'warehouse' }).click();
    await button(page, 'Remove').click();
    await button(page, 'Remove warehouse').click();
    await page.getByText('warehouse is removed.').waitFor();
    expect(saved().some(({ name }) => name === 'warehouse')).to.equal(false);
    await close();
  });

  it('loses nothing that others change, and says so when it is the same entry', async () => {
    const { page, close } = await stage.open('/devices/clients/floor%202', { expected: [/412/] });
    const senders = page.getByLabel('Senders', { exact: true });
    await senders.fill('@example.com\n@example.org');
    const { settings } = stage.relay.app;
    const before = settings.document().document;
    await settings.apply({ ...Object(before), accessUrl: 'http://localhost:9999' }, { by: 'somebody' });
    await button(page, 'Save').click();
    await page.getByText('floor 2 is saved and in force.').waitFor();
    expect(settings.current().accessUrl).to.equal('http://localhost:9999');
    expect(saved().find(({ name }) => name === 'floor 2')?.senders).to.deep.equal([
      '@example.com',
      '@example.org',
    ]);

    await page.getByRole('link', { name: 'floor 2' }).click();
    await senders.fill('@mine.example');
    const theirs = withEntry(settings.document().document, 'clients', 'floor 2', {
      name: 'floor 2',
      networks: ['127.0.0.8/29'],
      senders: ['@theirs.example'],
    });
    await settings.apply(theirs, { by: 'somebody' });
    await page.locator('.notice').getByText('Somebody else has changed floor 2').waitFor();
    expect(await senders.inputValue()).to.equal('@mine.example');
    await button(page, 'Show their version').click();
    expect(await senders.inputValue()).to.equal('@theirs.example');
    await close();
  });

  it('changes a user without its password, and takes a new one', async () => {
    const { page, close } = await stage.open('/devices/users/scanner');
    await page.getByLabel('Always the same address').check();
    await page.getByLabel('Address', { exact: true }).fill('scanner@example.com');
    await button(page, 'Save').click();
    await page.getByText('scanner is saved and in force.').waitFor();
    const { settings } = stage.relay.app;
    expect(settings.current().users[0]?.rewriteSender).to.equal('scanner@example.com');
    expect(await settings.verifyPassword('scanner', 'a long password')).to.equal(true);
    await page.getByRole('link', { name: 'scanner' }).click();
    await button(page, 'Replace').click();
    await page.getByLabel('Password').fill('another password');
    await button(page, 'Save').click();
    await page.getByText('scanner is saved and in force.').waitFor();
    expect(await settings.verifyPassword('scanner', 'another password')).to.equal(true);
    await close();
  });

  it('changes a listener', async () => {
    const { page, close } = await stage.open('/devices/listeners');
    await page.getByRole('link', { name: 'default' }).click();
    await page.getByRole('radio', { name: 'Possible' }).check();
    await button(page, 'Save').click();
    await page.getByText('default is saved and in force.').waitFor();
    expect(stage.relay.app.settings.current().listeners[0]?.authentication).to.equal('optional');
    await close();
  });

  it('offers a viewer nothing that a viewer may not do', async () => {
    const { page, close } = await stage.open('/devices/clients/floor%202', { role: 'viewer' });
    await page.getByText('Only those who may change the settings can change this.').waitFor();
    expect(await page.getByLabel('Addresses and networks').isDisabled()).to.equal(true);
    expect(await button(page, 'Save').count()).to.equal(0);
    await close();
  });

  it('is found accessible, by axe, in both themes', async () => {
    expect(await send('127.0.0.20', 'stranger@other.example')).to.equal(550);
    clock.skip(6_000);
    for (const [path, text] of [
      ['/devices', 'All mail of'],
      ['/devices/refused', 'Its address is not allowed'],
      ['/devices/add/listener', 'Oldest TLS version'],
      ['/devices/add/user', 'For old or odd devices'],
    ] as const) {
      const { page, close } = await stage.open(path);
      if (path === '/devices/add/listener') await page.getByLabel('TLS from the start').check();
      await page.getByText(text).first().waitFor();
      await expectAccessible(page);
      await close();
    }
  });

  pictures('is looked at', async () => {
    await send('127.0.0.21', 'ups@other.example');
    await send('127.0.0.9', 'nas@other.example');
    clock.skip(6_000);
    for (const [path, name, text] of [
      ['/devices', 'devices', '.device-address'],
      ['/devices/refused', 'refused', '.refusals'],
      ['/devices/clients', 'clients', 'table a'],
      ['/devices/listeners', 'listeners', 'table a'],
      ['/devices/listeners/default', 'listener', '.entry input'],
      ['/devices/clients/floor%202', 'client', '.entry input'],
      ['/devices/users/scanner', 'user', '.entry input'],
    ] as const) {
      await screenshots(stage, path, name, (page) => page.locator(text).first().waitFor());
    }
  });
});

describe('entries of the settings document', () => {
  it('begin as what is in force where the document names none', () => {
    expect(DEFAULTS.clients).to.deep.equal(DEFAULT_CLIENTS);
    expect(DEFAULTS.listeners).to.deep.equal(DEFAULT_LISTENERS);
    const added = withEntry({}, 'clients', undefined, { name: 'a', networks: ['::2'] });
    expect(added).to.deep.equal({ clients: [...DEFAULT_CLIENTS, { name: 'a', networks: ['::2'] }] });
  });

  it('take routes along when they are called otherwise', () => {
    const document = {
      listeners: [{ name: 'a' }],
      clients: [{ name: 'a' }, { name: 'b' }],
      routes: [
        { client: 'a', upstream: 'u' },
        { listener: 'a', upstream: 'u' },
      ],
    };
    expect(withEntry(document, 'clients', 'a', { name: 'c' })).to.deep.equal({
      listeners: [{ name: 'a' }],
      clients: [{ name: 'c' }, { name: 'b' }],
      routes: [
        { client: 'c', upstream: 'u' },
        { listener: 'a', upstream: 'u' },
      ],
    });
    expect(withoutEntry(document, 'clients', 'a')).to.deep.include({ clients: [{ name: 'b' }] });
  });
});

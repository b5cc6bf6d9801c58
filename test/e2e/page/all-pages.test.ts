/**
 * Every page, with names and subjects longer than anybody would like, in both languages, themes and on a small and a large screen:
 * nothing is wider than the window, nothing jumps while it loads, and neither axe nor the browser has anything against it.
 */
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { makeAuthority } from '../../support/certificates.ts';
import { axe, type PageStage, startPageStage } from '../../support/page.ts';
import { relaySettings } from '../../support/relay.ts';
import { remoteAdmin } from '../../support/simulated-consent.ts';

const LONG = 'Mehrfunktionsgerätewartungsvertrag-Donaudampfschifffahrt';
/** Above this people notice (Web Vitals: 0.1 is good, we want less). */
const MOST_SHIFT = 0.02;

const COUNT_SHIFTS = `
  window.shifted = 0;
  window.movers = [];
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value, sources } of list.getEntries()) {
      if (hadRecentInput) continue;
      window.shifted += value;
      for (const { node } of sources) window.movers.push(node?.nodeName + '.' + node?.className);
    }
  }).observe({ type: 'layout-shift', buffered: true });`;

/** How many pixels wider than the window the page is, and what reaches farthest. */
const TOO_WIDE = `(() => {
  const { clientWidth, scrollWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return '';
  const over = [...document.querySelectorAll('body *')].findLast((each) => each.getBoundingClientRect().right > clientWidth + 1);
  return (scrollWidth - clientWidth) + ' px: ' + (over ? over.nodeName + '.' + over.className : '');
})()`;

/** What is wrong with a page that was just loaded, at its first width and at another. */
async function faultsOf(page: Page, path: string, other: number): Promise<readonly string[]> {
  const width = page.viewportSize()?.width ?? 0;
  await page.goto(path);
  await page.locator('h1').first().waitFor();
  await page.locator('.loading').first().waitFor({ state: 'detached' });
  const wide = await page.evaluate<string>(TOO_WIDE);
  // What a screen reader meets is the same in both themes.
  const found = await axe(page, width === 360 ? ['color-contrast', 'target-size'] : undefined);
  const shifted = await page.evaluate<number>('window.shifted');
  const movers = await page.evaluate<string>(`window.movers.join(' ')`);
  await page.setViewportSize({ width: other, height: 800 });
  const wideThere = await page.evaluate<string>(TOO_WIDE);
  await page.setViewportSize({ width, height: 800 });
  return [
    ...(wide === '' ? [] : [`too wide at ${width} by ${wide}`]),
    ...(wideThere === '' ? [] : [`too wide at ${other} by ${wideThere}`]),
    ...(shifted < MOST_SHIFT ? [] : [`shifts by ${shifted.toFixed(3)} while it loads: ${movers}`]),
    ...found,
  ].map((fault) => `${path} ${fault}`);
}

describe('all pages', function () {
  this.timeout(40_000);
  let stage: PageStage;
  let paths: readonly string[];
  let held: string;

  before(async () => {
    stage = await startPageStage(
      relaySettings({
        clients: [
          { name: 'this machine', networks: ['127.0.0.1'] },
          { name: LONG, networks: ['10.0.0.0/8'], senders: ['@example.com'] },
        ],
        upstreams: [
          { name: LONG, kind: 'smtp', host: '127.0.0.1', port: 9, security: 'none' },
          { name: 'looked-at', kind: 'test-relay' },
        ],
        defaultUpstream: 'looked-at',
        routes: [{ recipientDomain: 'away.example', upstream: LONG }],
      }),
    );
    // The setup link is for the first user.
    await stage.signIn('administrator');
    const { relay } = stage;
    const admin = remoteAdmin(relay.app.admin.address().port, relay.directory);
    const call = async (path: string, body: unknown) => {
      const { status, text } = await admin.call(path, body);
      expect(status, text).to.be.lessThan(300);
    };
    for (let number = 0; number < 8; number += 1) {
      const { certificate } = await makeAuthority(`${LONG} ${number}`);
      await call('/api/v1/trust-anchors', { certificate });
    }
    await call('/api/v1/server-certificates', {
      name: 'printers',
      hosts: [`${'a'.repeat(60)}.example.com`],
    });
    await call('/api/v1/users', { name: LONG.replaceAll('-', ''), role: 'viewer' });
    await call('/api/v1/tokens', { name: LONG, scopes: ['messages.read', 'status.read'] });
    ({ id: held } = await relay.send({
      recipients: Array.from({ length: 30 }, (_, number) => `${number}.${'a'.repeat(50)}@example.net`),
      content: `Subject: ${'Averylongsubject'.repeat(12)}\r\nContent-Type: text/html\r\n\r\n<h1>Weekly report</h1>`,
    }));
    const waiting = await relay.send({ recipients: ['a@away.example'] });
    await relay.reaches(waiting.id, 'queued');
    const name = encodeURIComponent(LONG);
    paths = [
      '/',
      '/email',
      '/email/new',
      `/email/${name}`,
      '/email/nowhere',
      '/devices',
      '/devices/refused',
      '/devices/clients',
      '/devices/add/client',
      '/devices/listeners',
      `/devices/clients/${name}`,
      '/devices/listeners/default',
      '/messages',
      '/messages?subject=nowhere',
      `/messages/${held}`,
      `/messages/${waiting.id}`,
      '/certificates',
      '/certificates/own',
      '/users',
      '/users/tokens',
      '/profile',
      '/audit',
      '/settings',
      '/settings/history',
      '/settings/history/1',
      '/nowhere',
      '/nowhere/at/all',
    ];
  });
  after(() => stage.close());

  for (const [language, theme, width, other] of [
    ['en', 'light', 1280, 768],
    ['de', 'dark', 360, 1920],
  ] as const) {
    it(`fit, stay in their place and are accessible, ${language}, ${theme}, at ${width} and ${other} pixels`, async () => {
      // Two tabs, for two processors; what is nowhere is answered with 404.
      const tabs = [0, 1].map(async (half) => {
        const expected = [/404 \(Not Found\)/];
        const { page, close } = await stage.open('/', { language, theme, width, expected });
        await page.addInitScript(COUNT_SHIFTS);
        const faults: string[] = [];
        for (const path of paths.filter((_, index) => index % 2 === half)) {
          faults.push(...(await faultsOf(page, path, other)));
        }
        await close();
        return faults;
      });
      expect((await Promise.all(tabs)).flat()).to.deep.equal([]);
    });
  }

  it('tell on the page of an upstream why it is paused', async () => {
    const { page, close } = await stage.open(`/email/${encodeURIComponent(LONG)}`);
    await page.locator('.notice', { hasText: 'Paused' }).getByText('127.0.0.1:9').first().waitFor();
    await close();
  });

  it('tell five things that need attention, and the others when they are asked for', async () => {
    const { page, close } = await stage.open('/');
    const things = page.getByRole('region', { name: 'Needs attention' });
    await things.locator('summary', { hasText: /^\d+ more$/ }).waitFor();
    expect(await things.getByRole('listitem').count()).to.equal(5);
    await things.locator('summary').press('Enter');
    expect(await things.getByRole('listitem').count()).to.be.above(7);
    await close();
  });

  it('show long tables in parts, and the keyboard stays where the next part came', async () => {
    const { page, close } = await stage.open(`/messages/${held}`);
    const table = page.getByRole('group', { name: 'Recipients' });
    await table.getByText('20 of 30 shown').waitFor();
    await table.getByRole('button', { name: 'Show more' }).press('Enter');
    await table.getByText('29.aaaa').waitFor();
    expect(await table.getByRole('row').count()).to.equal(31);
    expect(await page.evaluate('document.activeElement.ariaLabel')).to.equal('Recipients');
    await close();
  });

  it('leave the focus in its part when the row goes away in which it was', async () => {
    const { page, close } = await stage.open('/certificates');
    await page.getByRole('button', { name: `Remove ${LONG} 7` }).press('Enter');
    const row = page.getByRole('row', { name: `${LONG} 7` });
    await row.getByRole('button', { name: 'Remove', exact: true }).press('Enter');
    await row.waitFor({ state: 'detached' });
    await page.locator('h2:focus', { hasText: 'What Postern trusts' }).waitFor();
    await close();
  });

  it('say in words where there is nothing, whatever address is typed; programs get JSON', async () => {
    const { page, close } = await stage.open('/nowhere/at/all', { expected: [/404 \(Not Found\)/] });
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
    await close();
    const program = await fetch(`${stage.url}/nowhere/at/all`);
    expect([program.status, program.headers.get('content-type')]).to.deep.equal([
      404,
      'application/json; charset=utf-8',
    ]);
    const inApi = await fetch(`${stage.url}/api/v1/nowhere`, { headers: { Accept: 'text/html' } });
    expect(await inApi.json()).to.include({ code: 'not-found' });
  });
});

/**
 * The page in a real Chromium before a real Postern. A test fails on anything that the browser complains about: violations of the
 * policies, errors on the console, requests that fail.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { buildPage, PAGE_DIRECTORY } from '../../scripts/page/build.ts';
import { permissionsOf, type Role } from '../../src/access/permissions.ts';
import { ADMIN_TOKEN_FILE } from '../../src/admin/admin-token.ts';
import { startBrowser } from './browser.ts';
import { type Relay, startRelay } from './relay.ts';

/** A Postern and a browser, for all tests of a file. */
export interface PageStage {
  readonly relay: Relay;
  readonly browser: Browser;
  /** Address of the page, without a slash at its end. */
  readonly url: string;
  /** A tab in which a user of this role is signed in, on this path. `complaints` are held against nothing in `check`. */
  open(path?: string, options?: OpenOptions): Promise<OpenPage>;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Nobody is signed in where this is `null`. */
  readonly role?: Role | null;
  readonly language?: 'en' | 'de';
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** Complaints of the browser that the test asks for, such as an answer of 409. */
  readonly expected?: readonly RegExp[];
}

export interface OpenPage {
  readonly page: Page;
  /** Fails if the browser complained about anything, and closes the tab. */
  close(): Promise<void>;
}

/** Builds the page unless it is up to date, and starts a relay and a browser. */
export async function startPageStage(...relay: Parameters<typeof startRelay>): Promise<PageStage> {
  await buildPage({ outdir: PAGE_DIRECTORY });
  const started = await startRelay(...relay);
  const browser = await startBrowser().catch(async (error: unknown) => {
    await started.remove();
    throw error;
  });
  const { port } = started.app.admin.address();
  const url = `http://127.0.0.1:${port}`;
  return {
    relay: started,
    browser,
    url,
    open: (path = '/', options = {}) => openPage({ relay: started, browser, url }, path, options),
    async close() {
      await browser.close();
      await started.remove();
    },
  };
}

async function openPage(
  { relay, browser, url }: Pick<PageStage, 'relay' | 'browser' | 'url'>,
  path: string,
  options: OpenOptions,
): Promise<OpenPage> {
  const { role = 'administrator', language = 'en', theme = 'light', width = 1280, height = 800 } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    locale: language === 'de' ? 'de-DE' : 'en-GB',
    colorScheme: theme,
    reducedMotion: 'reduce',
    baseURL: url,
    ...(role === null ? {} : await credentials(relay)),
  });
  const page = await context.newPage();
  const complaints = listen(page);
  if (role !== null) await pretendSession(page, role);
  await page.goto(path);
  await page.locator('h1').first().waitFor();
  const wanted = (complaint: string) => options.expected?.some((each) => each.test(complaint)) === true;
  return {
    page,
    async close() {
      await context.close();
      expect(complaints.filter((complaint) => !wanted(complaint))).to.deep.equal([]);
    },
  };
}

/** The machine's own token, in a header that the browser adds to all requests. */
async function credentials(relay: Relay): Promise<BrowserContextOptions> {
  const token = (await readFile(join(relay.directory, ADMIN_TOKEN_FILE), 'utf8')).trim();
  return { extraHTTPHeaders: { Authorization: `Bearer ${token}` } };
}

/** The page is told that a user of the role is signed in; what the requests may do is the token's matter. */
async function pretendSession(page: Page, role: Role): Promise<void> {
  const user = { id: 'anna', name: 'anna', role, secondFactor: false, mustChangePassword: false };
  const ends = { idleEndsAt: Date.now() + 3_600_000, endsAt: Date.now() + 36_000_000 };
  await page.route('**/api/v1/session', async (route) => {
    if (route.request().method() !== 'GET') return route.fallback();
    return route.fulfill({ json: { user, permissions: permissionsOf(role), ...ends } });
  });
}

/** What Chromium itself has against headers that are none of ours to change. */
const HARMLESS = /Permissions-Policy header: Unrecognized feature/;

function listen(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type()) || HARMLESS.test(message.text())) return;
    complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    // A page that is left ends its own requests, and its stream of events.
    if (why !== 'net::ERR_ABORTED') complaints.push(`${request.method()} ${request.url()}: ${why}`);
  });
  return complaints;
}

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Fails on anything that axe finds (WCAG 2.2 A and AA, and its best practices), in the light and in the dark theme. */
export async function expectAccessible(page: Page): Promise<void> {
  // Evaluated by the debugging protocol, which the policy of the page does not hold back.
  await page.evaluate(await axeSource);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const found = await page.evaluate(RUN_AXE);
    expect(found, `axe in the ${colorScheme} theme`).to.deep.equal([]);
  }
}

const RUN_AXE = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
  violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => id + ': ' + help + ' at ' + target.join(' ') + ' (' + failureSummary + ')')))`;

/** A picture of the whole page in the directory SCREENSHOTS, where that is set. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const directory = process.env['SCREENSHOTS'];
  if (directory === undefined) return;
  await mkdir(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true });
}

/** The picture in light and dark, at 1280 and 360 pixels, in English and German; only where SCREENSHOTS is set. */
export async function screenshots(
  stage: PageStage,
  path: string,
  name: string,
  ready: (page: Page) => Promise<unknown>,
): Promise<void> {
  if (process.env['SCREENSHOTS'] === undefined) return;
  for (const [theme, width, language] of [
    ['light', 1280, 'en'],
    ['dark', 1280, 'de'],
    ['light', 360, 'de'],
    ['dark', 360, 'en'],
  ] as const) {
    const { page, close } = await stage.open(path, { theme, width, language });
    await ready(page);
    await screenshot(page, `${name}-${theme}-${width}-${language}`);
    await close();
  }
}

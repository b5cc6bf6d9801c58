/**
 * The page in a real Chromium before a real Postern. A test fails on anything that the browser complains about: violations of the
 * policies, errors on the console, requests that fail.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { z } from 'zod';
import { buildPage, PAGE_DIRECTORY } from '../../scripts/page/build.ts';
import type { Role } from '../../src/access/permissions.ts';
import { SETUP_LINK_FILE } from '../../src/access/setup.ts';
import { startBrowser } from './browser.ts';
import { type Relay, startRelay } from './relay.ts';

/** A Postern and a browser, for all tests of a file. */
export interface PageStage {
  readonly relay: Relay;
  readonly browser: Browser;
  /** Address of the page, without a slash at its end. */
  readonly url: string;
  /** The cookies of a user of this role, who is signed in once for all tests of the file. */
  signIn(role: Role): Promise<Cookies>;
  /** A tab in which a user of this role is signed in, on this path. */
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
  /** Other sites, such as a simulated provider, may have a certificate that the browser does not know. */
  readonly foreignTls?: boolean;
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
  const signIn = createSignIns(started, url);
  return {
    relay: started,
    browser,
    url,
    signIn,
    open: (path = '/', options = {}) => openPage(browser, url, signIn, path, options),
    async close() {
      await browser.close();
      await started.remove();
    },
  };
}

async function openPage(
  browser: Browser,
  url: string,
  signIn: (role: Role) => Promise<Cookies>,
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
    ignoreHTTPSErrors: options.foreignTls ?? false,
  });
  if (role !== null) await context.addCookies(await signIn(role));
  const page = await context.newPage();
  const complaints = listen(page);
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

/** What the users of the tests are called. */
export const PEOPLE: Readonly<Record<Role, string>> = {
  administrator: 'anna',
  operator: 'oskar',
  viewer: 'vera',
};
/** Password of all of them. */
export const PASSWORD = 'correct horse battery staple';

type Cookies = Parameters<BrowserContext['addCookies']>[0];

/** Signs people in as they would be: the first by the setup link, who adds the others, who choose passwords of their own. */
function createSignIns(relay: Relay, url: string): (role: Role) => Promise<Cookies> {
  const signedIn = new Map<Role, Promise<Cookies>>();

  async function call(path: string, method: string, body: unknown, cookies: Cookies = []) {
    const response = await fetch(url + path, {
      method,
      headers: {
        'Content-Type': 'application/json',
        Origin: url,
        Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    expect(response.ok, `${method} ${path}: ${text}`).to.equal(true);
    return { text, cookies: response.headers.getSetCookie().map((line) => cookieOf(line, url)) };
  }

  async function begin(role: Role): Promise<Cookies> {
    const name = PEOPLE[role];
    if (role === 'administrator') {
      const link = await readFile(join(relay.directory, SETUP_LINK_FILE), 'utf8').catch(() => undefined);
      // A test has been through the setup itself.
      if (link === undefined)
        return (await call('/api/v1/session', 'POST', { name, password: PASSWORD })).cookies;
      const token = /#(?:token=)?([\w-]+)\s*$/.exec(link)?.[1];
      return (await call('/api/v1/setup', 'POST', { token, name, password: PASSWORD })).cookies;
    }
    const added = await call('/api/v1/users', 'POST', { name, role }, await signIn('administrator'));
    const { password } = z.object({ password: z.string() }).parse(JSON.parse(added.text));
    const { cookies } = await call('/api/v1/session', 'POST', { name, password });
    const changed = await call(
      '/api/v1/session/password',
      'PUT',
      { current: password, password: PASSWORD },
      cookies,
    );
    return changed.cookies.length > 0 ? changed.cookies : cookies;
  }

  function signIn(role: Role): Promise<Cookies> {
    const known = signedIn.get(role) ?? begin(role);
    signedIn.set(role, known);
    return known;
  }
  return signIn;
}

function cookieOf(line: string, url: string): Cookies[number] {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  return { name, value, url };
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
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await axe(page), `axe in the ${colorScheme} theme`).to.deep.equal([]);
  }
}

/** What axe finds, in the theme and at the width that the page has now; by these of its rules, or by all. */
export async function axe(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  // Evaluated by the debugging protocol, which the policy of the page does not hold back.
  await page.evaluate(await axeSource);
  const options = rules === undefined ? {} : { runOnly: { type: 'rule', values: rules } };
  return page.evaluate<readonly string[]>(`${RUN_AXE}(${JSON.stringify(options)})`);
}

const RUN_AXE = `((options) => axe.run(document, { resultTypes: ['violations'], ...options }).then(({ violations }) =>
  violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => id + ': ' + help + ' at ' + target.join(' ') + ' (' + failureSummary + ')'))))`;

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

/** Tests that take pictures and prove nothing; there are none of them where nobody wants pictures. */
export function pictures(title: string, take: () => Promise<void>): void {
  if (process.env['SCREENSHOTS'] !== undefined) it(title, take).timeout(120_000);
}

import { expect } from 'chai';
import { expectAccessible, type PageStage, startPageStage } from '../../support/page.ts';

describe('the frame around the pages', () => {
  let stage: PageStage;
  before(async () => {
    stage = await startPageStage();
  });
  after(() => stage.close());

  it('is found accessible, by axe, in both themes', async () => {
    const { page, close } = await stage.open('/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.locator('.user-menu summary').click();
    await expectAccessible(page);
    await close();
  });

  it('says in German what it says in English, and changes at once', async () => {
    const { page, close } = await stage.open('/', { language: 'de' });
    const html = page.locator('html');
    expect(await html.getAttribute('lang')).to.equal('de');
    expect(await page.locator('h1').innerText()).to.equal('Übersicht');
    await page.locator('.user-menu summary').click();
    await page.getByLabel('Sprache').selectOption('en');
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    expect(await html.getAttribute('lang')).to.equal('en');
    await page.reload();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    await close();
  });

  it('takes the theme that is chosen, before anything is painted the next time', async () => {
    const { page, close } = await stage.open('/');
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    await page.locator('.user-menu summary').click();
    await page.getByLabel('Appearance').selectOption('dark');
    const dark = await ground();
    expect(dark).not.to.equal(light);
    await page.reload({ waitUntil: 'domcontentloaded' });
    expect(await ground()).to.equal(dark);
    await close();
  });

  it('can be used with the keyboard alone: the first stop leads past the navigation', async () => {
    const { page, close } = await stage.open('/');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).to.equal('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).to.equal('content');
    await close();
  });

  it('folds the navigation away on a small screen', async () => {
    const { page, close } = await stage.open('/', { width: 360, height: 640 });
    const nav = page.getByRole('navigation', { name: 'Pages' });
    expect(await nav.isVisible()).to.equal(false);
    await page.getByRole('button', { name: 'Menu' }).click();
    expect(await nav.isVisible()).to.equal(true);
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(360);
    await close();
  });

  it('asks for a new sign-in over the page when the session has ended, keeps what was typed and goes on', async () => {
    const { page, close } = await stage.open('/', { expected: [/401 \(Unauthorized\)/] });
    let ended = true;
    await page.route('**/api/v1/send-test', async (route) => {
      if (!ended) return route.fallback();
      return route.fulfill({ status: 401, json: { code: 'unauthenticated', message: 'Sign in.' } });
    });
    await page.route('**/api/v1/session', async (route) => {
      if (route.request().method() !== 'POST') return route.fallback();
      const { name, password, code } = route.request().postDataJSON() as Record<string, string>;
      expect({ name, password }).to.deep.equal({ name: 'anna', password: 'correct horse battery' });
      if (code === undefined) return route.fulfill({ json: { state: 'code-needed' } });
      ended = false;
      const session = await page.evaluate<unknown>(
        `fetch('/api/v1/session').then((answer) => answer.json())`,
      );
      return route.fulfill({ json: { state: 'signed-in', session } });
    });
    await page.getByLabel('To', { exact: true }).fill('admin@example.com');
    await page.getByRole('button', { name: 'Send a test' }).click();
    const dialog = page.getByRole('dialog', { name: 'Sign in again' });
    await dialog.waitFor();
    await expectAccessible(page);
    expect(await dialog.getByLabel('User name').inputValue()).to.equal('anna');
    await page.keyboard.press('Escape');
    expect(await dialog.isVisible(), 'Escape leads nowhere').to.equal(true);
    await dialog.getByLabel('Password').fill('correct horse battery');
    await page.keyboard.press('Enter');
    await dialog.getByLabel('Code').fill('123456');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.locator('.answer', { hasText: /\S/ }).waitFor();
    expect(await page.getByLabel('To', { exact: true }).inputValue()).to.equal('admin@example.com');
    await close();
  });

  it('asks for nothing while it waits for a sign-in, however long that takes', async () => {
    const { page, close } = await stage.open('/', { expected: [/401 \(Unauthorized\)/] });
    const asked: string[] = [];
    await page.route(/\/api\/v1\/(?!session)/, async (route) => {
      asked.push(new URL(route.request().url()).pathname);
      return route.fulfill({ status: 401, json: { code: 'unauthenticated', message: 'Sign in.' } });
    });
    await page.clock.install();
    await page.reload();
    await page.getByRole('dialog', { name: 'Sign in again' }).waitFor();
    for (let minute = 0; minute < 5; minute += 1) await page.clock.runFor(60_000);
    const overview = asked.filter((path) => path === '/api/v1/overview').length;
    expect(overview, asked.join(' ')).to.be.within(1, 2);
    await close();
  });

  it('shows nothing but the sign-in to somebody who is not signed in', async () => {
    const { page, close } = await stage.open('/', { role: null, expected: [/40[14] \(/] });
    await page.getByLabel('User name').or(page.getByText('setup link')).first().waitFor();
    expect(await page.getByRole('navigation').count()).to.equal(0);
    await expectAccessible(page);
    await close();
  });

  it('says that Postern is away, keeps what was shown, and notices that it is back', async () => {
    const { page, close } = await stage.open('/', {
      expected: [/ERR_INTERNET_DISCONNECTED|Failed to fetch/],
    });
    await page.locator('.live.live').waitFor();
    await page.context().setOffline(true);
    await page.getByLabel('To', { exact: true }).fill('admin@example.com');
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByRole('alert').getByText('Postern cannot be reached').waitFor();
    await page.locator('.live.away').waitFor();
    expect(await page.locator('.verdict-sentence').isVisible()).to.equal(true);
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.locator('.answer', { hasText: /\S/ }).waitFor();
    await page.locator('.live.away').waitFor({ state: 'detached' });
    await close();
  });

  it('moves the focus to the heading and tells the tab where one is when the page changes', async () => {
    const { page, close } = await stage.open('/');
    await page.evaluate(
      `history.pushState(null, '', '/nowhere'); dispatchEvent(new PopStateEvent('popstate'))`,
    );
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
    expect(await page.title()).to.equal('There is nothing here · Postern');
    expect(await page.evaluate('document.activeElement.tagName')).to.equal('H1');
    await page.getByRole('link', { name: 'To the overview' }).click();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).to.equal('Overview');
    await close();
  });

  it('shows a fault of one page in its place, and the others go on to work', async () => {
    const { page, close } = await stage.open('/audit');
    await page.route('**/api/v1/overview', (route) => route.fulfill({ json: { mode: 'live' } }));
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByText('a fault of its own').waitFor();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor();
    await close();
  });
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { Secret as OtpSecret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { SETUP_LINK_FILE } from '../../../src/access/setup.ts';
import { MovableClock } from '../../support/movable-clock.ts';
import {
  expectAccessible,
  PASSWORD,
  type PageStage,
  screenshot,
  startPageStage,
} from '../../support/page.ts';

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const NEXT = 'another five unusual words here';

async function signIn(page: Page, name: string, password: string, code?: string): Promise<void> {
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await button(page, 'Sign in').click();
  if (code === undefined) return;
  await page.getByLabel('Code', { exact: true }).fill(code);
  await button(page, 'Sign in').click();
}

describe('the pages of users, tokens and the own profile', () => {
  const clock = new MovableClock();
  let stage: PageStage;
  before(async () => {
    stage = await startPageStage(undefined, {}, undefined, clock);
  });
  after(() => stage.close());

  it('make an administrator out of who has the setup link, and sign them in', async () => {
    const link = await readFile(join(stage.relay.directory, SETUP_LINK_FILE), 'utf8');
    const expected = [/40[013]/];
    const { page, close } = await stage.open('/setup', { role: null, expected });
    await page.getByText('This link is not complete').waitFor();
    await page.goto(new URL(link).pathname + new URL(link).hash);
    await page.getByLabel('User name').fill('anna');
    expect(page.url()).to.equal(`${stage.url}/setup`);
    await page.reload();
    await page.getByLabel('User name').fill('anna');
    await page.getByLabel('Password', { exact: true }).fill('passwordpassword');
    await page.getByLabel('Show what I type').check();
    await button(page, 'Create administrator').click();
    await page.locator('.field-faults').getByText('tried first').waitFor();
    await screenshot(page, 'setup-fault');
    await expectAccessible(page);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(page, 'Create administrator').click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.getByText('anna').first().waitFor();
    expect(await page.evaluate('document.cookie')).to.equal('');
    expect(await page.evaluate('history.length')).to.be.lessThan(5);
    expect(await page.evaluate('sessionStorage.length')).to.equal(0);
    await close();
  });

  it('add a user, who chooses a password of their own before anything else', async () => {
    const { page, close } = await stage.open('/users');
    await page.getByRole('row', { name: /anna/ }).waitFor();
    await button(page, 'Add user').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('olga');
    await dialog.getByLabel('E-mail address').fill('olga@example.com');
    await dialog.getByLabel('Operator').check();
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Add user' }).click();
    const password = await dialog.locator('.secret-once code').innerText();
    expect(password).to.match(/^(\w{4}-){3}\w{4}$/);
    await dialog.getByText('The welcome mail is on its way.').waitFor();
    await screenshot(page, 'user-added');
    await button(page, 'Done').click();
    const row = page.getByRole('row', { name: /olga/ });
    await row.getByText('Has to choose a password').waitFor();

    const other = await stage.open('/users', { role: null, expected: [/401/] });
    await signIn(other.page, 'olga', password);
    await other.page.getByRole('heading', { level: 1, name: 'Choose a password' }).waitFor();
    await expectAccessible(other.page);
    await screenshot(other.page, 'choose-password');
    await other.page.getByLabel('Password that you were given').fill(password);
    await other.page.getByLabel('New password').fill(PASSWORD);
    await button(other.page, 'Set password').click();
    await other.page.getByText('Your role does not allow you to see this page.').waitFor();
    await row.getByText('Active').waitFor();

    await row.getByRole('button', { name: 'Change' }).click();
    await dialog.getByLabel('May not sign in').check();
    await expectAccessible(page);
    await screenshot(page, 'change-user');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await row.getByText('May not sign in').waitFor();
    await other.page.reload();
    await other.page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await other.close();
    await close();
  });

  it('make a token with the rights that were chosen, show it once and revoke it', async () => {
    const { page, close } = await stage.open('/users/tokens');
    await page.getByText('There is no API token').waitFor();
    await button(page, 'New token').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('What it is for').fill('monitoring');
    await dialog.getByLabel('See whether mail flows, and what needs attention').check();
    expect(await dialog.getByLabel(/Let settings read secrets/).isDisabled()).to.equal(true);
    await expectAccessible(page);
    await screenshot(page, 'new-token');
    await dialog.getByRole('button', { name: 'Make token' }).click();
    const token = await dialog.locator('.secret-once code').innerText();
    const ask = async (path: string) =>
      (await fetch(stage.url + path, { headers: { Authorization: `Bearer ${token}` } })).status;
    expect([await ask('/api/v1/overview'), await ask('/api/v1/queue')]).to.deep.equal([200, 403]);
    await button(page, 'Done').click();
    const row = page.getByRole('row', { name: /monitoring/ });
    await row.getByText('1 right').click();
    await row.getByText('See whether mail flows').waitFor();
    expect(await page.content()).not.to.contain(token);
    await row.getByRole('button', { name: 'Revoke' }).click();
    await row.getByRole('button', { name: 'Revoke', exact: true }).click();
    await page.getByText('monitoring was revoked.').waitFor();
    expect(await ask('/api/v1/overview')).to.equal(401);
    await close();
  });

  it('turn the second factor on with the code of an app, and ask for one from then on', async () => {
    const expected = [/40[01]/];
    const { page, close } = await stage.open('/profile', { expected });
    await button(page, 'Set up').click();
    await page.getByRole('img', { name: 'QR code for an authenticator app' }).waitFor();
    const secret = OtpSecret.fromBase32(await page.locator('.enrolment .copy code').innerText());
    const code = () => TOTP.generate({ secret, timestamp: clock.now() });
    await page.getByLabel('Code', { exact: true }).fill(code());
    await page.getByLabel('Your password').fill('wrong');
    await button(page, 'Turn on').click();
    await page.locator('.field-faults').getByText('is wrong').waitFor();
    await expectAccessible(page);
    await screenshot(page, 'second-factor');
    await page.getByLabel('Your password').fill(PASSWORD);
    await button(page, 'Turn on').click();
    await page.getByText('The second factor is on.').waitFor();

    const other = await stage.open('/profile', { role: null, expected });
    clock.skip(30_000);
    await signIn(other.page, 'anna', PASSWORD, code());
    await other.page.getByRole('heading', { level: 1, name: 'Own profile' }).waitFor();
    await other.page.getByText('this one').waitFor();
    expect(await other.page.getByRole('row').count()).to.equal(3);
    await expectAccessible(other.page);
    await page.getByLabel('Present password').fill(PASSWORD);
    await page.getByLabel('New password').fill(NEXT);
    await button(other.page, 'Sign out everywhere else').click();
    await button(other.page, 'Sign out everywhere else').click();
    await other.page.getByText('1 session was ended.').waitFor();

    // What was begun before goes on after the sign-in over the page, which comes with this press or before it, by itself.
    const pressed = button(page, 'Change password').click();
    const again = page.getByRole('dialog', { name: 'Sign in again' });
    await again.waitFor();
    clock.skip(30_000);
    await again.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await again.getByRole('button', { name: 'Sign in' }).click();
    await again.getByLabel('Code', { exact: true }).fill(code());
    await again.getByRole('button', { name: 'Sign in' }).click();
    await pressed;
    await page.getByText('The password is changed.').waitFor();

    await page.getByText('Turn off').first().click();
    await page.getByLabel('Your password').fill(NEXT);
    await button(page, 'Turn off').click();
    await page.getByText('The second factor is off.').waitFor();
    await page.getByLabel('Present password').fill(NEXT);
    await page.getByLabel('New password').fill(PASSWORD);
    await button(page, 'Change password').click();
    await page.getByText('The password is changed.').waitFor();
    await other.close();
    await close();
  });

  it('look as they should', async function pictures() {
    if (process.env['SCREENSHOTS'] === undefined) return;
    this.timeout(120_000);
    const fresh = await stage.open('/profile', { role: null, expected: [/401/] });
    await signIn(fresh.page, 'anna', PASSWORD);
    await fresh.page.getByText('this one').waitFor();
    const cookies = await fresh.page.context().cookies();
    await fresh.close();
    for (const [path, name, ready] of [
      ['/users', 'users', 'anna'],
      ['/users/tokens', 'tokens', 'API'],
      ['/profile', 'profile', '127.0.0.1'],
    ] as const) {
      await picturesOf(stage, cookies, path, name, ready);
    }
  });
});

async function picturesOf(
  stage: PageStage,
  cookies: Parameters<ReturnType<Page['context']>['addCookies']>[0],
  path: string,
  name: string,
  ready: string,
): Promise<void> {
  for (const [theme, width, language] of [
    ['light', 1280, 'en'],
    ['dark', 1280, 'de'],
    ['light', 360, 'de'],
    ['dark', 360, 'en'],
  ] as const) {
    const { page, close } = await stage.open('/setup', {
      role: null,
      theme,
      width,
      language,
      expected: [/401/],
    });
    await page.context().addCookies([...cookies]);
    await page.goto(path);
    await page.getByText(ready).first().waitFor();
    await screenshot(page, `${name}-${theme}-${width}-${language}`);
    await close();
  }
}

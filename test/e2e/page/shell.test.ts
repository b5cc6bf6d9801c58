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
});

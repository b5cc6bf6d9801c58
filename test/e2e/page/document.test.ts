import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import {
  expectAccessible,
  type PageStage,
  pictures,
  screenshot,
  screenshots,
  startPageStage,
} from '../../support/page.ts';
import { relaySettings } from '../../support/relay.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

/** Answers that these tests ask for. */
const expected = [/412 \(Precondition Failed\)/, /422 \(Unprocessable Entity\)/, /401 \(Unauthorized\)/];

const editor = (page: Page) => page.getByRole('textbox', { name: 'Document (YAML)' });
const verdict = (page: Page, text: string | RegExp) =>
  page.locator('.check-result [role=status]', { hasText: text }).waitFor();

describe('the settings as a document', () => {
  let stage: PageStage;
  before(async () => {
    stage = await startPageStage(
      relaySettings({
        contacts: ['admin@example.com'],
        upstreams: [
          {
            name: 'office',
            kind: 'smtp',
            host: '127.0.0.1',
            port: 587,
            security: 'starttls',
            authentication: {
              type: 'password',
              user: 'relay@example.com',
              password: { value: 'never-shown-again' },
            },
          },
        ],
        defaultUpstream: 'office',
      }),
    );
  });
  after(() => stage.close());

  const inForce = () => stage.relay.app.settings.document();
  /** Somebody else changes the settings. */
  const change = async (rest: Readonly<Record<string, unknown>>) => {
    const { document, revision } = inForce();
    await stage.relay.app.settings.apply(
      { ...Object(document), ...rest },
      { by: 'berta', ifRevision: revision },
    );
  };

  it('is shown without secrets, with numbered lines, and accessible', async () => {
    const { page, close } = await stage.open('/settings');
    const text = await editor(page).inputValue();
    expect(text).to.contain('contacts: [ admin@example.com ]').and.not.contain('never-shown-again');
    expect(await page.locator('.line-numbers span').count()).to.equal(text.split('\n').length);
    await verdict(page, 'No faults');
    await expectAccessible(page);
    await close();
  });

  it('says while it is typed what is wrong, on which line, and selects that line', async () => {
    const { page, close } = await stage.open('/settings', { expected });
    const text = await editor(page).inputValue();
    await editor(page).fill(text.replace('port: 587', 'port: much').replace('kind: smtp', 'kind: pigeon'));
    await verdict(page, /cannot be saved/);
    const save = page.getByRole('button', { name: /^Save/ });
    expect(await save.getAttribute('aria-disabled')).to.equal('true');
    await expectAccessible(page);
    await screenshot(page, 'document-faults');
    const line = text.split('\n').findIndex((one) => one.includes('kind: smtp')) + 1;
    expect(await page.locator('.line-numbers .marked').first().innerText()).to.equal(String(line));
    await page
      .getByRole('button', { name: `Line ${line}`, exact: true })
      .first()
      .click();
    const selected = await page.evaluate(
      'document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)',
    );
    expect(selected).to.contain('pigeon');
    expect(inForce().revision).to.equal(2);
    await editor(page).fill('contacts: [');
    await verdict(page, /cannot be saved/);
    await page
      .getByText(/is not YAML/)
      .first()
      .waitFor();
    await close();
  });

  it('is saved as a new revision with who did it, and the secrets stay', async () => {
    const { page, close } = await stage.open('/settings');
    const before = inForce().revision;
    const text = await editor(page).inputValue();
    await editor(page).fill(
      text.replace('[ admin@example.com ]', '[ admin@example.com, night@example.com ]'),
    );
    await verdict(page, 'No faults');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('.answer', { hasText: `Saved as revision ${before + 1}` }).waitFor();
    const { contacts, upstreams } = stage.relay.app.settings.current();
    expect(contacts).to.deep.equal(['admin@example.com', 'night@example.com']);
    expect(JSON.stringify(upstreams)).to.contain('relay@example.com');
    await page.getByRole('button', { name: /^Save/ }).and(page.locator('[aria-disabled=true]')).waitFor();
    await close();
  });

  it('keeps what is typed while it is being saved, as the next change', async () => {
    const { page, close } = await stage.open('/settings');
    const before = inForce().revision;
    const asked = Promise.withResolvers<undefined>();
    const answered = Promise.withResolvers<undefined>();
    await page.route('**/api/v1/settings/yaml', async (route) => {
      if (route.request().method() === 'PUT') {
        asked.resolve(undefined);
        await answered.promise;
      }
      await route.fallback();
    });
    const text = await editor(page).inputValue();
    await editor(page).fill(text.replace('night@example.com', 'first@example.com'));
    await verdict(page, 'No faults');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await asked.promise;
    await editor(page).fill(text.replace('night@example.com', 'second@example.com'));
    answered.resolve(undefined);
    await page.locator('.answer', { hasText: `Saved as revision ${before + 1}` }).waitFor();
    expect(await editor(page).inputValue()).to.contain('second@example.com');
    await verdict(page, 'No faults');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('.answer', { hasText: `Saved as revision ${before + 2}` }).waitFor();
    expect(stage.relay.app.settings.current().contacts).to.deep.equal([
      'admin@example.com',
      'second@example.com',
    ]);
    await close();
  });

  it('tells when somebody else was quicker, loses neither text, and lets the administrator decide', async () => {
    const { page, close } = await stage.open('/settings', { expected });
    await editor(page).fill(`${await editor(page).inputValue()}hostname: mine.example.com\n`);
    await verdict(page, 'No faults');
    await change({ hostname: 'theirs.example.com' });
    await page.getByText('Somebody else has changed the settings').waitFor();
    await page.getByText('berta').waitFor();
    expect(await editor(page).inputValue()).to.contain('mine.example.com');
    await expectAccessible(page);
    await screenshot(page, 'document-conflict');
    await page.getByRole('link', { name: 'See what they changed' }).click();
    await page.getByText('theirs.example.com').first().waitFor();
    await page.getByRole('link', { name: 'Document', exact: true }).click();
    expect(await editor(page).inputValue()).to.contain('mine.example.com');
    await page.getByRole('button', { name: 'Save mine instead' }).click();
    await page.getByRole('button', { name: 'Save mine instead' }).click();
    await page.getByText('Somebody else has changed the settings').waitFor({ state: 'detached' });
    expect(stage.relay.app.settings.current().hostname).to.equal('mine.example.com');
    await close();
  });

  it('comes from a file into the editor, and from there into a file', async () => {
    const { page, close } = await stage.open('/settings');
    const before = inForce().revision;
    const yaml =
      'listeners:\n  - name: default\n    address: 127.0.0.1\n    port: 0\ncontacts: file@example.com\n';
    await page.locator('input[type=file]').setInputFiles({
      name: 'other.yaml',
      mimeType: 'application/yaml',
      buffer: Buffer.from(yaml.replaceAll('\n', '\r\n')),
    });
    await page.getByText('The text of other.yaml is in the editor').waitFor();
    expect(await editor(page).inputValue()).to.equal(yaml);
    expect(inForce().revision).to.equal(before);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(download.suggestedFilename()).to.equal('postern-settings.yaml');
    await page.getByRole('button', { name: 'Discard my text' }).click();
    await page.getByRole('button', { name: 'Discard my text' }).click();
    await page.getByText('The text of other.yaml').waitFor({ state: 'detached' });
    expect(await editor(page).inputValue()).to.contain('office');
    await close();
  });

  it('keeps what was typed when the session ends, and saves it after the sign-in', async () => {
    const { page, close } = await stage.open('/settings', { expected });
    await editor(page).fill(`# later\n${await editor(page).inputValue()}`);
    await verdict(page, 'No faults');
    let ended = true;
    await page.route('**/api/v1/settings/yaml*', async (route) =>
      ended
        ? route.fulfill({ status: 401, json: { code: 'unauthenticated', message: 'The session has ended.' } })
        : route.fallback(),
    );
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor();
    expect(await editor(page).inputValue()).to.match(/^# later/);
    ended = false;
    const session = await page.evaluate<unknown>("fetch('/api/v1/session').then((answer) => answer.json())");
    await page.route('**/api/v1/session', async (route) =>
      route.request().method() === 'POST'
        ? route.fulfill({ json: { state: 'signed-in', session } })
        : route.fallback(),
    );
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.locator('.answer', { hasText: 'Saved as revision' }).waitFor();
    await close();
  });

  it('has a history: what each revision changed, against the one in force, and the way back', async () => {
    await change({ hostname: 'first.example.com' });
    const wanted = inForce().revision;
    await change({ hostname: 'second.example.com', contacts: ['other@example.com'] });
    const { page, close } = await stage.open('/settings/history');
    await page.getByText('In force').waitFor();
    await expectAccessible(page);
    await page.getByRole('link', { name: `Revision ${wanted}`, exact: true }).click();
    await page.getByText('first.example.com').waitFor();
    await page.getByLabel(/What going back to it would change/).click();
    await page.getByText('second.example.com').waitFor();
    await page.getByText('other@example.com').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Go back to this revision' }).click();
    await page.getByRole('button', { name: `Go back to revision ${wanted}` }).click();
    await page
      .getByText(`It is in force again as revision ${wanted + 2}`, { exact: false })
      .or(page.getByText(/it is in force again/))
      .waitFor();
    expect(stage.relay.app.settings.current().hostname).to.equal('first.example.com');
    await close();
  });

  it('is only read by those who may not change it', async () => {
    const { page, close } = await stage.open('/settings', { role: 'viewer' });
    expect(await editor(page).getAttribute('readonly')).to.not.equal(null);
    const save = page.getByRole('button', { name: /^Save/ });
    expect(await save.getAttribute('title')).to.equal('Your role does not allow this');
    expect(await page.getByRole('button', { name: 'Open a file' }).count()).to.equal(0);
    await close();
  });

  pictures('looks as it should', async () => {
    await screenshots(stage, '/settings', 'document', (page) => verdict(page, /\S/));
    await screenshots(stage, '/settings/history', 'document-history', (page) =>
      page.locator('tbody tr').first().waitFor(),
    );
    await screenshots(stage, `/settings/history/${inForce().revision - 1}`, 'document-revision', (page) =>
      page.locator('tbody tr').first().waitFor(),
    );
  });
});

describe('the settings document of a Postern with a settings file', () => {
  let stage: PageStage;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  before(async () => {
    directory = await temporaryDirectory();
    const settingsFile = join(directory.path, 'settings.yaml');
    await writeFile(
      settingsFile,
      'listeners: [{ name: default, address: 127.0.0.1, port: 0 }]\nhostname: file.example.com\n',
    );
    stage = await startPageStage(undefined, { settingsFile });
  });
  after(async () => {
    await stage.close();
    await directory.remove();
  });

  it('is shown with the reason why it is not changed here, and can be taken along', async () => {
    const { page, close } = await stage.open('/settings');
    await page.getByText('These settings come from a file').waitFor();
    await page.getByText(/settings\.yaml/).waitFor();
    expect(await editor(page).getAttribute('readonly')).to.not.equal(null);
    expect(await editor(page).inputValue()).to.contain('file.example.com');
    expect(await page.getByRole('button', { name: /^Save|Open a file/ }).count()).to.equal(0);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(await readFile(await download.path(), 'utf8')).to.contain('file.example.com');
    await expectAccessible(page);
    await screenshot(page, 'document-locked');
    await page.getByRole('link', { name: 'History' }).click();
    await page.getByText('There is no history').waitFor();
    await close();
  });
});

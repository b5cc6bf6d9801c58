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
import { until } from '../../support/until.ts';

const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAGUlEQVR4nGNgYPhPIhrVMKphVMOohlENpAAABc0BALx0pLkAAAAASUVORK5CYII=';

/** What somebody sends who wants to get out of the frame. */
const HOSTILE = [
  'From: Scanner <scanner@example.com>',
  'To: office@example.net',
  'Subject: =?utf-8?q?Invoice_=E2=80=AEfdp=2Eexe?=',
  'Content-Type: multipart/related; boundary=b',
  '',
  '--b',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:PORT/refresh"><link rel="preconnect" href="http://127.0.0.1:PORT">',
  '<style>@import "http://127.0.0.1:PORT/a.css"; body{background:url(http://127.0.0.1:PORT/b.png)}</style>',
  '<script>document.title="broken"; top.document.title="broken"</script>',
  '<h1 onclick="x()">Your invoice</h1><p>Please find it attached. <a href="http://127.0.0.1:PORT/link" target="_top">Open it</a></p>',
  '<img src="cid:logo" width="48" alt="Logo"><img src="http://127.0.0.1:PORT/pixel.png" onerror="top.location=\'http://127.0.0.1:PORT\'" alt="from elsewhere">',
  '<form action="http://127.0.0.1:PORT/form"><button>Send</button></form><iframe src="http://127.0.0.1:PORT/frame"></iframe>',
  '--b',
  'Content-Type: image/png',
  'Content-ID: <logo>',
  'Content-Transfer-Encoding: base64',
  '',
  PICTURE,
  '--b',
  'Content-Type: application/pdf; name="invoice.pdf"',
  'Content-Disposition: attachment',
  '',
  'a file',
  '--b--',
  '',
].join('\r\n');

/** What a scanner sends. */
const DESIGNED = [
  'From: Scanner <scanner@held.example>',
  'To: office@example.net',
  'Subject: Weekly report of the scanner',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<h1>Weekly report</h1><p>All <b>42</b> pages were scanned. <a href="https://scanner.example/">Details</a></p>',
  '<table border="1" cellpadding="6"><tr><th>Tray</th><th>Sheets</th></tr><tr><td>1</td><td>250</td></tr></table>',
  '--b',
  'Content-Type: application/pdf; name="report.pdf"',
  'Content-Disposition: attachment',
  '',
  'a file',
  '--b--',
  '',
].join('\r\n');

const subjects = (page: Page) => page.locator('.message-subject a').allInnerTexts();

describe('the messages of a Postern that sends', () => {
  let stage: PageStage;
  let good: ScriptedServer;
  let bad: ScriptedServer;
  let held: string;
  let designed: string;
  /** Where the stranger would like to hear from us. */
  let outside: ScriptedServer;
  let sent: string;

  before(async () => {
    good = await startScriptedServer();
    outside = await startScriptedServer();
    bad = await startScriptedServer({ user: 'relay', password: 'another', mechanisms: ['PLAIN'] });
    const upstream = { kind: 'smtp', host: '127.0.0.1', security: 'none' };
    const authentication = { type: 'password', user: 'relay', password: { value: 'expired-password' } };
    stage = await startPageStage(
      relaySettings({
        upstreams: [
          {
            ...upstream,
            name: 'office',
            port: good.port,
            from: { address: 'relay@example.com', rewrite: 'always' },
          },
          { ...upstream, name: 'branch', port: bad.port, authentication },
          { name: 'looked-at', kind: 'test-relay' },
        ],
        defaultUpstream: 'office',
        routes: [
          { recipientDomain: 'branch.example', upstream: 'branch' },
          { senderDomain: 'held.example', upstream: 'looked-at' },
        ],
        queue: { keepBodies: '1d' },
      }),
    );
    const { relay } = stage;
    for (const floor of [1, 2, 3]) {
      ({ id: sent } = await relay.send({
        sender: 'printer@example.com',
        content: `From: Printer <printer@example.com>\r\nTo: a@example.net\r\nSubject: Toner is low on floor ${floor}\r\n\r\nPlease bring black toner.\r\n`,
      }));
    }
    await relay.send({
      recipients: ['b@branch.example'],
      content: 'Subject: Alarm in the branch\r\n\r\nSmoke',
    });
    ({ id: held } = await relay.send({
      sender: 'scanner@held.example',
      recipients: ['office@example.net', 'archive@example.net'],
      content: HOSTILE.replaceAll('PORT', String(outside.port)),
    }));
    ({ id: designed } = await relay.send({
      sender: 'scanner@held.example',
      recipients: ['office@example.net'],
      content: DESIGNED,
    }));
    await relay.reaches(designed, 'held');
    await relay.reaches(held, 'held');
    await relay.reaches(sent, 'delivered');
  });
  after(async () => {
    await stage.close();
    await good.close();
    await outside.close();
    await bad.close();
  });

  it('lists them, searches as one types, and keeps the search in the address', async () => {
    const { page, close } = await stage.open('/messages');
    await page.getByText('6 messages; that is all.').waitFor();
    expect((await subjects(page))[1]).to.equal('Invoice ▯fdp.exe');
    await expectAccessible(page);
    await page.getByLabel('Subject').fill('toner');
    await page.getByText('3 messages; that is all.').waitFor();
    expect(new URL(page.url()).search).to.equal('?subject=toner');
    await page.getByLabel('State').selectOption('failed');
    await page.getByText('No message matches').waitFor();
    await page.goBack();
    await page.goto('/messages?device=127.0.0&state=queued');
    await page.getByText('1 message; that is all.').waitFor();
    expect(await subjects(page)).to.deep.equal(['Alarm in the branch']);
    await close();
  });

  it('tells of new mail without moving what is being read', async () => {
    const { page, close } = await stage.open('/messages');
    await page.locator('.live.live').waitFor();
    await page.getByText('6 messages; that is all.').waitFor();
    await page.locator('.message-subject a').first().focus();
    const looks: (string | undefined)[] = [];
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/api/v1/queue')
        looks.push(request.headers()['postern-background']);
    });
    await stage.relay.send({ content: 'Subject: Just in\r\n\r\nx' });
    await page.getByRole('button', { name: '1 new message' }).click();
    await page.getByText('7 messages; that is all.').waitFor();
    expect((await subjects(page))[0]).to.equal('Just in');
    // Mail that comes in keeps nobody signed in.
    expect(looks).to.include('1').and.not.include(undefined);
    await close();
  });

  it('shows a message of a stranger so that it can do nothing', async () => {
    const refused: RegExp[] = [/Content Security Policy/, /sandboxed/, /ERR_BLOCKED_BY_CSP/, /csp/i];
    const { page, close } = await stage.open(`/messages/${held}`, { expected: refused });
    const frame = page.frameLocator('iframe.message-html');
    await frame.getByRole('heading', { name: 'Your invoice' }).waitFor();
    expect(await page.locator('iframe.message-html').getAttribute('sandbox')).to.equal('');
    await frame.locator('img[src^="data:image/png"]').waitFor();
    await frame.getByText('Open it').click();
    await frame.getByRole('button', { name: 'Send' }).click();
    await frame.getByText('Your invoice').waitFor();
    expect(await page.title()).to.equal('Invoice ▯fdp.exe · Postern');
    expect(outside.connections()).to.equal(0);
    await close();
  });

  it('shows files, header fields and the raw message', async () => {
    const { page, close } = await stage.open(`/messages/${sent}`);
    await page.getByText('Please bring black toner.').waitFor();
    await page.getByRole('button', { name: 'Header fields' }).click();
    const from = page.locator('.header-fields tr', { hasText: 'X-Original-From' });
    await from.waitFor();
    await page.locator('.header-fields tr.differs', { hasText: 'relay@example.com' }).first().waitFor();
    await page.getByRole('button', { name: 'Raw' }).click();
    await page.getByText('Received: from').waitFor();
    await expectAccessible(page);
    await page.goto(`/messages/${designed}`);
    await page.getByRole('button', { name: /^Files/ }).click();
    const saved = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Save report.pdf' }).click();
    expect((await saved).suggestedFilename()).to.equal('report.pdf');
    await close();
  });

  it('sends a held message to oneself first, then to its recipients after they were named', async () => {
    const { page, close } = await stage.open(`/messages/${held}`, {
      expected: [/Content Security Policy/, /sandboxed/, /csp/i],
    });
    await page.getByLabel('Send a copy to').fill('anna@example.com');
    await page.getByRole('button', { name: 'Send the copy' }).click();
    await page.getByText('On its way:').waitFor();
    await until(
      () =>
        good.transactions.some(({ recipients }) =>
          recipients.some((line) => line.includes('anna@example.com')),
        ),
      'the copy has arrived',
    );
    expect((await stage.relay.message(held)).state).to.equal('held');
    await page.getByLabel('Send over').selectOption('office');
    await page.getByRole('button', { name: 'Release…' }).click();
    await page.getByText('Send it now to office@example.net, archive@example.net?').waitFor();
    await page.getByRole('button', { name: 'Send to 2 recipients' }).click();
    await page.getByText('It was delivered to the upstream for all recipients.').waitFor();
    await close();
  });

  it('does something with many at once after saying how many', async () => {
    const { page, close } = await stage.open('/messages?subject=Alarm', { expected: [/404/] });
    await page.getByLabel('Choose Alarm in the branch').check();
    await page.getByRole('button', { name: 'Hold', exact: true }).click();
    await page.getByText('Hold 1 message until').waitFor();
    await page.getByRole('button', { name: 'Hold 1' }).click();
    await page.getByText('1 is held.').waitFor();
    await page.locator('.message-state', { hasText: 'Held' }).waitFor();
    await page.getByRole('button', { name: 'Choose all that match' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('That is 1 message.').waitFor();
    await page.getByRole('button', { name: 'Delete all' }).click();
    await page.getByText('1 is deleted.').waitFor();
    await close();
  });

  it('lets a viewer see the list, but neither what messages say nor buttons for them', async () => {
    const { page, close } = await stage.open(`/messages/${sent}`, { role: 'viewer' });
    await page.getByText('Your role does not allow you to read what messages say.').waitFor();
    await page.goto('/messages');
    await page.locator('.message-subject a').first().waitFor();
    expect(await page.locator('.messages input[type=checkbox]').count()).to.equal(0);
    await close();
  });

  pictures('looks as it should', async () => {
    await screenshots(stage, '/messages', 'messages', (page) =>
      page.locator('.message-subject a').nth(3).waitFor(),
    );
    await screenshots(stage, `/messages/${sent}`, 'message', (page) =>
      page.locator('.message-text').waitFor(),
    );
    await screenshots(stage, `/messages/${designed}`, 'message-html', (page) =>
      page.frameLocator('iframe.message-html').locator('h1').waitFor(),
    );
  });
});

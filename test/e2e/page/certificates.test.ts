import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { makeAuthority, makeSelfSigned, type TestCertificate } from '../../support/certificates.ts';
import {
  expectAccessible,
  type PageStage,
  pictures,
  screenshot,
  screenshots,
  startPageStage,
} from '../../support/page.ts';
import { makePkcs12 } from '../../support/pkcs12.ts';
import { relaySettings } from '../../support/relay.ts';
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-smtp-server.ts';

describe('the certificates page', () => {
  let stage: PageStage;
  let appliance: TestCertificate;
  let target: ScriptedServer;

  before(async () => {
    appliance = await makeSelfSigned({ hosts: ['appliance.lan'] });
    target = await startScriptedServer({ security: 'tls', certificate: appliance });
    stage = await startPageStage(
      relaySettings({
        hostname: 'relay.example.com',
        upstreams: [{ name: 'office', kind: 'smtp', host: '127.0.0.1', port: target.port, security: 'tls' }],
        defaultUpstream: 'office',
      }),
    );
  });
  after(async () => {
    await stage.close();
    await target.close();
  });

  it('fetches the certificate of an appliance, has its fingerprint compared, trusts it for that host, and mail that waited leaves', async () => {
    const { id } = await stage.relay.send();
    const { page, close } = await stage.open(`/certificates?fetch=127.0.0.1:${target.port}&security=tls`);
    await page.getByText('Nothing beside the authorities of the system').waitFor();
    await page.getByRole('button', { name: 'Show its certificates' }).click();
    await page.getByText('It is for appliance.lan and not for 127.0.0.1.').waitFor();
    expect(await page.getByLabel('Any host that it names').isDisabled()).to.equal(true);
    const { fingerprint256 } = new X509Certificate(appliance.certificate);
    expect(await page.getByRole('group', { name: 'SHA-256 fingerprint' }).innerText()).to.equal(
      fingerprint256,
    );
    await expectAccessible(page);
    await screenshot(page, 'certificates-fetched');
    await page.getByRole('button', { name: 'Trust it…' }).click();
    await page.getByText(`Its fingerprint: ${fingerprint256}`).waitFor();
    await page.getByRole('button', { name: 'It matches: trust it' }).click();
    await page.getByText('appliance.lan is trusted. Mail that waited for it goes out now.').waitFor();
    await page.getByText('127.0.0.1 is trusted already').waitFor();
    await page.getByRole('cell', { name: 'Only 127.0.0.1' }).waitFor();
    await stage.relay.reaches(id, 'delivered', 15_000);
    await close();
  });

  it('imports a file that is chosen with the keyboard, names what is wrong with another, and removes one again', async () => {
    const root = await makeAuthority('House Root');
    const { page, close } = await stage.open('/certificates', { expected: [/422/] });
    const file = page.getByLabel('Certificate file');
    await file.setInputFiles({ name: 'key.pem', mimeType: '', buffer: Buffer.from(root.key) });
    const button = page.getByRole('button', { name: 'Import', exact: true });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByText('this is a private key').waitFor();
    const der = Buffer.from(root.certificate.replaceAll(/-----[^-]+-----/g, ''), 'base64');
    await file.setInputFiles({ name: 'house.cer', mimeType: '', buffer: der });
    await button.click();
    await page.getByText('Trusted now: House Root').waitFor();
    const row = page.locator('tr', { hasText: 'House Root' });
    await row.getByText('Any host').waitFor();
    await row.getByRole('button', { name: 'Details House Root' }).click();
    await page.getByRole('dialog').getByText('CN=House Root').first().waitFor();
    await expectAccessible(page);
    await screenshot(page, 'certificates-details');
    await page.keyboard.press('Escape');
    await row.getByRole('button', { name: 'Remove House Root' }).click();
    await row.getByRole('button', { name: 'Remove', exact: true }).click();
    await row.waitFor({ state: 'detached' });
    await page.getByText('House Root is trusted no more').waitFor();
    await expectAccessible(page);
    await close();
  });

  it('makes a certificate, writes a request, takes what the authority made of it, and PKCS#12 with its password', async () => {
    const root = await makeAuthority('House Root');
    const { page, close } = await stage.open('/certificates/own', { expected: [/422/] });
    await page.getByText('No certificate is stored').waitFor();
    await page.getByRole('button', { name: 'Make one' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('printers');
    await dialog.getByLabel('Names and addresses').fill('relay.example.com 192.0.2.25');
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Make it' }).click();
    await page.getByText('“printers” is made').waitFor();
    await page.getByText('Made by Postern, renews itself').waitFor();

    await page.getByRole('button', { name: 'Request for an authority printers' }).click();
    const request = await dialog.getByRole('group', { name: 'Request (PKCS#10)' }).innerText();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    const signed = Buffer.from(await root.sign(request));
    await page.getByRole('button', { name: 'Replace printers' }).click();
    await dialog
      .getByLabel('Certificate', { exact: true })
      .setInputFiles({ name: 'a.pem', mimeType: '', buffer: signed });
    await dialog.getByRole('button', { name: 'Check and use it' }).click();
    await dialog.getByText('The chain lacks House Root').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByText('“printers” is in place').waitFor();

    const other = await root.issue({ hosts: ['relay.example.com'], validTo: Date.now() + 90 * 86_400_000 });
    const p12 = makePkcs12({
      keys: [other.key],
      certificates: [other.chain, root.certificate],
      password: 'right',
    });
    await page.getByRole('button', { name: 'Add a certificate' }).click();
    await dialog.getByLabel('Name', { exact: true }).fill('office');
    await dialog
      .getByLabel('Certificate', { exact: true })
      .setInputFiles({ name: 'a.p12', mimeType: '', buffer: p12 });
    await dialog.getByLabel('Password').fill('wrong');
    await dialog.getByRole('button', { name: 'Check and use it' }).click();
    await dialog.getByText('the password is wrong').waitFor();
    await dialog.getByLabel('Password').fill('right');
    await dialog.getByRole('button', { name: 'Check and use it' }).click();
    await page.getByText('“office” is in place').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Delete office' }).click();
    await page.getByRole('button', { name: 'Delete it' }).click();
    await page.getByText('“office” is deleted').waitFor();
    expect(await page.content()).not.to.contain('PRIVATE KEY');
    await close();
  });

  it('shows a viewer everything, and offers nothing that they may not do', async () => {
    const { page, close } = await stage.open('/certificates', { role: 'viewer' });
    await page.getByRole('cell', { name: 'Only 127.0.0.1' }).waitFor();
    for (const name of [/^Remove/, /^Show its certificates/, /^Import/]) {
      expect(await page.getByRole('button', { name }).first().getAttribute('aria-disabled')).to.equal('true');
    }
    await expectAccessible(page);
    await close();
  });

  pictures('looks as it should', async () => {
    await screenshots(stage, '/certificates', 'certificates', (page) =>
      page.getByText('appliance.lan').first().waitFor(),
    );
    await screenshots(stage, '/certificates/own', 'certificates-own', (page) =>
      page.getByText('printers').first().waitFor(),
    );
  });
});

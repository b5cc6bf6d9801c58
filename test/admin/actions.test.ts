import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { RelayError } from '../../src/shared/errors.ts';
import { type RunningAdmin, startAdmin } from '../support/admin.ts';

describe('what operators do over the API', () => {
  let running: RunningAdmin;
  beforeEach(async () => {
    running = await startAdmin();
  });
  afterEach(() => running.stop());

  it('sends a test mail through the queue like any other mail', async () => {
    const response = await running.post('/api/v1/send-test', { to: 'a@bücher.example', upstream: 'office' });
    expect(response.status).to.equal(202);
    const [mail] = running.accepted;
    expect(mail?.envelope).to.deep.include({ kind: 'notice', upstream: 'office' });
    expect(mail?.envelope.envelope.recipients).to.deep.equal([{ address: 'a@xn--bcher-kva.example' }]);
    expect(mail?.envelope.envelope.sender).to.equal('postern@relay.example.com');
    expect(mail?.body).to.match(/^Date: .*\r\nFrom: Postern <postern@relay.example.com>\r\n/);
    expect(mail?.body).to.contain('\r\n\r\n').and.match(/\r\n$/);
    expect(mail?.body.replaceAll('\r\n', '')).not.to.match(/[\r\n]/);
  });

  it('sends a test mail from an address that the upstream takes, unless another one is named', async () => {
    await running.services.settings.apply(
      {
        upstreams: [way('office', 'relay@example.com'), way('other', 'other@example.com')],
        defaultUpstream: 'other',
      },
      { by: 'test', confined: false },
    );
    await running.post('/api/v1/send-test', { to: 'a@example.com' });
    await running.post('/api/v1/send-test', { to: 'a@example.com', upstream: 'office' });
    await running.post('/api/v1/send-test', { to: 'a@example.com', from: 'me@example.com' });
    expect(running.accepted.map(({ envelope }) => envelope.envelope.sender)).to.deep.equal([
      'other@example.com',
      'relay@example.com',
      'me@example.com',
    ]);
  });

  for (const [field, value] of [
    ['to', 'nobody'],
    ['to', 'a@example.com\r\nBcc: b@example.com'],
    ['to', 'a@example.com, b@example.com'],
    ['from', 'é@example.com'],
    ['from', '<>'],
    ['to', `${'x'.repeat(300)}@example.com`],
  ] as const) {
    it(`sends no test mail with ${field} ${JSON.stringify(value.slice(0, 40))}`, async () => {
      const response = await running.post('/api/v1/send-test', { to: 'a@example.com', [field]: value });
      expect(response.status).to.equal(400);
      expect(await response.text()).to.contain(`"path":"${field}"`);
      expect(running.accepted).to.deep.equal([]);
    });
  }

  it('names the upstreams that there are when one is misspelt', async () => {
    const response = await running.post('/api/v1/send-test', { to: 'a@example.com', upstream: 'ofice' });
    expect(response.status).to.equal(404);
    expect(await response.text()).to.contain('office, test-relay');
  });

  it('says why when the queue takes no mail', async () => {
    const { services } = running;
    await running.stop();
    const refused = { code: 452, enhanced: '4.3.1', text: 'the disk is full' } as const;
    running = await startAdmin({ accepting: { ...services.accepting, refusal: () => refused } });
    const response = await running.post('/api/v1/send-test', { to: 'a@example.com' });
    expect(response.status).to.equal(503);
    expect(await response.text()).to.contain('the disk is full');
  });

  it('probes one upstream, and none that there is not', async () => {
    expect((await running.request('/api/v1/upstreams/office/probe', { method: 'POST' })).status).to.equal(
      202,
    );
    expect((await running.request('/api/v1/upstreams/other/probe', { method: 'POST' })).status).to.equal(404);
    expect(running.probed).to.deep.equal(['office']);
  });

  it('imports a certificate as PEM or as base64, and tries paused upstreams again', async () => {
    const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    expect(
      (await running.post('/api/v1/trust-anchors', { certificate: pem, name: 'mail.pem' })).status,
    ).to.equal(200);
    const base64 = Buffer.from('CERTIFICATE').toString('base64');
    expect((await running.post('/api/v1/trust-anchors', { certificate: base64 })).status).to.equal(200);
    expect(running.imported.map(({ bytes }) => bytes.toString())).to.deep.equal([pem, 'CERTIFICATE']);
    expect(running.probed).to.deep.equal([undefined, undefined]);
    expect((await running.post('/api/v1/trust-anchors', { certificate: 'xx' })).status).to.equal(422);
    const path = await running.post('/api/v1/trust-anchors', { certificate: pem, name: '../../etc/x' });
    expect(path.status).to.equal(400);
  });

  it('sends a copy of the store and leaves none behind', async () => {
    for (let round = 0; round < 2; round += 1) {
      const response = await running.request('/api/v1/backup', { method: 'POST' });
      expect(response.headers.get('content-length')).to.equal('8');
      expect(await response.text()).to.equal('the copy');
    }
    expect(await readdir(running.directory)).to.deep.equal([]);
  });

  it('makes one copy at a time, and the next one after a failure', async () => {
    await running.stop();
    const gate = Promise.withResolvers<void>();
    let calls = 0;
    running = await startAdmin({
      async backup(file) {
        calls += 1;
        if (calls === 1) {
          await gate.promise;
          throw new RelayError('store-full', 'There is no space left.');
        }
        await writeFile(file, 'second');
      },
    });
    const first = running.request('/api/v1/backup', { method: 'POST' });
    while (calls === 0) await new Promise(setImmediate);
    expect((await running.request('/api/v1/backup', { method: 'POST' })).status).to.equal(409);
    gate.resolve();
    expect((await first).status).to.equal(507);
    const third = await running.request('/api/v1/backup', { method: 'POST' });
    expect(await third.text()).to.equal('second');
  });

  it('removes copies of a backup that a crash left behind, and nothing else, at the start', async () => {
    await running.admin.stop(0);
    await writeFile(join(running.directory, 'backup-0123456789abcdef.tmp'), '');
    await writeFile(join(running.directory, 'backup-mine.tmp'), '');
    await running.admin.start();
    expect(await readdir(running.directory)).to.deep.equal(['backup-mine.tmp']);
  });
});

function way(name: string, address: string) {
  return { name, kind: 'smtp', host: 'smtp.office.example', from: { address, rewrite: 'if-refused' } };
}

import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { makeAuthority, makeSelfSigned, type TestCertificate } from '../support/certificates.ts';
import { typed } from '../support/command-line.ts';
import { type Relay, relaySettings, startRelay } from '../support/relay.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-smtp-server.ts';
import { until } from '../support/until.ts';

describe('certificates, end to end', () => {
  let relay: Relay;
  let target: ScriptedServer;
  let shown: TestCertificate;

  before(async () => {
    shown = await makeSelfSigned({ hosts: ['appliance.lan'] });
    target = await startScriptedServer({ security: 'tls', certificate: shown });
    relay = await startRelay(
      relaySettings({
        hostname: 'relay.example.com',
        upstreams: [{ name: 'office', kind: 'smtp', host: '127.0.0.1', port: target.port, security: 'tls' }],
        defaultUpstream: 'office',
      }),
    );
  });
  after(async () => {
    await relay.remove();
    await target.close();
  });

  const command = (...words: readonly string[]) => {
    const { port } = relay.app.admin.address();
    return typed([...words, '--admin', `127.0.0.1:${port}`, '--data', relay.directory]);
  };
  const api = async (method: string, path: string, body?: unknown) => {
    const token = (await readFile(join(relay.directory, 'admin.token'), 'utf8')).trim();
    const response = await fetch(`http://127.0.0.1:${relay.app.admin.address().port}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    return { status: response.status, text };
  };
  const waits = async (id: string) =>
    until(
      async () => (await relay.events(id)).some(({ type }) => type === 'waiting'),
      'it waits for the certificate',
    );

  it('fetches an appliance’s certificate, trusts exactly that for its host, and the mail that waited leaves', async () => {
    const { id } = await relay.send();
    await waits(id);
    expect(await relay.message(id)).to.include({ state: 'queued', attempts: 0 });
    const address = `127.0.0.1:${target.port}`;
    const first = await command('certs', 'fetch', address, '--tls');
    expect(first.code).to.equal(1);
    expect(first.out).to.contain('It is for appliance.lan and not for 127.0.0.1.');
    expect(first.out).to.contain(`certs fetch ${address} --tls`).and.to.contain('--trust --only-for-host');
    const second = await command('certs', 'fetch', address, '--tls', '--trust', '--only-for-host');
    expect(second.out).to.contain('Trusted from now on, for 127.0.0.1 only: appliance.lan');
    await relay.reaches(id, 'delivered', 15_000);
    const [file = ''] = await readdir(join(relay.directory, 'certs'));
    expect(await readFile(join(relay.directory, 'certs', file), 'utf8')).to.equal(
      `Postern: only for 127.0.0.1\n${shown.certificate}`,
    );
    expect((await command('certs', 'fetch', address, '--tls')).out).to.match(/Trusted\.\n$/);
  });

  it('removes it, and no warm connection is used again', async () => {
    const before = target.connections();
    await relay.reaches((await relay.send()).id, 'delivered');
    expect(target.connections(), 'the warm one serves').to.equal(before);
    const list = await command('certs', 'list');
    expect(list.out).to.contain('appliance.lan').and.to.contain('127.0.0.1');
    const id = /^([0-9a-f]{12}) /m.exec(list.out)?.[1] ?? '';
    expect((await command('certs', 'remove', id)).out).to.contain(
      'Trusted no more for 127.0.0.1: appliance.lan',
    );
    expect(await readdir(join(relay.directory, 'certs'))).to.deep.equal([]);
    const sent = await relay.send();
    await waits(sent.id);
    expect((await command('certs', 'remove', id)).err).to.contain('There is no trust anchor');
    // The same by a file that somebody drops in, for any host that it names: it names another.
    await writeFile(join(relay.directory, 'certs', 'dropped.pem'), shown.certificate);
    await until(async () => (await command('certs', 'list')).out.includes('dropped.pem'), 'the file is seen');
    expect(await relay.message(sent.id)).to.include({ state: 'queued', attempts: 0 });
    await writeFile(
      join(relay.directory, 'certs', 'dropped.pem'),
      `Postern: only for 127.0.0.1\r\n${shown.certificate}`,
    );
    await relay.reaches(sent.id, 'delivered', 15_000);
  });

  it('lists bad files with their reason, and refuses to remove what is not there', async () => {
    await writeFile(join(relay.directory, 'certs', 'bad.pem'), shown.key);
    await until(
      async () => (await command('certs', 'list')).out.includes('Not used: bad.pem'),
      'the bad file',
    );
    const { out } = await command('certs', 'list');
    expect(out).to.contain('this is a private key');
    await rm(join(relay.directory, 'certs', 'bad.pem'));
    for (const words of [['xyz'], ['abc'], []])
      expect((await command('certs', 'remove', ...words)).code).to.equal(2);
    expect((await command('certs', 'remove', 'abcdef012345')).code).to.equal(1);
    expect((await command('certs', 'fetch', 'nowhere')).code).to.equal(2);
    expect((await command('certs', 'fetch', 'localhost:9999')).err).to.contain('say --starttls or --tls');
  });

  it('makes a certificate, has a request for it signed, shows it to devices, and keeps their connections', async () => {
    const made = await api('POST', '/api/v1/server-certificates', {
      name: 'printers',
      hosts: ['relay.example.com', '192.0.2.25'],
    });
    expect(made.status, made.text).to.equal(200);
    const listeners = [
      { name: 'secure', address: '127.0.0.1', port: 0, security: 'tls', certificate: 'printers' },
    ];
    await relay.app.settings.apply(
      { ...relaySettings(), hostname: 'relay.example.com', listeners },
      { by: 'test' },
    );
    const open = () => relay.app.inbound.addresses().find(({ name }) => name === 'secure');
    await until(() => open()?.open === true, 'the listener is open');
    const first = await greeted(open()?.port ?? 0);
    expect(first.getPeerCertificate().issuer.O).to.equal('Postern (made by itself)');

    const { text } = await api('POST', '/api/v1/server-certificates/printers/request');
    const root = await makeAuthority('House Root');
    const signed = await root.sign(requestIn(text));
    const saved = await api('PUT', '/api/v1/server-certificates/printers', { certificate: signed });
    expect(saved.status, saved.text).to.equal(200);
    expect(saved.text).not.to.contain('PRIVATE');
    const second = await greeted(open()?.port ?? 0);
    expect(second.getPeerCertificate().issuer.CN).to.equal('House Root');
    first.write('NOOP\r\n');
    expect(String(await once(first, 'data'))).to.match(/^250/);
    first.destroy();
    second.destroy();
    const refused = await api('DELETE', '/api/v1/server-certificates/printers');
    expect(refused.status).to.equal(409);
    expect(refused.text).to.contain('in use: secure');
    expect(relay.log.text()).not.to.contain('PRIVATE KEY');
  });
});

async function greeted(port: number): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'data');
  return socket;
}

function requestIn(answer: string): string {
  const value: unknown = JSON.parse(answer);
  return typeof value === 'object' && value !== null && 'request' in value ? String(value.request) : '';
}

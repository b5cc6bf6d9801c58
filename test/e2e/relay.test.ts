import { writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { importTrustAnchor } from '../../src/certificates/import.ts';
import { makeSelfSigned } from '../support/certificates.ts';
import { type Relay, relaySettings, startRelay } from '../support/relay.ts';
import {
  type ScriptedServer,
  type ScriptedServerOptions,
  startScriptedServer,
} from '../support/scripted-smtp-server.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const upstream = (port: number, rest: Readonly<Record<string, unknown>> = {}) => ({
  name: 'office',
  kind: 'smtp',
  host: '127.0.0.1',
  port,
  security: 'none',
  ...rest,
});

const forwarding = (port: number, rest: Readonly<Record<string, unknown>> = {}) =>
  relaySettings({ upstreams: [upstream(port, rest)], defaultUpstream: 'office' });

describe('the relay end to end', () => {
  const closers: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  async function start(...settings: Parameters<typeof startRelay>): Promise<Relay> {
    const relay = await startRelay(...settings);
    closers.push(() => relay.remove());
    return relay;
  }

  async function server(options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
    const started = await startScriptedServer(options);
    closers.push(() => started.close());
    return started;
  }

  it('holds mail while no upstream is set, and still has it after a restart', async () => {
    const relay = await start();
    const { text, id } = await relay.send();
    expect(text).to.equal(`250 2.0.0 Held as ${id} (test relay, not sent)`);
    await relay.reaches(id, 'held');
    await relay.restart();
    const { message, journal } = await relay.app.queue.operations.show(id);
    expect(message).to.deep.include({ state: 'held', subject: 'Toner' });
    expect(journal.map(({ event }) => event.type)).to.deep.equal(['accepted', 'attempt']);
  });

  it('hands a message on byte for byte behind what intake adds', async () => {
    const target = await server();
    const relay = await start(forwarding(target.port));
    const content =
      'From: a@example.com\r\nDate: Mon, 2 Nov 2026 08:00:00 +0000\r\nMessage-ID: <1@x>\r\nX: \t odd  \r\n\r\n..dots\r\n.\r\n\r\nend \r\n';
    const stuffed = content.replaceAll(/^\./gm, '..');
    const { id, text } = await relay.send({ content: stuffed.slice(0, -2) });
    expect(text).to.equal(`250 2.0.0 Queued as ${id}`);
    await relay.reaches(id, 'delivered');
    const [received] = target.transactions;
    expect(received?.mail).to.match(/^MAIL FROM:<printer@example\.com>/);
    const body = received?.body.toString('latin1') ?? '';
    expect(body).to.match(/^Received: from /);
    expect(body).to.contain(`id ${id}`);
    expect(body.endsWith(content)).to.equal(true);
  });

  it('waits for a certificate that nobody trusts, names it, and goes on by itself after the import', async () => {
    const certificate = await makeSelfSigned({ hosts: ['127.0.0.1'], commonName: 'mail.example.com' });
    const target = await server({
      security: 'starttls',
      certificate,
      user: 'relay',
      password: 'right',
      mechanisms: ['PLAIN'],
    });
    const relay = await start(
      forwarding(target.port, {
        security: 'starttls',
        authentication: { type: 'password', user: 'relay', password: { value: 'right' } },
      }),
    );
    const { id } = await relay.send();
    await until(async () => (await relay.events(id)).some(({ type }) => type === 'waiting'), 'the reason');
    const waiting = (await relay.events(id)).find((event) => event.type === 'waiting');
    expect(waiting?.text).to.contain('mail.example.com');
    expect(waiting?.remedy).to.contain('import-cert');
    expect(await relay.message(id)).to.include({ state: 'queued', attempts: 0 });
    await importTrustAnchor(Buffer.from(certificate.certificate), {
      directory: join(relay.directory, 'certs'),
    });
    await relay.reaches(id, 'delivered', 15_000);
    expect(relay.log.text()).not.to.contain('right"');
  });

  it('sends nothing with a wrong password, spends no attempt, and goes on when the password is mended', async () => {
    const passwords = { now: 'new' };
    const target = await server({ user: 'relay', password: () => passwords.now, mechanisms: ['LOGIN'] });
    const settings = (password: string) =>
      forwarding(target.port, {
        authentication: { type: 'password', user: 'relay', password: { value: password } },
      });
    const relay = await start(settings('old-secret'));
    const sent = await Promise.all([relay.send(), relay.send(), relay.send()]);
    await until(() => relay.app.queue.status().inMemory === 3, 'all three wait');
    await until(() => relay.log.text().includes('authentication'), 'the alert in the log');
    for (const { id } of sent) expect(await relay.message(id)).to.include({ state: 'queued', attempts: 0 });
    await relay.app.settings.apply(settings('new'), { by: 'test' });
    for (const { id } of sent) await relay.reaches(id, 'delivered');
    expect(relay.log.text()).not.to.contain('old-secret');
  });

  it('goes on at full speed for one upstream while another one is dead', async () => {
    const target = await server();
    const caught = new Set<Socket>();
    const silent = createServer((socket) => caught.add(socket)).listen(0, '127.0.0.1');
    closers.push(async () => {
      silent.close();
      for (const socket of caught) socket.destroy();
    });
    await until(() => silent.listening, 'the dead server listens');
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const relay = await start(
      relaySettings({
        upstreams: [upstream(target.port), { ...upstream(port), name: 'dead' }],
        routes: [{ senderDomain: 'dead.example', upstream: 'dead' }],
        defaultUpstream: 'office',
      }),
    );
    for (let count = 0; count < 50; count += 1) await relay.send({ sender: 'x@dead.example' });
    const sent = await Promise.all(Array.from({ length: 20 }, () => relay.send()));
    for (const { id } of sent) await relay.reaches(id, 'delivered', 5000);
    expect(target.transactions).to.have.length(20);
  });

  it('tells the sender in a report what the server refused, and nobody about a report', async () => {
    const target = await server({
      script: {
        rcpt: ({ line }) => (line.includes('nobody@') ? { reply: '550 5.1.1 No such user here' } : undefined),
      },
    });
    const relay = await start(forwarding(target.port));
    const { id } = await relay.send({ recipients: ['nobody@example.net', 'a@example.net'] });
    await relay.reaches(id, 'failed');
    await until(() => target.transactions.length === 2, 'the report');
    const report = target.transactions.find(({ mail }) => mail.startsWith('MAIL FROM:<>'));
    expect(report?.recipients.join()).to.contain('<printer@example.com>');
    expect(report?.body.toString()).to.contain('multipart/report').and.to.contain('5.1.1 No such user here');
    const bounce = await relay.send({ sender: '', recipients: ['nobody@example.net'] });
    await relay.reaches(bounce.id, 'failed');
    expect((await relay.events(bounce.id)).at(-1)?.type).to.equal('report-withheld');
    expect(target.transactions).to.have.length(2);
  });

  it('says that a message may have arrived twice when the reply to the final dot was lost', async () => {
    let cuts = 1;
    const target = await server({ script: { final: () => (cuts-- > 0 ? { cut: 'instead' } : undefined) } });
    const relay = await start({ ...forwarding(target.port), queue: { retry: ['1s'] } });
    const { id } = await relay.send();
    await relay.reaches(id, 'delivered');
    const attempts = (await relay.events(id)).filter((event) => event.type === 'attempt');
    expect(attempts.map(({ possibleDuplicate }) => possibleDuplicate)).to.deep.equal([true, true]);
  });

  it('loses nothing and sends nothing twice when it is stopped under load', async () => {
    const target = await server();
    const relay = await start(forwarding(target.port));
    const ids: string[] = [];
    let stopping = false;
    const senders = Array.from({ length: 10 }, async () => {
      while (!stopping) {
        const sent = await relay.send().catch(() => undefined);
        if (sent?.code === 250) ids.push(sent.id);
      }
    });
    await until(() => ids.length > 100, 'some load');
    const restarted = relay.restart();
    stopping = true;
    await Promise.all([restarted, ...senders]);
    for (const id of ids) await relay.reaches(id, 'delivered', 15_000);
    const delivered = target.transactions.map(
      ({ body }) => / id ([0-9A-Z]{16})/.exec(body.toString())?.[1] ?? '',
    );
    expect(delivered.toSorted()).to.deep.equal(ids.toSorted());
  });

  it('lets nobody in but its clients, and remembers who wanted to', async () => {
    const relay = await start(
      relaySettings({ clients: [{ name: 'lab', networks: ['192.0.2.0/24'], senders: ['*'] }] }),
    );
    const client = await SmtpClient.ready(relay.port());
    const reply = await client.message('a@example.com', ['b@example.net'], 'Subject: x\r\n\r\n');
    expect(reply.code).to.equal(550);
    expect(reply.enhanced).to.equal('5.7.1');
    client.write('QUIT\r\n');
  });

  it('is refused a second time on the same directory', async () => {
    const relay = await start();
    const second = startRelay(relaySettings(), {
      dataDirectory: relay.directory,
      database: { engine: 'sqlite', file: join(relay.directory, 'postern.db') },
      masterKeyFile: join(relay.directory, 'master.key'),
    });
    const error = await second.then(
      () => expect.fail('should have been refused'),
      (thrown: unknown) => thrown,
    );
    expect(error).to.have.property('code', 'store-busy');
  });

  it('keeps the old settings when a settings file breaks, and takes the mended one', async () => {
    const target = await server();
    const directory = await temporaryDirectory();
    closers.push(() => directory.remove());
    const file = join(directory.path, 'settings.yaml');
    const listeners = 'listeners: [{ name: default, address: 127.0.0.1, port: 0 }]\n';
    await writeFile(file, listeners);
    const relay = await start(undefined, { settingsFile: file });
    expect((await relay.send()).text).to.contain('Held');
    await writeFile(file, `${listeners}upstreams: [{ name: office, kind: smpt }]\n`);
    await until(() => relay.log.text().includes('upstreams[0].kind'), 'the fault in the log');
    expect((await relay.send()).text).to.contain('Held');
    const good = `upstreams: [{ name: office, kind: smtp, host: 127.0.0.1, port: ${target.port}, security: none }]\n`;
    await writeFile(file, `${listeners}${good}defaultUpstream: office\n`);
    await until(() => relay.app.settings.current().defaultUpstream === 'office', 'the mended file');
    const { id } = await relay.send();
    await relay.reaches(id, 'delivered');
  });
});

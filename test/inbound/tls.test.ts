import type { TLSSocket } from 'node:tls';
import { expect } from 'chai';
import type { ServerCertificate } from '../../src/certificates/sources.ts';
import { makeSelfSigned } from '../support/certificates.ts';
import { oneListener, prepareInbound, startInbound, type TestInbound } from '../support/inbound.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { until } from '../support/until.ts';

function subject(client: SmtpClient): unknown {
  return (client.socket as TLSSocket).getPeerCertificate().subject.CN;
}

describe('TLS', () => {
  let first: ServerCertificate;
  let second: ServerCertificate;
  let test: TestInbound | undefined;
  const clients: SmtpClient[] = [];

  before(async () => {
    [first, second] = await Promise.all([
      makeSelfSigned({ commonName: 'first.example' }),
      makeSelfSigned({ commonName: 'second.example' }),
    ]);
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await test?.stop();
    test = undefined;
  });

  async function open(tls = false): Promise<SmtpClient> {
    const client = await SmtpClient.open(test?.port() ?? 0, { tls });
    clients.push(client);
    return client;
  }

  async function start(listener: Parameters<typeof oneListener>[0], rest = {}): Promise<void> {
    test = await startInbound(oneListener(listener, rest), {
      certificates: { default: first, other: second },
      verifyPassword: async () => true,
    });
  }

  it('switches with STARTTLS, and forgets what was said in clear', async () => {
    await start({ security: 'starttls', authentication: 'optional' });
    const client = await open();
    await client.reply();
    const clear = await client.ask('EHLO x');
    expect(clear.text).to.include('STARTTLS').and.not.include('AUTH');
    expect((await client.ask('AUTH PLAIN AHUAcA==')).text).to.match(/^538 5\.7\.11 /);
    expect((await client.ask('STARTTLS now')).enhanced).to.equal('5.5.4');
    await client.ask('MAIL FROM:<a@b.example>');
    expect((await client.ask('STARTTLS')).code).to.equal(220);
    await client.upgrade();
    expect((await client.ask('RCPT TO:<c@d.example>')).text).to.match(/^503 /);
    expect((await client.ask('MAIL FROM:<>')).text).to.match(/^503 .*EHLO/);
    const secure = await client.ask('EHLO x');
    expect(secure.text).to.include('AUTH PLAIN LOGIN').and.not.include('STARTTLS');
    expect((await client.ask('STARTTLS')).enhanced).to.equal('5.5.1');
    expect((await client.message('a@b.example', ['c@d.example'], 'x')).code).to.equal(250);
    const message = test?.queue.messages[0];
    expect(message?.origin.tls).to.match(/^TLSv1\.3 TLS_/);
    expect(message?.body.toString()).to.include(' with ESMTPS id ');
  });

  for (const [name, injected] of [
    ['whole lines', 'STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@example.com>\r\nNOOP\r\n'],
    ['a fragment', 'STARTTLS\r\nMAIL FROM:<evil@exa'],
    ['a line with a bare line feed', 'STARTTLS\nRSET\nNOOP\n'],
  ] as const) {
    it(`discards ${name} sent in clear behind STARTTLS`, async () => {
      await start({ security: 'starttls' });
      const client = await open();
      await client.reply();
      await client.ask('EHLO x');
      client.write(injected);
      expect((await client.reply()).code).to.equal(220);
      await client.upgrade();
      expect((await client.ask('NOOP')).text).to.equal('250 2.0.0 OK');
      expect((await client.ask('RCPT TO:<a@b.example>')).text).to.match(/^503 /);
      await client.quit();
      expect(client.unread).to.equal('221 2.0.0 Bye\r\n');
    });
  }

  it('refuses mail in clear where TLS is required', async () => {
    await start({ security: 'starttls', requireTls: true });
    const client = await open();
    await client.reply();
    await client.ask('EHLO x');
    expect((await client.ask('MAIL FROM:<>')).text).to.match(/^530 5\.7\.0 .*STARTTLS/);
    await client.ask('STARTTLS');
    await client.upgrade();
    await client.ask('EHLO x');
    expect((await client.ask('MAIL FROM:<>')).code).to.equal(250);
  });

  it('speaks TLS from the first byte', async () => {
    await start({ security: 'tls', authentication: 'required', certificate: 'other' });
    const client = await open(true);
    expect((await client.reply()).code).to.equal(220);
    expect(subject(client)).to.equal('second.example');
    expect((await client.ask('EHLO x')).text)
      .to.include('AUTH PLAIN LOGIN')
      .and.not.include('STARTTLS');
    expect((await client.ask('AUTH PLAIN AHVzZXIAcGFzcw==')).code).to.equal(235);
  });

  it('lives on when a handshake fails or is left unfinished', async () => {
    await start({ security: 'tls' });
    const stuck = await open();
    stuck.write('EHLO this is no TLS\r\n');
    await stuck.closed();
    const silent = await open();
    const good = await open(true);
    expect((await good.reply()).code).to.equal(220);
    silent.destroy();
  });

  it('refuses old versions unless they are allowed', async () => {
    await start({ security: 'starttls' });
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const modern = await open();
    await modern.reply();
    await modern.ask('STARTTLS');
    const failed = await modern.upgrade(old).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failed).to.be.instanceOf(Error);
    await test?.stop();
    await start({ security: 'starttls', minimumTls: 'TLSv1' });
    const client = await open();
    await client.reply();
    await client.ask('STARTTLS');
    const socket = await client.upgrade(old);
    expect(socket.getProtocol()).to.equal('TLSv1.1');
    expect((await client.ask('EHLO x')).code).to.equal(250);
  });

  it('takes a new certificate without dropping a connection', async () => {
    await start({ security: 'tls' });
    const before = await open(true);
    await before.reply();
    expect(subject(before)).to.equal('first.example');
    test?.setCertificate('default', second);
    await until(async () => {
      const client = await open(true);
      await client.reply();
      return subject(client) === 'second.example';
    }, 'the new certificate is shown');
    expect((await before.ask('NOOP')).code).to.equal(250);
  });

  it('keeps the old certificate when the new one cannot be used, and says so', async () => {
    await start({ security: 'tls' });
    test?.setCertificate('default', { certificate: 'x', key: 'y' });
    await until(() => test?.inbound.addresses()[0]?.failure !== undefined, 'the failure is reported');
    const client = await open(true);
    expect((await client.reply()).code).to.equal(220);
    expect(subject(client)).to.equal('first.example');
    test?.setCertificate('default', second);
    await until(() => test?.inbound.addresses()[0]?.failure === undefined, 'it is mended');
  });

  it('touches no certificate on a listener without TLS, and says so when one is missing', async () => {
    test = await startInbound(oneListener({ security: 'none', certificate: 'missing' }));
    await test.stop();
    const missing = prepareInbound(oneListener({ security: 'tls', certificate: 'missing' }));
    const error = await missing.inbound.start().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.have.property('code', 'configuration');
    expect(String(error)).to.include('door').and.include('missing');
    const broken = prepareInbound(oneListener({ security: 'tls' }), {
      certificates: { default: { certificate: 'x', key: 'y' } },
    });
    const other = await broken.inbound.start().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(other).to.have.property('code', 'configuration');
  });
});

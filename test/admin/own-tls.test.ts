import { X509Certificate } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { Agent, createServer, request as httpsRequest } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect } from 'chai';
import {
  createServerCertificates,
  type LiveServerCertificates,
} from '../../src/certificates/server-certificates.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { type RunningAdmin, startAdmin, TOKEN } from '../support/admin.ts';
import { makeSelfSigned, type TestCertificate } from '../support/certificates.ts';
import { typed } from '../support/command-line.ts';
import { recordLog } from '../support/recorded-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

describe('an admin that speaks https', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let certificates: LiveServerCertificates;
  let running: RunningAdmin;
  let pair: TestCertificate;
  const log = recordLog();

  beforeEach(async () => {
    directory = await temporaryDirectory();
    await mkdir(join(directory.path, 'certificates'));
    pair = await put(await makeSelfSigned());
    await writeFile(join(directory.path, 'admin.token'), TOKEN);
    certificates = createServerCertificates({
      directory: join(directory.path, 'certificates'),
      hostname: 'relay.example.com',
      clock: systemClock,
      log: log.log,
    });
    running = await startAdmin({ certificate: { name: 'web', certificates } });
  });
  afterEach(async () => {
    await running.stop();
    certificates.close();
    await directory.remove();
  });

  async function put(made: TestCertificate): Promise<TestCertificate> {
    await writeFile(join(directory.path, 'certificates', 'web.crt'), made.certificate);
    await writeFile(join(directory.path, 'certificates', 'web.key'), made.key, { mode: 0o600 });
    return made;
  }
  const port = () => running.admin.address().port;

  function ask(path: string, options: { host?: string; agent?: Agent; ca?: string } = {}): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        {
          host: '127.0.0.1',
          port: port(),
          path,
          ca: options.ca ?? pair.certificate,
          // Node keeps no connection alive that was checked in another way.
          ...(options.agent === undefined ? { checkServerIdentity: () => undefined } : {}),
          headers: { Authorization: `Bearer ${TOKEN}`, Host: options.host ?? '127.0.0.1' },
          ...(options.agent === undefined ? {} : { agent: options.agent }),
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          );
        },
      );
      request.on('error', reject);
      request.end();
    });
  }

  function shown(maxVersion: 'TLSv1.1' | 'TLSv1.3' = 'TLSv1.3'): Promise<X509Certificate | undefined> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: '127.0.0.1',
        port: port(),
        rejectUnauthorized: false,
        minVersion: 'TLSv1',
        maxVersion,
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        const certificate = socket.getPeerX509Certificate();
        socket.destroy();
        resolve(certificate);
      });
    });
  }

  it('answers over TLS 1.2 and above alone', async () => {
    expect((await ask('/api/v1/queue')).status).to.equal(200);
    const refused = await shown('TLSv1.1').then(
      () => 'connected',
      () => 'refused',
    );
    expect(refused).to.equal('refused');
  });

  it('asks browsers for https from now on, under lasting names alone', async () => {
    const named = await ask('/livez', { host: 'relay.example.com' });
    expect(named.headers['strict-transport-security']).to.match(/^max-age=\d+$/);
    for (const host of ['localhost', '127.0.0.1:8025', '[::1]:8025', 'x.localhost']) {
      expect((await ask('/livez', { host })).headers, host).not.to.have.property('strict-transport-security');
    }
  });

  it('tells who speaks plain http that it is https', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      let all = '';
      const socket = connectPlain(port(), '127.0.0.1', () =>
        socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
      );
      socket.setEncoding('utf8').on('data', (piece: string) => (all += piece));
      socket.on('error', reject).on('close', () => resolve(all));
    });
    expect(text)
      .to.match(/^HTTP\/1\.1 426 /)
      .and.contain('"hint":"Begin the address with https://."');
  });

  it('takes noise of every kind, and answers the next one', async () => {
    for (const noise of [
      '',
      '\x16',
      '\x16\x03\x01\xff\xff',
      'EHLO x\r\n',
      '\x00'.repeat(300),
      '\x80\x2e\x01\x00\x02',
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connectPlain(port(), '127.0.0.1', () => socket.end(Buffer.from(noise, 'latin1')));
        socket.on('error', () => undefined).on('close', () => resolve());
        socket.resume();
      });
    }
    expect((await ask('/livez')).status).to.equal(200);
  });

  it('shows a certificate that was replaced to the next connection, and cuts none off', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = pair;
    await ask('/livez', { agent });
    pair = await put(await makeSelfSigned());
    await certificates.look();
    const fresh = new X509Certificate(pair.certificate).fingerprint256;
    await until(async () => (await shown())?.fingerprint256 === fresh, 'the new certificate is shown');
    // The kept connection was checked against the old one, and a new one would not be.
    expect((await ask('/livez', { agent, ca: first.certificate })).status).to.equal(200);
    agent.destroy();
  });

  it('keeps the old certificate when the new one is wrong', async () => {
    await writeFile(join(directory.path, 'certificates', 'web.crt'), 'nonsense');
    await certificates.look();
    expect((await ask('/livez')).status).to.equal(200);
  });

  it('does not start with a certificate that there is not', async () => {
    const other = await startAdmin({ certificate: { name: 'nobody', certificates } }).catch(
      (error: unknown) => error,
    );
    expect(other).to.have.property('code', 'not-found');
  });

  const list = (...more: string[]) => typed(['queue', 'list', '--admin', `127.0.0.1:${port()}`, ...more], {});

  describe('and the commands', () => {
    it('find it by its certificate in the data directory, without a flag', async () => {
      expect(await list('--data', directory.path)).to.include({ code: 0, err: '' });
    });

    it('find it with the name of the certificate, and take no other', async () => {
      expect((await list('--data', directory.path, '--admin-certificate', 'web')).code).to.equal(0);
      await writeFile(
        join(directory.path, 'certificates', 'other.crt'),
        (await makeSelfSigned()).certificate,
      );
      const { code, err } = await list('--data', directory.path, '--admin-certificate', 'other');
      expect(code).to.equal(1);
      expect(err).to.contain('shows another certificate').and.contain('--data');
    });

    it('give a stranger no token', async () => {
      const heard: string[] = [];
      const made = await makeSelfSigned();
      const stranger = createServer({ cert: made.certificate, key: made.key }, (request, response) => {
        heard.push(request.headers.authorization ?? 'nothing');
        response.end('{}');
      });
      await new Promise<void>((resolve) => {
        stranger.listen(0, '127.0.0.1', resolve);
      });
      const address = stranger.address();
      const strange = typeof address === 'object' ? address?.port : 0;
      for (const flags of [[], ['--admin-certificate', 'web']]) {
        const { code, err } = await typed(
          ['queue', 'list', '--admin', `https://127.0.0.1:${strange}`, '--data', directory.path, ...flags],
          {},
        );
        expect(code).to.equal(1);
        expect(err).to.contain('shows another certificate');
      }
      stranger.close();
      expect(heard).to.deep.equal([]);
    });

    it('say so where no https is spoken', async () => {
      const plain = await startAdmin();
      const { code, err } = await typed(
        ['queue', 'list', '--admin', plain.url.replace('http:', 'https:'), '--data', directory.path],
        {},
      );
      await plain.stop();
      expect(code).to.equal(1);
      expect(err).to.contain('No https is spoken at 127.0.0.1:');
    });
  });
});

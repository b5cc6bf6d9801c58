import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { importTrustAnchor } from '../../src/certificates/import.ts';
import { createTrustAnchors, type LiveTrustAnchors } from '../../src/certificates/trust-anchors.ts';
import { createDial } from '../../src/network/dial.ts';
import { type ChainRequest, createFetchChain, type FetchChain } from '../../src/network/fetch-chain.ts';
import { readSentCertificates } from '../../src/network/sent-certificates.ts';
import { type Clock, systemClock } from '../../src/shared/clock.ts';
import { RelayError } from '../../src/shared/errors.ts';
import {
  expired,
  makeAuthority,
  makeSelfSigned,
  notYetValid,
  type TestAuthority,
  type TestCertificate,
} from '../support/certificates.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recordLog } from '../support/recorded-log.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-smtp-server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const HOST = 'mail.example.com';

describe('fetching the certificates of a server', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let anchors: LiveTrustAnchors;
  let root: TestAuthority;
  const servers: { close(): unknown }[] = [];

  before(async () => {
    root = await makeAuthority('House Root');
  });
  beforeEach(async () => {
    directory = await temporaryDirectory();
    anchors = await createTrustAnchors({
      directories: [directory.path],
      log: recordLog().log,
      clock: systemClock,
      builtIn: () => [],
    });
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
    anchors.close();
    await directory.remove();
  });

  const fetcher = (clock: Clock = systemClock): FetchChain =>
    createFetchChain({
      // Every name is this machine.
      dial: (_host, port, signal) => createDial()('127.0.0.1', port, signal),
      trustAnchors: anchors,
      hostname: () => 'relay.example.com',
      clock,
    });
  const serve = async (
    certificate: Pick<TestCertificate, 'chain' | 'key'>,
    options: Parameters<typeof startScriptedServer>[0] = {},
  ): Promise<ScriptedServer> => {
    const server = await startScriptedServer({ security: 'tls', certificate, ...options });
    servers.push(server);
    return server;
  };
  const raw = async (serveOne: (socket: Socket) => void): Promise<number> => {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      serveOne(socket);
    });
    servers.push({
      close() {
        for (const socket of sockets) socket.destroy();
        return new Promise((resolve) => server.close(resolve));
      },
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };
  const fetchFrom = (port: number, more: Partial<ChainRequest> = {}) =>
    fetcher()({ host: HOST, port, security: 'tls', ...more }, AbortSignal.timeout(8000));
  async function refusal(port: number, more: Partial<ChainRequest> = {}): Promise<RelayError> {
    try {
      await fetchFrom(port, more);
    } catch (error) {
      if (error instanceof RelayError) return error;
      throw error;
    }
    throw new Error('it was not refused');
  }
  const trust = async (pem: string, host?: string) => {
    const options = { directory: directory.path, ...(host === undefined ? {} : { host }) };
    await importTrustAnchor(Buffer.from(pem), options);
    await anchors.look();
  };

  it('shows a self-signed one with what there is to compare, recommends it, and says when it is trusted', async () => {
    const self = await makeSelfSigned({ hosts: [HOST] });
    const { port } = await serve(self);
    const shown = await fetchFrom(port);
    expect(shown.chain).to.have.length(1);
    expect(shown.chain[0]).to.include({
      name: HOST,
      selfSigned: true,
      pem: self.certificate,
      kind: 'server',
    });
    expect(shown.chain[0]?.fingerprint256).to.match(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(shown.protocol).to.match(/^TLSv1\.3, TLS_/);
    expect(shown).to.include({ trusted: false, nameMatches: true, recommended: 0 });
    expect(shown.problems.map(({ text }) => text)).to.deep.equal([
      'It is signed by itself, so nobody else vouches for it.',
    ]);
    await trust(self.certificate);
    const again = await fetchFrom(port);
    expect(again).to.include({ trusted: true });
    expect(again.problems).to.deep.equal([]);
    expect(again).not.to.have.property('recommended');
  });

  it('goes through STARTTLS, says nothing but EHLO there, and recommends the topmost authority', async () => {
    const middle = await root.intermediate('House Mail');
    const leaf = await middle.issue({ hosts: [HOST] });
    const server = await serve(
      { chain: leaf.chain + root.certificate, key: leaf.key },
      { security: 'starttls' },
    );
    const shown = await fetchFrom(server.port, { security: 'starttls' });
    expect(shown.chain.map(({ name }) => name)).to.deep.equal([HOST, 'House Mail', 'House Root']);
    expect(shown).to.include({ trusted: false, recommended: 2 });
    expect(shown.problems[0]?.text).to.equal('Its chain ends in House Root, which is not trusted here.');
    expect([...new Set(server.lines)]).to.deep.equal(['EHLO relay.example.com', 'STARTTLS']);
    await trust(root.certificate);
    expect((await fetchFrom(server.port, { security: 'starttls' })).trusted).to.equal(true);
  });

  it('names what is wrong, each in words, and recommends nothing where trusting helps nothing', async () => {
    const middle = await root.intermediate('House Mail');
    const leaf = await middle.issue({ hosts: [HOST] });
    const old = await makeSelfSigned({ hosts: [HOST], ...expired() });
    const young = await makeSelfSigned({ hosts: [HOST], ...notYetValid() });
    const other = await makeSelfSigned({ hosts: ['printer.lan', '192.0.2.7'] });
    const nameless = await makeSelfSigned({ hosts: [], commonName: 'appliance' });
    const reversed = leaf.certificate + root.certificate + middle.certificate;
    const chains: readonly (readonly [Pick<TestCertificate, 'chain' | 'key'>, string, number | undefined])[] =
      [
        [old, 'The server’s certificate expired on', undefined],
        [young, 'is not valid before', undefined],
        [other, `It is for printer.lan, 192.0.2.7 and not for ${HOST}.`, 0],
        [nameless, 'It names no host (subjectAltName).', 0],
        [{ chain: leaf.certificate, key: leaf.key }, `The chain lacks House Mail, the issuer of ${HOST}.`, 0],
        [{ chain: reversed, key: leaf.key }, 'sends its chain in the wrong order', 1],
        [
          { chain: leaf.chain + old.certificate, key: leaf.key },
          `what does not belong to its chain: ${HOST}`,
          1,
        ],
      ];
    for (const [certificate, words, recommended] of chains) {
      const { port } = await serve(certificate, { maximumTls: 'TLSv1.2' });
      const shown = await fetchFrom(port);
      expect(shown.problems.map(({ text }) => text).join('\n')).to.contain(words);
      expect(shown.recommended, words).to.equal(recommended);
      expect(shown.trusted, words).to.equal(false);
    }
  });

  it('takes a pinned certificate for its host whatever its names, and for no other host', async () => {
    const other = await makeSelfSigned({ hosts: ['printer.lan'] });
    const { port } = await serve(other);
    await trust(other.certificate, HOST);
    expect(await fetchFrom(port)).to.include({ trusted: true, nameMatches: false });
    expect(await fetchFrom(port, { host: 'elsewhere.example.com' })).to.include({ trusted: false });
    expect(await fetchFrom(port, { host: 'printer.lan' })).to.include({ trusted: false, nameMatches: true });
  });

  it('sees servers that speak only old TLS, and says so', async () => {
    const { port } = await serve(await makeSelfSigned({ hosts: [HOST] }), {
      minimumTls: 'TLSv1',
      maximumTls: 'TLSv1.1',
    });
    const shown = await fetchFrom(port);
    expect(shown.protocol).to.contain('TLSv1.1');
    expect(shown.problems.map(({ text }) => text)).to.include(
      'The server speaks TLSv1.1 at best, which is outdated.',
    );
  });

  it('says why there is nothing to see, and never what the other side said', async () => {
    const smtp = await serve(await makeSelfSigned(), { security: 'none' });
    const cases: readonly (readonly [number, ChainRequest['security'], string])[] = [
      [await raw((socket) => socket.write('SECRET banner\r\n')), 'starttls', 'does not speak SMTP'],
      [
        await raw((socket) => socket.write('554 SECRET go away\r\n')),
        'starttls',
        'does not greet as a mail server (554)',
      ],
      [
        await raw((socket) => socket.write('220-SECRET\r\n'.repeat(5000))),
        'starttls',
        'says too much before TLS',
      ],
      [
        await raw((socket) => socket.write('220 a\r\n250 SECRET\r\n')),
        'starttls',
        'says something before it is asked',
      ],
      [await raw((socket) => socket.end()), 'starttls', 'closed the connection'],
      [smtp.port, 'starttls', 'does not offer STARTTLS (500)'],
      [await raw((socket) => socket.write('HTTP/1.1 200 SECRET\r\n\r\n')), 'tls', 'does not speak TLS'],
      [await raw((socket) => socket.end()), 'tls', 'the connection'],
      [1, 'tls', 'refuses connections'],
    ];
    for (const [port, security, words] of cases) {
      const error = await refusal(port, { security });
      expect(error.publicMessage, words).to.contain(words);
      expect(error.code).to.equal('certificate-invalid');
      expect(error.hint).to.be.a('string');
      expect(JSON.stringify([error, error.stack]), words).not.to.contain('SECRET');
    }
  });

  it('gives up on a server that is silent, or sends without an end', async () => {
    const clock = new ManualClock(Date.now());
    let connected = 0;
    const silent = await raw(() => {
      connected += 1;
    });
    const asked = fetcher(clock)({ host: HOST, port: silent, security: 'tls' }, AbortSignal.timeout(8000));
    const outcome = asked.catch((error: unknown) => error);
    await until(() => connected === 1, 'it is connected');
    clock.advance(10_000);
    expect(String(await outcome)).to.contain('did not show a certificate within 10 s');
    // A handshake record that never ends: message type 11, 16 MB announced.
    const endless = await raw((socket) => {
      const endlessRecord = Buffer.concat([Buffer.from([22, 3, 3, 0x3f, 0xff]), Buffer.alloc(0x3fff, 11)]);
      const more = (): void => {
        while (socket.writable && socket.write(endlessRecord));
      };
      socket.on('drain', more);
      more();
    });
    const error = await refusal(endless);
    expect(error.publicMessage).to.contain(HOST);
  });

  it('asks at most four servers at once, and none whose host is no host', async () => {
    const fetch = fetcher();
    const silent = await raw(() => undefined);
    const leave = new AbortController();
    const request = { host: HOST, port: silent, security: 'tls' } as const;
    const waiting = [1, 2, 3, 4].map(() => fetch(request, leave.signal).catch(() => undefined));
    const fifth: unknown = await fetch(request, leave.signal).catch((error: unknown) => error);
    expect(fifth).to.be.instanceOf(RelayError).and.to.have.property('code', 'overloaded');
    leave.abort();
    await Promise.all(waiting);
    for (const host of ['', 'a b', 'mail.example.com/x', 'mail\r\nQUIT', '[::1]', 'user@host', '300.1.1.1']) {
      const error: unknown = await fetch({ ...request, host }, leave.signal).catch(
        (thrown: unknown) => thrown,
      );
      expect(error, host).to.be.instanceOf(RelayError).and.to.have.property('code', 'bad-request');
    }
  });
});

describe('certificates in the bytes of a handshake', () => {
  it('are found however the bytes are split, and rubbish finds nothing and costs nothing', () => {
    const certificates = [Buffer.from('first'), Buffer.from('second one')];
    const list = Buffer.concat(certificates.map((der) => Buffer.concat([length3(der.length), der])));
    const message = Buffer.concat([Buffer.from([11]), length3(list.length + 3), length3(list.length), list]);
    const hello = Buffer.from([2, 0, 0, 2, 3, 3]);
    const wire = Buffer.concat([record(hello), record(message.subarray(0, 7)), record(message.subarray(7))]);
    for (let split = 0; split <= wire.length; split += 1) {
      const reader = readSentCertificates();
      reader.read(wire.subarray(0, split));
      reader.read(wire.subarray(split));
      expect(reader.list()?.map(String)).to.deep.equal(['first', 'second one']);
    }
    const encrypted = readSentCertificates();
    encrypted.read(Buffer.concat([record(hello), Buffer.from([23, 3, 3, 0, 1, 0])]));
    encrypted.read(record(message));
    expect(encrypted.list()).to.equal(undefined);
    const lying = readSentCertificates();
    lying.read(record(Buffer.concat([Buffer.from([11, 0, 0, 9, 0, 0, 6, 0, 0, 99, 1, 2, 3])])));
    expect(lying.list()).to.equal(undefined);
  });
});

function length3(length: number): Buffer {
  return Buffer.from([length >> 16, (length >> 8) & 0xff, length & 0xff]);
}

function record(content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([22, 3, 3, content.length >> 8, content.length & 0xff]), content]);
}

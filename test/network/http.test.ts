import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { expect } from 'chai';
import type { Network } from '../../src/network/network.ts';
import { type HttpAnswer, HttpFailure, type HttpRequest } from '../../src/shared/http.ts';
import { expired, makeAuthority, makeSelfSigned, type TestCertificate } from '../support/certificates.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { liveAnchors, liveSettings, startNetwork } from '../support/network.ts';
import { until } from '../support/until.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const hello: Handler = (_request, response) => void response.end('hello');

const get = (network: Network, url: string, more: Partial<HttpRequest> = {}): Promise<HttpAnswer> =>
  network.http.send({ method: 'GET', url, timeout: 5000, ...more });

async function failure(promise: Promise<HttpAnswer>): Promise<HttpFailure> {
  const error: unknown = await promise.then(
    ({ status }) => `answered ${status}`,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HttpFailure)) throw new Error(`no HttpFailure but ${String(error)}`);
  return error;
}

/** A body that comes in pieces, slowly, or with a fault at its end. */
async function* pieces(
  sizes: readonly number[],
  { pause = 0, fault }: { readonly pause?: number; readonly fault?: string } = {},
): AsyncGenerator<Uint8Array> {
  for (const size of sizes) {
    yield Buffer.alloc(size);
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
  }
  if (fault !== undefined) throw new Error(fault);
}

describe('createNetwork: http', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  async function listen(server: Server): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return (server.address() as AddressInfo).port;
  }

  const plain = async (handler: Handler): Promise<string> =>
    `http://localhost:${await listen(createServer(handler))}`;
  const encrypted = async ({ chain, key }: TestCertificate, handler: Handler = hello): Promise<string> =>
    `https://localhost:${await listen(createTlsServer({ cert: chain, key }, handler))}`;

  /** A server that is no HTTP server: does as it likes with each connection. */
  async function raw(serve: (socket: Socket) => void): Promise<string> {
    const sockets = new Set<Socket>();
    const server = createTcpServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      serve(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function open(options: Parameters<typeof startNetwork>[0] = {}): Network {
    const network = startNetwork(options);
    closers.push(() => network.close());
    return network;
  }

  it('sends method, headers and body, and answers status, headers and bytes as they came', async () => {
    const url = await plain((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.setHeader('Set-Cookie', ['a=1', 'b=2']);
        response.setHeader('Content-Encoding', 'gzip');
        response.writeHead(418);
        const { method, url: path, headers } = request;
        response.end(JSON.stringify({ method, path, headers, body: Buffer.concat(chunks).toString() }));
      });
    });
    const answer = await open().http.send({
      method: 'PATCH',
      url: `${url}/a/b?c=d`,
      headers: { Authorization: 'Bearer x', 'Content-Type': 'text/plain' },
      body: 'größer',
      timeout: 5000,
    });
    expect(answer.status).to.equal(418);
    expect(answer.headers['set-cookie']).to.equal('a=1, b=2');
    const echo: unknown = JSON.parse(answer.body.toString());
    expect(echo).to.deep.include({ method: 'PATCH', path: '/a/b?c=d', body: 'größer' });
    expect(echo).to.have.property('headers').that.includes({
      authorization: 'Bearer x',
      'content-length': '8',
      'accept-encoding': 'identity',
    });
  });

  it('streams a body as it comes, with the length that the headers name', async () => {
    const lengths: (string | undefined)[] = [];
    const url = await plain((request, response) => {
      lengths.push(request.headers['content-length'], request.headers['transfer-encoding']);
      let size = 0;
      request.on('data', (piece: Buffer) => (size += piece.length));
      request.on('end', () => response.end(String(size)));
    });
    const sizes = Array.from({ length: 30 }, () => 100_000);
    const headers = { 'Content-Length': '3000000' };
    const network = open();
    const answer = await network.http.send({
      method: 'POST',
      url,
      headers,
      body: pieces(sizes),
      timeout: 5000,
    });
    expect(answer.body.toString()).to.equal('3000000');
    const chunked = await network.http.send({ method: 'POST', url, body: pieces(sizes), timeout: 5000 });
    expect(chunked.body.toString()).to.equal('3000000');
    expect(lengths).to.deep.equal(['3000000', undefined, undefined, 'chunked']);
  });

  it('never follows a redirect', async () => {
    let asked = 0;
    const url = await plain((_request, response) => {
      asked += 1;
      response.writeHead(302, { Location: '/elsewhere' }).end();
    });
    const answer = await get(open(), url);
    expect([answer.status, answer.headers['location'], asked]).to.deep.equal([302, '/elsewhere', 1]);
  });

  it('uses a connection again, and a new one after the server closed it while idle', async () => {
    const sockets = new Set<Socket>();
    const url = await plain((request, response) => {
      sockets.add(request.socket);
      hello(request, response);
    });
    const network = open();
    await get(network, url);
    await get(network, url);
    expect(sockets.size).to.equal(1);
    for (const socket of sockets) socket.destroy();
    for (let times = 0; times < 5; times += 1) expect((await get(network, url)).status).to.equal(200);
    expect(sockets.size).to.equal(2);
  });

  it('keeps few connections warm however many were needed at once', async () => {
    let connections = 0;
    const server = createServer((_request, response) => void setTimeout(() => response.end('x'), 30));
    server.on('connection', (socket) => {
      connections += 1;
      socket.on('close', () => (connections -= 1));
    });
    const url = `http://localhost:${await listen(server)}`;
    const network = open();
    const answers = await Promise.all(Array.from({ length: 40 }, () => get(network, url)));
    expect(answers.every(({ status }) => status === 200)).to.equal(true);
    await until(() => connections <= 4, 'the others are closed');
    await network.close();
    await until(() => connections === 0, 'all are closed');
  });

  it('breaks off what is under way when it is closed, and asks nothing afterwards', async () => {
    let asked = 0;
    const url = await raw((socket) => void socket.on('data', () => (asked += 1)));
    const network = open();
    const waiting = get(network, url).catch((error: unknown) => error);
    await until(() => asked === 1, 'the server is asked');
    await network.close();
    for (const error of [await waiting, await get(network, url).catch((thrown: unknown) => thrown)]) {
      expect(error).to.be.instanceOf(HttpFailure).and.to.include({ code: 'ABORTED' });
    }
    expect(asked).to.equal(1);
  });

  describe('trust', () => {
    it('accepts what an anchor vouches for, and an imported certificate as itself', async () => {
      const authority = await makeAuthority();
      const url = await encrypted(await authority.issue());
      expect((await get(open({ anchors: liveAnchors(authority.certificate) }), url)).status).to.equal(200);
      const issued = await authority.issue();
      const pinned = await encrypted(issued);
      expect((await get(open({ anchors: liveAnchors(issued.certificate) }), pinned)).status).to.equal(200);
    });

    for (const [what, make, words] of [
      ['self-signed', () => makeSelfSigned(), 'it is self-signed and not a trust anchor'],
      ['for another host', async () => (await root).issue({ hosts: ['x.example'] }), 'another host name'],
      ['expired', async () => (await root).issue(expired()), 'it has expired'],
    ] as const) {
      it(`refuses a certificate that is ${what}, in words and with its fingerprint`, async () => {
        let asked = 0;
        const url = await encrypted(await make(), () => (asked += 1));
        const network = open({ anchors: liveAnchors((await root).certificate) });
        const error = await failure(get(network, `${url}/secret-path`, { headers: { A: 'secret-token' } }));
        expect(error).to.include({ code: 'ECERTIFICATE', sent: false });
        expect(error.message).to.match(/^showed a certificate for localhost that is not accepted/);
        expect(error.message).to.include(words);
        expect(error.message).to.match(/SHA-256 fingerprint ([0-9A-F]{2}:){31}/);
        expect(JSON.stringify([error.message, error.cause])).not.to.include('secret-');
        expect(asked).to.equal(0);
      });
    }
    const root = makeAuthority('The Root');

    it('counts a change of the anchors for the next request, warm connections included', async () => {
      const certificate = await makeSelfSigned();
      const url = await encrypted(certificate);
      const anchors = liveAnchors();
      const network = open({ anchors });
      expect(await failure(get(network, url))).to.include({ code: 'ECERTIFICATE' });
      anchors.trust(certificate.certificate);
      expect((await get(network, url)).status).to.equal(200);
      anchors.trust();
      expect(await failure(get(network, url))).to.include({ code: 'ECERTIFICATE' });
    });

    it('bounds what a hostile certificate says of itself', async () => {
      const hosts = Array.from({ length: 200 }, (_, index) => `host-${index}.example`);
      const url = await encrypted(await makeSelfSigned({ commonName: 'a\u001b[31m\u202eb', hosts }));
      const error = await failure(get(open(), url));
      expect(error.message.length).to.be.lessThan(1500);
      expect(error.message).not.to.match(/[\p{Cc}\p{Cf}]/u);
    });

    it('speaks no TLS below 1.2', async () => {
      const authority = await makeAuthority();
      const { chain, key } = await authority.issue();
      const old = createTlsServer(
        { cert: chain, key, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' },
        hello,
      );
      const url = `https://localhost:${await listen(old)}`;
      const error = await failure(get(open({ anchors: liveAnchors(authority.certificate) }), url));
      expect(error.sent).to.equal(false);
      expect(error.message).to.match(/TLS/);
    });
  });

  it('asks nobody over plain http but this machine, and nothing that is no address', async () => {
    for (const url of [
      'http://login.example.com/token?code=hush',
      'ftp://localhost/',
      'hush',
      'file:///etc/hush',
    ]) {
      const error = await failure(get(open(), url));
      expect(error).to.include({ code: 'EREQUEST', sent: false });
      expect(error.message).not.to.include('hush').and.not.to.include('example');
    }
  });

  describe('failures', () => {
    it('says what happened before the request left, and that it has not', async () => {
      const server = await plain(hello);
      const port = Number(new URL(server).port);
      await closers.pop()?.();
      expect(await failure(get(open(), `http://127.0.0.1:${port}`))).to.include({
        code: 'ECONNREFUSED',
        message: 'refuses connections',
        sent: false,
      });
      const noTls = await raw((socket) => void socket.end('220 mail.example ESMTP\r\n'));
      const error = await failure(get(open(), noTls.replace('http:', 'https:')));
      expect(error).to.include({ sent: false });
      expect(error.message).to.match(/TLS/);
    });

    it('counts a request as sent when the server closes without an answer', async () => {
      const url = await raw((socket) => void socket.on('data', () => socket.destroy()));
      const request = { method: 'POST', url, body: 'hush', timeout: 5000 } as const;
      const error = await failure(open().http.send(request));
      expect(error).to.include({ code: 'ECONNRESET', sent: true });
      expect(String(error)).not.to.include('hush');
    });

    it('counts a request as not sent while the last of its body is still here', async () => {
      const url = await raw((socket) => void socket.once('data', () => socket.destroy()));
      const body = Buffer.alloc(30_000_000);
      const error = await failure(open().http.send({ method: 'POST', url, body, timeout: 5000 }));
      expect(error.sent).to.equal(false);
      const slow = pieces([10, 10], { pause: 100 });
      const headers = { 'Content-Length': '20' };
      const streamed = open().http.send({ method: 'PUT', url, headers, body: slow, timeout: 5000 });
      expect((await failure(streamed)).sent).to.equal(false);
    });

    it('tells a body that cannot be read, or is not as long as was said, from a failure of the server', async () => {
      const url = await plain((request, response) => void request.resume().on('end', () => response.end()));
      const broken = pieces([10], { fault: 'the store is gone' });
      const headers = { 'Content-Length': '20' };
      const network = open();
      const error = await failure(
        network.http.send({ method: 'PUT', url, headers, body: broken, timeout: 5000 }),
      );
      expect(error).to.include({ code: 'EBODY', sent: false });
      const mismatch = await failure(
        network.http.send({ method: 'PUT', url, headers, body: pieces([50]), timeout: 5000 }),
      );
      expect(mismatch).to.include({
        code: 'EBODY',
        message: 'is not asked: the content is not as long as was announced',
      });
    });

    it('gives an answer that comes before the whole request was taken', async () => {
      const url = await plain((_request, response) => void response.writeHead(413).end('too large'));
      const endless = pieces(
        Array.from({ length: 1000 }, () => 1000),
        { pause: 5 },
      );
      const headers = { 'Content-Length': '1000000' };
      const answer = await open().http.send({ method: 'PUT', url, headers, body: endless, timeout: 5000 });
      expect(answer.status).to.equal(413);
    });

    it('reads no more of an answer than it may', async () => {
      let written = 0;
      const url = await plain((_request, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
        };
        response.on('drain', more);
        more();
      });
      const error = await failure(get(open(), url, { maxAnswer: 100_000 }));
      expect(error).to.include({ code: 'ETOOLARGE', sent: true });
      const whole = await plain((_request, response) => void response.end(Buffer.alloc(100_000)));
      expect((await get(open(), whole, { maxAnswer: 100_000 })).body.length).to.equal(100_000);
      expect(await failure(get(open(), whole, { maxAnswer: 99_999 }))).to.include({ code: 'ETOOLARGE' });
      expect(written).to.be.lessThan(50_000_000);
    });

    it('refuses endless header fields and what is not HTTP', async () => {
      const endless = await raw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        for (let line = 0; line < 1000; line += 1) socket.write(`X-${line}: ${'y'.repeat(100)}\r\n`);
      });
      expect(await failure(get(open(), endless))).to.include({
        code: 'ETOOLARGE',
        sent: true,
      });
      const other = await raw((socket) => void socket.end('hush-hush\r\n'));
      const error = await failure(get(open(), other));
      expect(error.message).to.include('not HTTP');
      expect(inspect(error, { depth: 10, showHidden: true })).not.to.include('hush');
    });

    it('refuses fields that would add more to the request, without showing them', async () => {
      const url = await plain(hello);
      const error = await failure(get(open(), url, { headers: { 'X-A': 'hush\r\nX-B: 1' } }));
      expect(error).to.include({ code: 'EREQUEST', sent: false });
      expect(String(error)).not.to.include('hush');
    });
  });

  describe('time', () => {
    it('ends a request whose answer does not come, at the hand of the clock', async () => {
      let asked = 0;
      const url = await plain(() => (asked += 1));
      const clock = new ManualClock();
      const answer = failure(get(open({ clock }), url, { timeout: 60_000 }));
      await until(() => asked === 1, 'it is asked');
      clock.advance(59_999);
      clock.advance(1);
      expect(await answer).to.include({
        code: 'ETIMEDOUT',
        sent: true,
        message: 'did not answer within 60 s',
      });
      expect(clock.pending).to.equal(0);
    });

    it('ends an answer that trickles in for ever', async () => {
      const url = await plain((_request, response) => {
        const timer = setInterval(() => response.write('x'), 5);
        response.on('close', () => clearInterval(timer));
      });
      expect(await failure(get(open(), url, { timeout: 200 }))).to.include({ code: 'ETIMEDOUT', sent: true });
    });

    it('ends a handshake that does not come to its end', async () => {
      let reached = false;
      const url = await raw(() => (reached = true));
      const clock = new ManualClock();
      const https = url.replace('http:', 'https:');
      const answer = failure(get(open({ clock }), https, { timeout: 60_000, connectTimeout: 5000 }));
      await until(() => reached, 'it is reached');
      clock.advance(5000);
      const words = { code: 'ETIMEDOUT', sent: false, message: 'gave no connection within 5 s' };
      expect(await answer).to.include(words);
      expect(clock.pending).to.equal(0);
    });

    it('leaves when the caller does: before, while connecting, and while waiting', async () => {
      let asked = 0;
      const url = await plain(() => (asked += 1));
      const network = open();
      const gone = await failure(get(network, url, { signal: AbortSignal.abort() }));
      expect(gone).to.include({ code: 'ABORTED', sent: false });
      expect(asked).to.equal(0);
      const controller = new AbortController();
      const answer = failure(get(network, url, { signal: controller.signal }));
      await until(() => asked === 1, 'it is asked');
      controller.abort();
      expect(await answer).to.include({ code: 'ABORTED', sent: true });
      const silent = await raw(() => undefined);
      const other = new AbortController();
      const connecting = failure(get(network, silent.replace('http:', 'https:'), { signal: other.signal }));
      other.abort();
      expect(await connecting).to.include({ code: 'ABORTED', sent: false });
    });
  });

  it('uses no warm connection again after the proxy has changed', async () => {
    const sockets = new Set<Socket>();
    const url = await plain((request, response) => {
      sockets.add(request.socket);
      hello(request, response);
    });
    const settings = liveSettings();
    const network = open({ settings });
    await get(network, url);
    settings.change({ proxy: { url: 'http://localhost:1' } });
    await get(network, url);
    expect(sockets.size).to.equal(2);
  });
});

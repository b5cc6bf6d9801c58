import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { assert, asyncProperty, nat, uniqueArray } from 'fast-check';
import { bypassesProxy } from '../../src/network/proxy-bypass.ts';
import { openTunnel } from '../../src/network/tunnel.ts';
import type { SettingsInput } from '../../src/settings/schema.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { HttpFailure } from '../../src/shared/http.ts';
import { Secret } from '../../src/shared/secret.ts';
import { makeAuthority, makeSelfSigned } from '../support/certificates.ts';
import { type ConnectProxy, type ConnectProxyOptions, startConnectProxy } from '../support/connect-proxy.ts';
import { liveAnchors, liveSettings, startNetwork } from '../support/network.ts';
import { until } from '../support/until.ts';

const patience = () => AbortSignal.timeout(5000);

/** Everything that comes until the other side closes or `enough` is there. */
async function readUntil(socket: Socket, enough: string): Promise<string> {
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.includes(enough)) break;
  }
  return text;
}

async function failure(promise: Promise<unknown>): Promise<HttpFailure> {
  const error: unknown = await promise.then(
    () => 'no failure',
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HttpFailure)) throw new Error(`no HttpFailure but ${String(error)}`);
  return error;
}

describe('createNetwork: proxy', () => {
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  async function proxyWith(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
    const proxy = await startConnectProxy(options);
    closers.push(() => proxy.close());
    return proxy;
  }

  /** A server that greets at once and echoes. */
  async function greeter(): Promise<number> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.write('220 mail.example ESMTP\r\n');
      socket.pipe(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  function networkWith(
    proxy: NonNullable<SettingsInput['proxy']>,
    more: Omit<NonNullable<Parameters<typeof startNetwork>[0]>, 'settings'> = {},
  ) {
    const network = startNetwork({ ...more, settings: { proxy } });
    closers.push(() => network.close());
    return network;
  }

  for (const together of [false, true]) {
    it(`tunnels to a server that speaks first${together ? ', in one packet with the answer' : ''}`, async () => {
      const port = await greeter();
      const proxy = await proxyWith({ together });
      const socket = await networkWith({ url: proxy.url }).dial('mail.example.com', port, patience());
      socket.write('hello\r\n');
      expect(await readUntil(socket, 'hello')).to.equal('220 mail.example ESMTP\r\nhello\r\n');
      expect(proxy.asked).to.deep.equal([`mail.example.com:${port}`]);
      socket.destroy();
    });
  }

  it('leaves what comes behind the answer for a reader that listens for data later', async () => {
    const port = await greeter();
    const proxy = await proxyWith({ together: true });
    const socket = await networkWith({ url: proxy.url }).dial('mail.example.com', port, patience());
    await new Promise((resolve) => setTimeout(resolve, 20));
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until(() => text === '220 mail.example ESMTP\r\n', 'the greeting comes');
    socket.destroy();
  });

  it('reads over interim answers', async () => {
    const port = await greeter();
    const proxy = await proxyWith({
      before: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nA: b\r\n\r\n',
    });
    const socket = await networkWith({ url: proxy.url }).dial('mail.example.com', port, patience());
    expect(await readUntil(socket, '\n')).to.equal('220 mail.example ESMTP\r\n');
    socket.destroy();
  });

  it('signs in with the password as it is now', async () => {
    const port = await greeter();
    let password = 'first:one';
    const proxy = await proxyWith({ credentials: () => `relay:${password}` });
    const settings = liveSettings(
      { proxy: { url: proxy.url, user: 'relay', password: { env: 'PROXY' } } },
      async () => new Secret(password),
    );
    const network = startNetwork({ settings });
    closers.push(() => network.close());
    for (const next of ['first:one', 'zwölf']) {
      password = next;
      (await network.dial('mail.example.com', port, patience())).destroy();
    }
    expect(network.proxyFor('mail.example.com')).to.deep.equal({ url: proxy.url, user: 'relay' });
  });

  it('asks for an https server through the tunnel, and checks that server itself', async () => {
    const authority = await makeAuthority();
    const { chain, key } = await authority.issue({ hosts: ['login.example.com'] });
    const server = createTlsServer({ cert: chain, key }, (request, response) => {
      response.end(`${request.method} ${request.headers['proxy-authorization']}`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => (server.closeAllConnections(), server.close()));
    const port = (server.address() as AddressInfo).port;
    const proxy = await proxyWith({ credentials: 'relay:hush' });
    const network = networkWith(
      { url: proxy.url, user: 'relay', password: { value: 'hush' } },
      { anchors: liveAnchors(authority.certificate) },
    );
    const ask = (host: string) =>
      network.http.send({ method: 'GET', url: `https://${host}:${port}/`, timeout: 5000 });
    expect((await ask('login.example.com')).body.toString()).to.equal('GET undefined');
    await ask('login.example.com');
    expect(proxy.asked, 'the tunnel is used again').to.have.length(1);
    expect(await failure(ask('other.example.com'))).to.include({ code: 'ECERTIFICATE', sent: false });
  });

  it('speaks TLS with a proxy that wants it, and trusts only the right one', async () => {
    const port = await greeter();
    const authority = await makeAuthority();
    const proxy = await proxyWith({ certificate: await authority.issue(), together: true });
    const network = networkWith({ url: proxy.url }, { anchors: liveAnchors(authority.certificate) });
    const socket = await network.dial('mail.example.com', port, patience());
    expect(await readUntil(socket, '\n')).to.equal('220 mail.example ESMTP\r\n');
    socket.destroy();
    const error = await failure(networkWith({ url: proxy.url }).dial('mail.example.com', port, patience()));
    expect(error.code).to.equal('EPROXY');
    expect(error.message).to.include(`the proxy https://localhost:${proxy.port} showed a certificate`);
  });

  it('encrypts to an https server within TLS to the proxy', async () => {
    const authority = await makeAuthority();
    const { chain, key } = await authority.issue({ hosts: ['login.example.com'] });
    const server = createTlsServer({ cert: chain, key }, (_request, response) => void response.end('inner'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => (server.closeAllConnections(), server.close()));
    const url = `https://login.example.com:${(server.address() as AddressInfo).port}/`;
    const proxy = await proxyWith({ certificate: await authority.issue() });
    const network = networkWith({ url: proxy.url }, { anchors: liveAnchors(authority.certificate) });
    const answer = await network.http.send({ method: 'GET', url, timeout: 5000 });
    expect(answer.body.toString()).to.equal('inner');
  });

  it('goes past the proxy for this machine and for what is named', async () => {
    const port = await greeter();
    const proxy = await proxyWith();
    const settings = liveSettings({ proxy: { url: proxy.url } });
    const network = startNetwork({ settings });
    closers.push(() => network.close());
    for (const host of ['localhost', '127.0.0.1', 'mail.localhost']) {
      expect(network.proxyFor(host), host).to.equal(undefined);
    }
    (await network.dial('localhost', port, patience())).destroy();
    expect(proxy.asked).to.deep.equal([]);
    settings.change({});
    expect(network.proxyFor('mail.example.com')).to.equal(undefined);
  });

  describe('failures', () => {
    const target = ['mail.example.com', 587] as const;

    for (const [what, user, words] of [
      ['no user', {}, 'wants a user name and a password (407); set proxy.user and proxy.password'],
      [
        'the wrong password',
        { user: 'relay', password: { value: 'hush-wrong' } },
        'refuses the user name or the password (407); check proxy.user and proxy.password',
      ],
    ] as const) {
      it(`says which settings to mend with ${what}`, async () => {
        const proxy = await proxyWith({ credentials: 'relay:hush-right' });
        const error = await failure(networkWith({ url: proxy.url, ...user }).dial(...target, patience()));
        expect(error).to.include({ code: 'EPROXYAUTH', sent: false });
        expect(error.message).to.equal(`cannot be reached: the proxy ${proxy.url} ${words}`);
        expect(error.message).not.to.include('hush');
      });
    }

    it('says so when the password cannot be read', async () => {
      const proxy = await proxyWith();
      const settings = liveSettings(
        { proxy: { url: proxy.url, user: 'relay', password: { env: 'PROXY' } } },
        () =>
          Promise.reject(new RelayError('secret-unavailable', 'the environment variable PROXY is not set')),
      );
      const network = startNetwork({ settings });
      const error = await failure(network.dial(...target, patience()));
      expect(error.code).to.equal('EPROXYAUTH');
      expect(error.message).to.include('PROXY is not set').and.to.include('proxy.password');
      await network.close();
    });

    for (const [what, told] of [
      ['the password', 'for relay:hush-word'],
      ['a piece of the password', 'for ush-wo'],
      ['the header', `for Basic ${Buffer.from('relay:hush-word').toString('base64')}`],
    ] as const) {
      it(`does not repeat the words of a proxy that repeats ${what}`, async () => {
        const proxy = await proxyWith({
          instead: (client) => client.end(`HTTP/1.1 502 no way ${told}\r\n\r\n`),
        });
        const settings = { url: proxy.url, user: 'relay', password: { value: 'hush-word' } };
        const error = await failure(networkWith(settings).dial(...target, patience()));
        expect(error.message).to.match(/got no connection to mail.example.com:587 \(502\)$/);
      });
    }

    it('names the schemes of a proxy that does not speak Basic', async () => {
      const proxy = await proxyWith({
        instead: (client) =>
          client.end(
            'HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate abc\r\n\r\n',
          ),
      });
      const error = await failure(networkWith({ url: proxy.url }).dial(...target, patience()));
      expect(error.code).to.equal('EPROXYAUTH');
      expect(error.message).to.include('offers only NTLM, Negotiate').and.to.include('proxy.bypass');
    });

    for (const [what, answer, words] of [
      [
        'forbids',
        'HTTP/1.1 403 Forbidden\r\n\r\n',
        /does not let connections to mail.example.com:587 through \(403 Forbidden\)/,
      ],
      [
        'reaches nobody',
        'HTTP/1.1 503 \u001b[31mno\r\n\r\n',
        /got no connection to mail.example.com:587 \(503 \[31mno\)/,
      ],
      ['answers with a page', 'HTTP/1.1 302\r\nLocation: /\r\n\r\n', /\(302\)/],
      ['is no proxy', '220 mail.example ESMTP\r\n', /does not answer in HTTP; check proxy.url/],
      ['is another protocol', 'HTTP/2.0 200 OK\r\n\r\n', /does not answer in HTTP/],
      ['closes', '', /closed the connection instead of answering/],
      [
        'closes within the answer',
        'HTTP/1.1 200 OK\r\nA: b\r\n',
        /closed the connection instead of answering/,
      ],
    ] as const) {
      it(`says so when the proxy ${what}`, async () => {
        const proxy = await proxyWith({ instead: (client) => client.end(answer) });
        const error = await failure(networkWith({ url: proxy.url }).dial(...target, patience()));
        expect(error).to.include({ code: 'EPROXY', sent: false });
        expect(error.message).to.match(words);
        await until(() => proxy.open() === 0, 'nothing stays open');
      });
    }

    it('reads no endless answer, neither one field nor interim answers', async () => {
      for (const piece of [`X: ${'y'.repeat(1000)}\r\n`, 'HTTP/1.1 100 Continue\r\n\r\n', 'y'.repeat(1000)]) {
        const proxy = await proxyWith({
          instead(client) {
            client.write('HTTP/1.1 100 Continue\r\n');
            if (piece.startsWith('HTTP')) client.write('\r\n');
            const more = (): void => {
              while (!client.destroyed && client.write(piece));
            };
            client.on('drain', more);
            more();
          },
        });
        const error = await failure(networkWith({ url: proxy.url }).dial(...target, patience()));
        expect(error).to.include({ code: 'EPROXY' });
        expect(error.message).to.include('answers without an end');
      }
    });

    it('says so when there is no proxy', async () => {
      const proxy = await startConnectProxy();
      await proxy.close();
      const error = await failure(networkWith({ url: proxy.url }).dial(...target, patience()));
      expect(error.code).to.equal('EPROXY');
      expect(error.message).to.equal(`cannot be reached: the proxy ${proxy.url} refuses connections`);
    });

    it('does not wait for a silent proxy longer than it may, and closes the connection', async () => {
      let client: Socket | undefined;
      const proxy = await proxyWith({ instead: (socket) => (client = socket) });
      const controller = new AbortController();
      const dialled = networkWith({ url: proxy.url })
        .dial(...target, controller.signal)
        .catch((error: unknown) => error);
      await until(() => client !== undefined, 'the proxy is asked');
      controller.abort(new Error('enough'));
      expect(String(await dialled)).to.equal('Error: enough');
      await until(() => client?.destroyed === true, 'the connection is closed');
    });

    it('counts a request that did not get past the proxy as not sent', async () => {
      const proxy = await proxyWith({ credentials: 'a:b' });
      const url = 'https://login.example.com/token';
      const sent = networkWith({ url: proxy.url }).http.send({
        method: 'POST',
        url,
        body: 'x',
        timeout: 5000,
      });
      expect(await failure(sent)).to.include({ code: 'EPROXYAUTH', sent: false });
    });
  });

  it('understands the answer however it is split', async () => {
    const answer = Buffer.from('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nVia: x\r\n\r\n220 hello\r\n');
    await assert(
      asyncProperty(uniqueArray(nat({ max: answer.length }), { maxLength: 6 }), async (cuts) => {
        const { near, far, close } = await pair();
        try {
          const tunnel = openTunnel(near, { host: 'a', port: 1, proxy: 'p' }, patience());
          let from = 0;
          for (const cut of [...cuts.toSorted((a, b) => a - b), answer.length]) {
            if (cut > from) far.write(answer.subarray(from, cut));
            from = Math.max(from, cut);
            await new Promise((resolve) => setImmediate(resolve));
          }
          await tunnel;
          expect(await readUntil(near, '\n')).to.equal('220 hello\r\n');
        } finally {
          close();
        }
      }),
      { numRuns: 40 },
    );
  });

  it('asks for an IPv6 address in brackets', async () => {
    const proxy = await proxyWith({ instead: (client) => client.end('HTTP/1.1 503 no\r\n\r\n') });
    await failure(networkWith({ url: proxy.url }).dial('2001:db8::1', 587, patience()));
    expect(proxy.heads[0]).to.match(
      /^CONNECT \[2001:db8::1\]:587 HTTP\/1.1\r\nHost: \[2001:db8::1\]:587\r\n/,
    );
  });

  it('trusts nobody less for a self-signed https proxy that was imported', async () => {
    const port = await greeter();
    const own = await makeSelfSigned();
    const proxy = await proxyWith({ certificate: own });
    const network = networkWith({ url: proxy.url }, { anchors: liveAnchors(own.certificate) });
    (await network.dial('mail.example.com', port, patience())).destroy();
  });
});

/** Two ends of one connection. */
async function pair(): Promise<{ near: Socket; far: Socket; close: () => void }> {
  const { connect } = await import('node:net');
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  far.on('error', () => undefined);
  far.resume();
  const close = (): void => {
    near.destroy();
    far.destroy();
    server.close();
  };
  return { near, far, close };
}

describe('bypassesProxy', () => {
  const bypass = ['intranet.example', '.corp.example', '10.0.0.0/8', '2001:db8::/32', '192.0.2.7'];
  for (const [host, passes] of [
    ['localhost', true],
    ['127.3.4.5', true],
    ['::1', true],
    ['[::1]', true],
    ['intranet.example', true],
    ['Intranet.Example.', true],
    ['sub.intranet.example', false],
    ['mail.corp.example', true],
    ['corp.example', true],
    ['notcorp.example', false],
    ['10.255.0.1', true],
    ['::ffff:10.1.2.3', true],
    ['11.0.0.1', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['2001:db8::5', true],
    ['2001:db9::5', false],
    ['10.example.com', false],
    ['', false],
  ] as const) {
    it(`${host} ${passes ? 'goes past' : 'takes'} the proxy`, () => {
      expect(bypassesProxy(host, bypass)).to.equal(passes);
    });
  }
});

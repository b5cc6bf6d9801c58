import dgram from 'node:dgram';
import { lookup, resolve4 } from 'node:dns/promises';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { expect } from 'chai';
import { isLoopback, takeBreaches } from '../support/loopback-only.ts';

describe('no test reaches beyond this machine', () => {
  afterEach(() => {
    takeBreaches(); // made on purpose here
  });

  it('knows the addresses of this machine', () => {
    for (const host of [
      '127.0.0.1',
      '127.3.2.1',
      '::1',
      '[::1]',
      'localhost',
      'LOCALHOST.',
      'a.localhost',
      '',
    ]) {
      expect(isLoopback(host), host).to.equal(true);
    }
    for (const host of [
      '192.0.2.1',
      '10.0.0.1',
      '2001:db8::1',
      'example.com',
      '127.0.0.1.example.com',
      '::ffff:192.0.2.1',
    ]) {
      expect(isLoopback(host), host).to.equal(false);
    }
  });

  const attempts: Readonly<Record<string, () => unknown>> = {
    'net.connect with a port and a host': () => net.connect(25, '192.0.2.1'),
    'net.connect with options': () => net.connect({ host: 'example.com', port: 25 }),
    'a socket’s own connect': () => new net.Socket().connect(25, '192.0.2.1'),
    'tls.connect': () => tls.connect({ host: '192.0.2.1', port: 465 }),
    'http.get': () => http.get('http://192.0.2.1/').on('error', () => undefined),
    fetch: () => fetch('http://192.0.2.1/').catch(() => undefined),
    'a datagram': () => {
      const socket = dgram.createSocket('udp4');
      try {
        socket.send('x', 53, '192.0.2.1');
      } finally {
        socket.close();
      }
    },
    'dns.lookup': () => lookup('example.com'),
    'dns.resolve4': () => resolve4('example.com'),
  };
  for (const [title, attempt] of Object.entries(attempts)) {
    it(`stops ${title}, and remembers it for the test that did it`, async () => {
      try {
        await attempt();
      } catch {
        // code under test might do the same
      }
      expect(takeBreaches()).to.have.length(1);
    });
  }

  it('leaves connections to this machine alone', async () => {
    const server = net.createServer((socket) => socket.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    for (const host of ['127.0.0.1', 'localhost']) {
      const text = await new Promise((resolve, reject) => {
        net
          .connect(port, host)
          .once('data', (bytes) => resolve(bytes.toString()))
          .once('error', reject);
      });
      expect(text).to.equal('hello');
    }
    await new Promise((resolve) => server.close(resolve));
    expect(takeBreaches()).to.deep.equal([]);
  });
});

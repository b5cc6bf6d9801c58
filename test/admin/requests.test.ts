import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { RelayError } from '../../src/shared/errors.ts';
import { type RunningAdmin, sampleMessage, startAdmin, TOKEN } from '../support/admin.ts';

const ID = '0000000000000001';

/** A request with a Host header of choice, which fetch does not allow. */
function withHost(
  url: string,
  headers: Record<string, string>,
  method = 'GET',
  path = '/metrics',
): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url + path,
      { method, headers: { Connection: 'close', ...headers } },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    request.on('error', reject);
    request.end();
  });
}

describe('requests to the admin interface', () => {
  let running: RunningAdmin;
  beforeEach(async () => {
    running = await startAdmin();
    running.messages.set(ID, sampleMessage(ID));
  });
  afterEach(() => running.stop());

  it('tells nothing about the software, is never cached and runs nothing in a browser', async () => {
    for (const path of ['/livez', '/api/v1/queue', '/nowhere']) {
      const { headers } = await running.request(path);
      expect(headers.get('x-powered-by')).to.equal(null);
      expect(headers.get('cache-control')).to.equal('no-store');
      expect(headers.get('x-content-type-options')).to.equal('nosniff');
      expect(headers.get('content-security-policy')).to.contain("default-src 'none'");
    }
  });

  it('answers 404 for what is not there, and 405 with Allow for another method', async () => {
    expect((await running.request('/api/v1/nothing')).status).to.equal(404);
    const other = await running.request('/api/v1/queue', { method: 'DELETE' });
    expect(other.status).to.equal(405);
    expect(other.headers.get('allow')).to.equal('GET');
  });

  for (const [name, host, status] of [
    ['an address', '192.0.2.1:8025', 200],
    ['an IPv6 address', '[2001:db8::1]:8025', 200],
    ['localhost', 'LocalHost:8025', 200],
    ['the name of the relay', 'relay.example.com', 200],
    ['a name of somebody else (DNS rebinding)', 'evil.example', 403],
    ['a name that only begins like ours', 'localhost.evil.example', 403],
    ['an address inside a name', '127.0.0.1.evil.example', 403],
    ['a user part', 'localhost@evil.example', 403],
    ['a port alone', ':8025', 403],
  ] as const) {
    it(`answers ${status} under ${name}`, async () => {
      expect(await withHost(running.url, { Host: host })).to.equal(status);
    });
  }

  it('answers probes under any name', async () => {
    expect(await withHost(running.url, { Host: 'pod.cluster' }, 'GET', '/livez')).to.equal(200);
    expect(await withHost(running.url, { Host: 'pod.cluster' }, 'GET', '/readyz')).to.equal(200);
  });

  it('takes no writes from pages of other sites, even with the token', async () => {
    const Authorization = `Bearer ${TOKEN}`;
    for (const headers of [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { Origin: 'http://127.0.0.1:1' },
      { 'Sec-Fetch-Site': 'cross-site' },
    ]) {
      const response = await running.post('/api/v1/queue/delete', { all: true }, { headers: { ...headers } });
      expect(response.status, JSON.stringify(headers)).to.equal(403);
    }
    expect(running.verbs).to.deep.equal([]);
    const own = await running.post(
      '/api/v1/queue/retry',
      { all: true },
      { headers: { Authorization, Origin: running.url } },
    );
    expect(own.status).to.equal(200);
  });

  for (const [name, options, status] of [
    ['a form of another page', { headers: { 'Content-Type': 'text/plain' }, body: '{"all":true}' }, 415],
    ['a body without a type', { headers: { 'Content-Type': '' }, body: '{"all":true}' }, 415],
    [
      'another character set',
      { headers: { 'Content-Type': 'application/json; charset=latin1' }, body: '{}' },
      415,
    ],
    ['a compressed body', { headers: { 'Content-Encoding': 'gzip' }, body: '{}' }, 415],
    ['half a document', { body: '{"all":' }, 400],
    ['more than 1 MiB', { body: JSON.stringify({ subject: 'x'.repeat(1_100_000) }) }, 413],
    ['an empty filter', { body: '{}' }, 400],
    ['no body', {}, 400],
    ['a list', { body: '[]' }, 400],
    ['all: false', { body: '{"all":false}' }, 400],
    ['no ids', { body: '{"ids":[]}' }, 400],
    ['an id that is none', { body: '{"ids":["../x"]}' }, 400],
    ['an unknown condition', { body: '{"all":true,"recipent":"x"}' }, 400],
    ['a prototype key', { body: '{"__proto__":{"all":true}}' }, 400],
    ['a constructor key', { body: '{"constructor":{"prototype":{"all":true}}}' }, 400],
  ] as const) {
    it(`refuses ${name} with ${status} and touches nothing`, async () => {
      const headers = {
        'Content-Type': 'application/json',
        ...('headers' in options ? options.headers : {}),
      };
      const response = await running.request('/api/v1/queue/delete', { method: 'POST', ...options, headers });
      const body = await response.text();
      expect(response.status, body).to.equal(status);
      expect(JSON.parse(body)).to.include({ code: 'bad-request' });
      expect(running.verbs).to.deep.equal([]);
      expect({}).not.to.have.property('all');
    });
  }

  it('names every fault of a request by path', async () => {
    const response = await running.post('/api/v1/queue/hold', {
      ids: ['x', ID, 'y'],
      subject: '',
      nonsense: 1,
    });
    const body: unknown = await response.json();
    expect(body)
      .to.have.property('faults')
      .that.satisfies((faults: { path: string }[]) => {
        expect(faults.map(({ path }) => path)).to.have.members(['ids[0]', 'ids[2]', 'subject', 'nonsense']);
        return true;
      });
  });

  it('gives a message as a file that no browser opens, byte for byte', async () => {
    const response = await running.request(`/api/v1/queue/${ID}/content`);
    expect(response.headers.get('content-type')).to.equal('message/rfc822');
    expect(response.headers.get('content-disposition')).to.equal(`attachment; filename="${ID}.eml"`);
    expect(response.headers.get('content-security-policy')).to.contain('sandbox');
    expect(await response.text()).to.equal('Subject: Scan 1\r\n\r\nHello\r\n');
    expect((await running.request('/api/v1/queue/0000000000000009/content')).status).to.equal(404);
  });

  it('cuts the connection when the content fails on the way, so that half a message is not taken for a whole one', async () => {
    const broken = {
      ...running.services.queue,
      body: async () => ({
        size: 100,
        async *chunks() {
          yield Buffer.from('half');
          throw new Error('the disk went');
        },
      }),
    };
    await running.stop();
    running = await startAdmin({ queue: broken });
    const failed = await running.request(`/api/v1/queue/${ID}/content`).then(
      (response) =>
        response.text().then(
          () => false,
          () => true,
        ),
      () => true,
    );
    expect(failed).to.equal(true);
  });

  it('shows nothing of an error that is not its own, and logs it', async () => {
    const thrown = new Error('password=hunter2 at /srv/secret');
    const queue = { ...running.services.queue, list: () => Promise.reject(thrown) };
    await running.stop();
    running = await startAdmin({ queue });
    const response = await running.request('/api/v1/queue');
    expect(response.status).to.equal(500);
    expect(await response.json()).to.deep.equal({
      code: 'internal',
      message: 'Postern failed; the log says why.',
    });
    expect(running.log.lines.join('\n')).to.contain('hunter2');
  });

  for (const [code, status] of [
    ['store-full', 507],
    ['store-unavailable', 503],
    ['not-found', 404],
    ['not-allowed', 409],
    ['stopping', 503],
  ] as const) {
    it(`turns ${code} into ${status}, with its words and its hint`, async () => {
      const { services } = running;
      await running.stop();
      const list = async () => {
        throw new RelayError(code, 'This is why.', { hint: 'Do that.', cause: new Error('hidden') });
      };
      running = await startAdmin({ queue: { ...services.queue, list } });
      const response = await running.request('/api/v1/queue');
      expect(response.status).to.equal(status);
      expect(await response.json()).to.deep.equal({ code, message: 'This is why.', hint: 'Do that.' });
    });
  }

  it('sends only what the contract names', async () => {
    const secretive = { ...sampleMessage(ID), lane: 'office\tscanner', password: 'hunter2' };
    running.messages.set(ID, secretive);
    const text = await (await running.request(`/api/v1/queue/${ID}`)).text();
    expect(text).to.contain('"subject":"Scan 1"').and.not.contain('hunter2').and.not.contain('lane');
  });

  it('shows metrics to strangers only where no proxy passes them on', async () => {
    const stranger = { headers: { Authorization: 'none' } };
    expect((await running.request('/metrics', stranger)).status).to.equal(200);
    await running.stop();
    running = await startAdmin({ behindProxy: true });
    expect((await running.request('/metrics', stranger)).status).to.equal(401);
    expect((await running.request('/metrics')).status).to.equal(200);
  });

  it('is not ready, and says why, when a check fails', async () => {
    await running.stop();
    const readiness = { ready: false, checks: [{ name: 'store', ready: false, text: 'is full' }] };
    running = await startAdmin({ health: { readiness: async () => readiness } });
    const response = await running.request('/readyz');
    expect(response.status).to.equal(503);
    expect(await response.json()).to.deep.equal(readiness);
    expect((await running.request('/livez')).status).to.equal(200);
  });

  it('stops in time although a caller never finishes its request', async () => {
    const socket = connect(running.admin.address().port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      socket.write('POST /api/v1/queue/retry HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n', () =>
        resolve(),
      );
    });
    const start = performance.now();
    await running.admin.stop(100);
    expect(performance.now() - start).to.be.lessThan(1000);
    socket.destroy();
  });
});

import { readFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { expect } from 'chai';
import { typed } from '../support/command-line.ts';
import { type Relay, relaySettings, startRelay } from '../support/relay.ts';

const PASSWORD = 'four unusual words together';

describe('a Postern whose admin speaks https', () => {
  let relay: Relay;
  before(async () => {
    relay = await startRelay(relaySettings(), {
      admin: { address: '127.0.0.1', port: 0, behindProxy: false, certificate: 'default' },
    });
  });
  after(() => relay.remove());

  const address = () => `127.0.0.1:${relay.app.admin.address().port}`;

  /** A POST of our own page, checked against the certificate that Postern made. */
  async function post(path: string, body: unknown, cookie = '') {
    const ca = await readFile(join(relay.directory, 'certificates', 'default.crt'), 'utf8');
    return new Promise<{ status: number; cookies: readonly string[] }>((resolve, reject) => {
      const request = httpsRequest(
        `https://${address()}${path}`,
        {
          ca,
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Origin: `https://${address()}`, Cookie: cookie },
        },
        (response) => {
          response.resume();
          resolve({ status: response.statusCode ?? 0, cookies: response.headers['set-cookie'] ?? [] });
        },
      );
      request.on('error', reject);
      request.end(JSON.stringify(body));
    });
  }

  it('signs people in with cookies that go nowhere but there, and the command line finds it', async () => {
    const link = await readFile(join(relay.directory, 'setup.link'), 'utf8');
    const token = link.trim().split('#')[1];
    const made = await post('/api/v1/setup', { token, name: 'Ada', password: PASSWORD });
    expect(made.status).to.equal(201);
    const session = made.cookies.find((cookie) => cookie.startsWith('__Host-postern-session=')) ?? '';
    expect(session)
      .to.contain('Secure')
      .and.contain('HttpOnly')
      .and.contain('SameSite=Strict')
      .and.contain('Path=/');
    const sent = await post('/api/v1/send-test', { to: 'a@example.com' }, session.split(';')[0]);
    expect(sent.status).to.equal(202);
    // Under the name that plain http uses, it is nobody's.
    const plain = (session.split(';')[0] ?? '').replace('__Host-', '');
    expect((await post('/api/v1/send-test', { to: 'a@example.com' }, plain)).status).to.equal(401);

    const { code, out, err } = await typed(['audit', '--admin', address(), '--data', relay.directory]);
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(out).to.match(/Ada from 127\.0\.0\.1: Sent a test mail to a@example\.com\. \[mail\.test-sent\]/);
    const filtered = await typed([
      'audit',
      '--action',
      'mail',
      '--by',
      'nobody-else',
      '--admin',
      address(),
      '--data',
      relay.directory,
    ]);
    expect(filtered.out).to.equal('No entry matches.\n');
  });
});

import { connect } from 'node:net';
import { expect } from 'chai';
import { errorSchema } from '../../src/admin/contract.ts';
import { type RunningAdmin, startAdmin, TOKEN } from '../support/admin.ts';

/** What comes back for these bytes until the connection ends. */
function raw(running: RunningAdmin, bytes: string | Buffer): Promise<string> {
  const { port } = running.admin.address();
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.setEncoding('utf8').setTimeout(5000, () => socket.destroy(new Error('no end of the answer')));
    socket.on('data', (piece: string) => {
      answer += piece;
    });
    socket.once('error', reject).once('close', () => resolve(answer));
  });
}

const cases: readonly (readonly [name: string, bytes: string, status: number])[] = [
  ['noise', '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', 400],
  ['another protocol', 'EHLO printer\r\n\r\n', 400],
  ['a path with a space', 'GET /livez now HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
  ['a header without a name', 'GET /livez HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n', 400],
  [
    'two lengths',
    'POST /api/v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    400,
  ],
  [
    'a length beside chunks',
    'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    400,
  ],
  ['headers of 20 KiB', `GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_480)}\r\n\r\n`, 431],
  [
    'two Hosts, the first of which is ours',
    'GET /livez HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\nConnection: close\r\n\r\n',
    400,
  ],
  ['no Host', 'GET /api/v1/settings HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  [
    'an expectation',
    'GET /livez HTTP/1.1\r\nHost: localhost\r\nExpect: a-miracle\r\nConnection: close\r\n\r\n',
    417,
  ],
  [
    'broken percent-encoding',
    'GET /api/v1/queue/%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer TOKEN\r\n\r\n',
    400,
  ],
  ['an address that is none', 'GET //[ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 404],
  [
    'a method that is not taken',
    'PATCH /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    405,
  ],
  ['OPTIONS', 'OPTIONS /api/v1/settings HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 405],
  ['nothing there', 'GET /api/v1/nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 404],
];

describe('requests that are none', () => {
  let running: RunningAdmin;
  before(async () => {
    running = await startAdmin();
  });
  after(() => running.stop());

  for (const [name, bytes, status] of cases) {
    it(`are answered ${status} in the shape of every error: ${name}`, async () => {
      const answer = await raw(running, bytes.replace('TOKEN', TOKEN));
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      expect(head).to.match(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(head.toLowerCase()).to.include('content-type: application/json');
      expect(head.toLowerCase()).to.include('connection: close');
      expect(() => errorSchema.parse(JSON.parse(body))).to.not.throw();
    });
  }

  it('end the connection, and the next one is served', async () => {
    await raw(running, 'EHLO printer\r\n\r\nGET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect((await running.request('/livez')).status).to.equal(200);
  });

  it('may lack a Host when they are health checks over HTTP/1.0', async () => {
    expect(await raw(running, 'GET /livez HTTP/1.0\r\n\r\n')).to.match(/^HTTP\/1\.1 200 /);
  });
});

import { expect } from 'chai';
import type { MessageBody } from '../../../src/message/envelope.ts';
import type { HttpClient } from '../../../src/shared/http.ts';
import {
  type ApiReaction,
  type ApiRequest,
  type ApiServer,
  startApiServer,
} from '../../support/api-server.ts';
import { collect } from '../../support/heap-kept.ts';
import { apiMessage, apiTransport, never, recipientOutcomes, testHttp, to } from './support.ts';

const HEADER = [
  'From: Scanner <scanner@example.com>',
  'To: Ann <ann@example.com>',
  'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=',
  'Message-ID: <big@example.com>',
  'X-Original-From: Old <old@example.com>',
  'MIME-Version: 1.0',
];

/** Base64 in lines of 76, as devices write it. */
function encoded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/.{1,76}/g, '$&\r\n');
}

function mixed(file: Buffer, more: readonly string[] = []): string {
  return [
    ...HEADER,
    'Content-Type: multipart/mixed; boundary="b1"',
    '',
    'preamble',
    '--b1',
    'Content-Type: multipart/alternative; boundary=b1x',
    '',
    '--b1x',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Hello',
    '--b1x',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    '<p>Gr=C3=BC=C3=9F=',
    'e</p>',
    '--b1x--',
    '--b1',
    "Content-Type: application/pdf; name*=utf-8''b%C3%BCro.pdf",
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment',
    '',
    `${encoded(file)}--b1`,
    'Content-Type: text/csv; name="small.csv"',
    '',
    'a;b',
    ...more,
    '--b1--',
    '',
  ].join('\r\n');
}

function bytesOf(size: number, seed = 7): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed;
  for (let index = 0; index < size; index += 1) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    bytes[index] = state >> 16;
  }
  return bytes;
}

/** A Graph that takes drafts; `upset` answers in its place. */
function graph(url: () => string, upset: (request: ApiRequest) => ApiReaction | undefined = () => undefined) {
  return (request: ApiRequest): ApiReaction => {
    const other = upset(request);
    if (other) return other;
    if (request.method === 'DELETE') return { status: 204 };
    if (request.method === 'PUT') return { status: 200, body: { nextExpectedRanges: [] } };
    if (request.path.endsWith('/sendMail')) return { status: 413 };
    if (request.path.endsWith('/messages')) return { status: 201, body: { id: 'draft=1/x' } };
    if (request.path.endsWith('/createUploadSession')) {
      return { status: 201, body: { uploadUrl: `${url()}/upload?token=secret` } };
    }
    if (request.path.endsWith('/attachments')) return { status: 201, body: { id: 'a' } };
    return { status: 202 };
  };
}

const ROOT = '/v1.0/users/relay%40example.com/messages';
const DRAFT = `${ROOT}/draft%3D1%2Fx`;
const steps = (server: ApiServer): string[] => server.requests.map(({ method, path }) => `${method} ${path}`);

describe('Graph transport, large messages', () => {
  let server: ApiServer;
  afterEach(() => server.close());
  const file = bytesOf(5_000_001);

  async function start(upset?: (request: ApiRequest) => ApiReaction | undefined): Promise<void> {
    server = await startApiServer(graph(() => server.url, upset));
  }

  it('makes a draft, uploads the attachments and sends it', async () => {
    await start();
    const transport = apiTransport('graph', server.url);
    const message = apiMessage(mixed(file));
    const outcome = await transport.deliver(message, to('ann@example.com', 'hidden@example.com'), never);
    expect(recipientOutcomes(outcome).map(({ kind }) => kind)).to.deep.equal(['delivered', 'delivered']);
    expect(steps(server)).to.deep.equal([
      `POST ${ROOT}`,
      `POST ${DRAFT}/attachments/createUploadSession`,
      'PUT /upload?token=secret',
      'PUT /upload?token=secret',
      `POST ${DRAFT}/attachments`,
      `POST ${DRAFT}/send`,
    ]);
    const draft: unknown = JSON.parse(server.requests[0]?.body.toString() ?? '');
    expect(draft).to.deep.equal({
      subject: 'Grüße',
      body: { contentType: 'html', content: '<p>Grüße</p>' },
      from: { emailAddress: { address: 'scanner@example.com', name: 'Scanner' } },
      toRecipients: [{ emailAddress: { address: 'ann@example.com', name: 'Ann' } }],
      ccRecipients: [],
      bccRecipients: [{ emailAddress: { address: 'hidden@example.com' } }],
      importance: 'normal',
      internetMessageId: '<big@example.com>',
      internetMessageHeaders: [{ name: 'X-Original-From', value: 'Old <old@example.com>' }],
    });
    expect(JSON.parse(server.requests[1]?.body.toString() ?? '')).to.deep.equal({
      AttachmentItem: {
        attachmentType: 'file',
        size: file.length,
        name: 'büro.pdf',
        contentType: 'application/pdf',
        isInline: false,
      },
    });
    const uploads = server.requests.filter(({ method }) => method === 'PUT');
    expect(uploads.map(({ headers }) => headers['content-range'])).to.deep.equal([
      'bytes 0-2621439/5000001',
      'bytes 2621440-5000000/5000001',
    ]);
    expect(uploads.every(({ headers }) => headers.authorization === undefined)).to.equal(true);
    expect(Buffer.concat(uploads.map(({ body }) => body)).equals(file)).to.equal(true);
    const small: unknown = JSON.parse(server.requests[4]?.body.toString() ?? '');
    expect(small).to.deep.equal({
      '@odata.type': '#microsoft.graph.fileAttachment',
      name: 'small.csv',
      contentType: 'text/csv',
      isInline: false,
      contentBytes: Buffer.from('a;b').toString('base64'),
    });
  });

  it('turns to a draft when sendMail finds a smaller message too large, and remembers it', async () => {
    await start();
    const transport = apiTransport('graph', server.url);
    const message = apiMessage(mixed(file.subarray(0, 1_500_000)));
    for (let round = 0; round < 5; round += 1) {
      const outcome = await transport.deliver(message, to('ann@example.com'), never);
      expect(recipientOutcomes(outcome)[0]?.kind).to.equal('delivered');
    }
    expect(steps(server).filter((step) => step.endsWith('/sendMail'))).to.have.length(1);
  });

  it('refuses as too large, for the fallback, where no draft may be made, and asks once only', async () => {
    await start(({ path }) =>
      path.endsWith('/messages')
        ? { status: 403, body: { error: { code: 'ErrorAccessDenied', message: 'Access is denied.' } } }
        : undefined,
    );
    const transport = apiTransport('graph', server.url);
    for (let round = 0; round < 5; round += 1) {
      const [outcome] = recipientOutcomes(
        await transport.deliver(apiMessage(mixed(file)), to('ann@example.com'), never),
      );
      expect(outcome).to.deep.include({ kind: 'rejected', reason: 'content' });
      expect(outcome?.reply).to.deep.include({ code: 552, enhanced: '5.3.4' });
      expect(outcome && 'remedy' in outcome ? outcome.remedy : '').to.include('Mail.ReadWrite');
    }
    expect(server.requests).to.have.length(1);
  });

  for (const part of [
    ['Content-Type: message/rfc822', '', 'Subject: inner', '', 'x'],
    ['Content-Type: text/plain', '', 'a second text'],
    ['Content-Type: text/calendar', '', 'BEGIN:VCALENDAR'],
    ['Content-Type: multipart/signed; boundary=s', '', '--s', '', 'x', '--s--'],
    ['Content-Type: application/pkcs7-mime; name=smime.p7m', '', 'x'],
    ['Content-Type: image/png', 'Content-Transfer-Encoding: x-uuencode', '', 'x'],
  ]) {
    it(`refuses as too large what a draft would damage: ${part[0]} … ${part.at(-1)}`, async () => {
      await start();
      const transport = apiTransport('graph', server.url);
      const message = apiMessage(mixed(file, ['--b1', ...part]));
      const [outcome] = recipientOutcomes(await transport.deliver(message, to('ann@example.com'), never));
      expect(outcome?.kind).to.equal('rejected');
      expect(outcome?.reply.enhanced).to.equal('5.3.4');
      expect(server.requests).to.have.length(0);
    });
  }

  const failures: readonly [string, (request: ApiRequest) => ApiReaction | undefined, string][] = [
    [
      'an attachment',
      ({ path }) => (path.endsWith('/attachments') ? { status: 500 } : undefined),
      'deferred busy',
    ],
    [
      'a session',
      ({ path }) => (path.endsWith('Session') ? { status: 503 } : undefined),
      'unavailable throttled',
    ],
    ['an upload', ({ method }) => (method === 'PUT' ? 'reset' : undefined), 'deferred busy'],
    [
      'an upload that leads elsewhere',
      ({ path }) => (path.endsWith('Session') ? { status: 201, body: { uploadUrl: 'ftp://x/' } } : undefined),
      'deferred busy',
    ],
    ['sending', ({ path }) => (path.endsWith('/send') ? { status: 500 } : undefined), 'deferred busy'],
    [
      'sending, with the answer lost',
      ({ path }) => (path.endsWith('/send') ? 'reset' : undefined),
      'deferred in-doubt',
    ],
    [
      'the size of the mailbox',
      ({ path }) =>
        path.endsWith('/send')
          ? { status: 400, body: { error: { code: 'ErrorMessageSizeExceeded', message: 'too large' } } }
          : undefined,
      'rejected content',
    ],
  ];
  for (const [what, upset, verdict] of failures) {
    it(`deletes the draft when it fails at ${what}: ${verdict}`, async () => {
      await start(upset);
      const transport = apiTransport('graph', server.url);
      const outcome = await transport.deliver(apiMessage(mixed(file)), to('ann@example.com'), never);
      const one = outcome.kind === 'unavailable' ? outcome : outcome.recipients[0];
      expect(`${one?.kind} ${one && 'reason' in one ? one.reason : ''}`).to.equal(verdict);
      expect(steps(server).at(-1)).to.equal(`DELETE ${DRAFT}`);
    });
  }

  it('deletes a draft that was left behind when it makes the next one', async () => {
    let broken = true;
    await start(({ method, path }) => {
      if (!broken) return undefined;
      return method === 'DELETE' || path.endsWith('/send') ? { status: 500 } : undefined;
    });
    const transport = apiTransport('graph', server.url);
    await transport.deliver(apiMessage(mixed(file)), to('ann@example.com'), never);
    broken = false;
    const before = server.requests.length;
    await transport.deliver(apiMessage(mixed(file)), to('ann@example.com'), never);
    expect(steps(server)[before]).to.equal(`DELETE ${DRAFT}`);
  });

  it('does not send a draft that is another node’s by now', async () => {
    await start();
    const transport = apiTransport('graph', server.url);
    const message = apiMessage(mixed(file), { mayFinish: () => false });
    const [outcome] = recipientOutcomes(await transport.deliver(message, to('ann@example.com'), never));
    expect(outcome).to.deep.include({ kind: 'deferred', reason: 'busy' });
    expect(steps(server).slice(-2)).to.deep.equal([`POST ${DRAFT}/attachments`, `DELETE ${DRAFT}`]);
  });

  it('sends 30 MB with a memory that does not grow with it', async () => {
    const size = 30_000_000;
    server = await startApiServer(
      graph(() => server.url),
      { keepBodies: false },
    );
    let most = 0;
    const watching: HttpClient = {
      send(request) {
        collect();
        const { heapUsed, arrayBuffers } = process.memoryUsage();
        most = Math.max(most, heapUsed + arrayBuffers);
        return testHttp.send(request);
      },
    };
    const transport = apiTransport('graph', server.url, { deps: { http: watching } });
    for (let round = 0; round < 5; round += 1) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const outcome = await transport.deliver(apiMessage(largeBody(size)), to('ann@example.com'), never);
    expect(recipientOutcomes(outcome)[0]?.kind).to.equal('delivered');
    expect(most).to.be.above(0);
    expect(most - heapUsed - arrayBuffers).to.be.below(25_000_000);
  });
});

/** Made while it is read, so that it is never in memory. */
function largeBody(size: number): MessageBody {
  const front = [
    ...HEADER,
    'Content-Type: multipart/mixed; boundary="b1"',
    '',
    '--b1',
    '',
    'Hello',
    '--b1',
    'Content-Type: application/pdf',
    'Content-Transfer-Encoding: base64',
    '',
    '',
  ].join('\r\n');
  const line = `${'QUJD'.repeat(19)}\r\n`;
  const lines = Math.ceil(size / 57);
  const back = '--b1--\r\n';
  const piece = Buffer.from(line.repeat(1000));
  return {
    size: front.length + lines * line.length + back.length,
    async *chunks() {
      yield Buffer.from(front);
      for (let left = lines; left > 0; left -= 1000) {
        yield Buffer.from(left >= 1000 ? piece : piece.subarray(0, left * line.length));
      }
      yield Buffer.from(back);
    },
  };
}

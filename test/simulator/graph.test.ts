import { expect } from 'chai';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { applicationToken, textOf, type WebCall, webCall } from '../support/simulator-client.ts';

const MIME =
  'From: relay@example.com\r\nTo: a@example.net\r\nBcc: hidden@example.net\r\nSubject: x\r\n\r\nlow';

const code = (answer: { json: Readonly<Record<string, unknown>> }) => JSON.stringify(answer.json['error']);

describe('simulated Microsoft Graph', () => {
  let simulator: Simulator;
  let token = '';

  before(async () => {
    simulator = await startSimulator();
    token = await applicationToken(simulator, 'https://graph.microsoft.com/.default');
  });
  after(() => simulator.close());

  const call = (path: string, options: WebCall = {}, given = token) =>
    webCall(simulator, `${simulator.microsoft.api}/v1.0${path}`, {
      method: 'POST',
      ...options,
      headers: { Authorization: `Bearer ${given}`, ...options.headers },
    });
  const mime = (content: string | Buffer, path = '/users/relay@example.com/sendMail') =>
    call(path, { headers: { 'Content-Type': 'text/plain' }, body: Buffer.from(content).toString('base64') });

  it('takes MIME for everybody in its headers, and sends no Bcc on', async () => {
    expect((await mime(MIME)).status).to.equal(202);
    const message = simulator.messages().at(-1);
    expect(message?.recipients).to.deep.equal(['a@example.net', 'hidden@example.net']);
    expect(message?.content.toString()).to.contain('Subject: x').and.not.to.contain('hidden');
  });

  it('says what is wrong in the words of Graph', async () => {
    expect(code(await mime(MIME.replace('From: relay', 'From: other')))).to.contain('ErrorSendAsDenied');
    expect(code(await mime('From: relay@example.com\r\n\r\nlow'))).to.contain('ErrorInvalidRecipients');
    const bad = await call('/users/relay@example.com/sendMail', {
      body: 'no base64!',
      headers: { 'Content-Type': 'text/plain' },
    });
    expect(code(bad)).to.contain('ErrorMimeContentInvalidBase64String');
    expect(code(await mime(MIME, '/users/nobody@example.com/sendMail'))).to.contain('ErrorInvalidUser');
    expect(code(await mime(MIME, '/me/sendMail'))).to.contain('delegated');
    expect((await mime(Buffer.alloc(4 * 1024 * 1024, 'a'))).status).to.equal(413);
  });

  it('wants a token for Graph, of an application that was granted the mailbox', async () => {
    const exchange = await applicationToken(simulator);
    for (const given of ['', 'x', exchange, `${token}x`]) {
      const answer = await call('/users/relay@example.com/sendMail', {}, given);
      expect(answer.status, given.slice(-5)).to.equal(401);
      expect(code(answer)).to.contain('InvalidAuthenticationToken');
    }
    simulator.register({ mailbox: { email: 'closed@example.com', granted: false } });
    expect((await mime(MIME, '/users/closed@example.com/sendMail')).status).to.equal(403);
  });

  it('takes a draft, an attachment in pieces, and sends both', async () => {
    const base = '/users/relay@example.com/messages';
    const draft = await mime(MIME, base);
    expect(draft.status).to.equal(201);
    const id = textOf(draft, 'id');
    const size = 700_000;
    const session = await call(`${base}/${id}/attachments/createUploadSession`, {
      json: { AttachmentItem: { attachmentType: 'file', name: 'scan.pdf', size } },
    });
    const address = textOf(session, 'uploadUrl');
    const piece = (from: number, to: number) =>
      webCall(simulator, address, {
        method: 'PUT',
        body: Buffer.alloc(to - from, 'p'),
        headers: { 'Content-Range': `bytes ${from}-${to - 1}/${size}` },
      });
    expect((await piece(327_680, size)).status, 'out of order').to.equal(416);
    expect((await piece(0, 327_680)).json['nextExpectedRanges']).to.deep.equal(['327680-']);
    expect((await piece(327_680, size)).status).to.equal(201);
    expect((await call(`${base}/${id}/send`)).status).to.equal(202);
    const content = simulator.messages().at(-1)?.content.toString() ?? '';
    expect(content).to.contain('filename="scan.pdf"').and.to.contain('multipart/mixed');
    expect((await call(`${base}/${id}`, { method: 'DELETE' })).status, 'it is gone').to.equal(404);
  });

  it('takes a message in JSON', async () => {
    const message = {
      subject: 'Töner',
      body: { contentType: 'Text', content: 'low' },
      toRecipients: [{ emailAddress: { address: 'a@example.net' } }],
    };
    expect((await call('/users/relay@example.com/sendMail', { json: { message } })).status).to.equal(202);
    expect(simulator.messages().at(-1)?.recipients).to.deep.equal(['a@example.net']);
  });
});

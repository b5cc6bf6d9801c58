import { expect } from 'chai';
import { createInbox } from '../../src/inbox/create-inbox.ts';
import { fakeServices, type RunningAdmin, sampleMessage, startAdmin } from '../support/admin.ts';
import { ScriptedUpstreams } from '../support/scripted-upstreams.ts';

const ID = '0000000000000001';
const OTHER = '0000000000000002';

describe('the messages of the admin', () => {
  const fakes = fakeServices('/nowhere');
  const { services, messages, bodies } = fakes;
  const inbox = createInbox({ ...services, upstreams: new ScriptedUpstreams() });
  let running: RunningAdmin;
  before(async () => {
    running = await startAdmin({ queue: services.queue, accepting: services.accepting, inbox });
  });
  after(async () => {
    await running.stop();
    await inbox.close();
  });
  beforeEach(() => {
    messages.clear();
    messages.set(ID, sampleMessage(ID, { acceptedAt: Date.now() }));
    bodies.set(
      ID,
      Buffer.from(
        'Subject: Scan\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<script>x()</script><b>low</b>\r\n--b\r\nContent-Type: text/html; name="a\u202e.html"\r\n\r\n<script>\r\n--b--\r\n',
      ),
    );
  });

  it('takes a message apart', async () => {
    const response = await running.request(`/api/v1/messages/${ID}/content`);
    expect(response.status).to.equal(200);
    expect(await response.json()).to.deep.equal({
      headers: [
        { name: 'Subject', value: 'Scan' },
        { name: 'Content-Type', value: 'multipart/mixed; boundary=b' },
      ],
      text: 'low',
      hasHtml: true,
      parts: [{ number: 0, contentType: 'text/html', fileName: 'a .html', size: 8, inline: false }],
      incomplete: false,
    });
  });

  it('serves HTML under a policy of its own, to frames of the page only', async () => {
    const response = await running.request(`/api/v1/messages/${ID}/html`);
    expect(response.headers.get('content-type')).to.equal('text/html; charset=utf-8');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).to.match(/^sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:;/);
    expect(policy).to.contain("frame-ancestors 'self'");
    expect(response.headers.get('x-frame-options')).to.equal('SAMEORIGIN');
    expect(response.headers.get('x-dns-prefetch-control')).to.equal('off');
    expect(response.headers.get('cache-control')).to.equal('no-store');
    expect(await response.text()).to.contain('<b>low</b>');
  });

  it('gives a part as a file that no browser opens', async () => {
    const response = await running.request(`/api/v1/messages/${ID}/parts/0`);
    expect(response.headers.get('content-type')).to.equal('application/octet-stream');
    expect(response.headers.get('content-disposition')).to.match(
      /^attachment; filename="a _?\.html"|^attachment; filename="a \.html"/,
    );
    expect(response.headers.get('x-content-type-options')).to.equal('nosniff');
    expect(await response.text()).to.equal('<script>');
  });

  for (const [path, status] of [
    [`/api/v1/messages/${OTHER}/content`, 404],
    [`/api/v1/messages/${OTHER}/html`, 404],
    [`/api/v1/messages/${ID}/parts/1`, 404],
    [`/api/v1/messages/${ID}/parts/-1`, 400],
    [`/api/v1/messages/${ID}/parts/99999`, 400],
    ['/api/v1/messages/__proto__/content', 400],
    ['/api/v1/messages/wait?timeout=0&subject=nowhere&since=9999999999999', 404],
    ['/api/v1/messages/wait?timeout=121', 400],
    ['/api/v1/messages/wait?recipient=', 400],
    ['/api/v1/messages/wait?state=queued', 400],
  ] as const) {
    it(`answers ${status} to ${path}`, async () => {
      messages.delete(path.includes('nowhere') ? ID : '');
      expect((await running.request(path)).status).to.equal(status);
    });
  }

  it('waits for a message and shows what it holds', async () => {
    messages.clear();
    const waiting = running.request('/api/v1/messages/wait?recipient=office@&timeout=10');
    await new Promise((resolve) => setImmediate(resolve));
    const message = sampleMessage(ID, { acceptedAt: Date.now() + 1000 });
    messages.set(ID, message);
    inbox.accepted(message);
    const answer = await (await waiting).json();
    expect(answer).to.have.nested.property('message.id', ID);
    expect(answer).to.have.nested.property('content.text', 'low');
  });

  it('sends a copy, with an entry in the journal', async () => {
    const response = await running.post(`/api/v1/queue/${ID}/copy`, {
      to: 'Ann@bücher.example',
      upstream: 'office',
    });
    expect(response.status, await response.clone().text()).to.equal(202);
    const [sent] = fakes.accepted;
    expect(sent?.envelope.envelope.recipients).to.deep.equal([{ address: 'Ann@xn--bcher-kva.example' }]);
    expect(sent?.body).to.contain(`X-Postern-Copy-Of: ${ID}\r\n`);
    expect(fakes.journals.get(ID)?.[0]?.event).to.include({ type: 'copied', by: 'API token' });
  });

  for (const [what, body] of [
    ['no address', {}],
    ['something that is none', { to: 'ann' }],
    ['a header field in it', { to: 'a@example.com\r\nBcc: b@example.com' }],
    ['an unknown field', { to: 'a@example.com', from: 'b@example.com' }],
  ] as const) {
    it(`sends no copy to ${what}`, async () => {
      expect((await running.post(`/api/v1/queue/${ID}/copy`, body)).status).to.equal(400);
    });
  }
});

import { expect } from 'chai';
import { createInbox, type Inbox } from '../../src/inbox/create-inbox.ts';
import { createDissector } from '../../src/inbox/dissector.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { systemRandom } from '../../src/shared/random.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { type QueueUnderTest, queueOn } from '../support/queue-under-test.ts';
import { recordLog } from '../support/recorded-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const OFFICE = {
  name: 'office',
  kind: 'smtp',
  host: 'mail.example.com',
  port: 25,
  security: 'none',
  authentication: { type: 'none' },
};

describe('the inbox', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let store: Store;
  let under: QueueUnderTest;
  let inbox: Inbox;
  /** One thread for all of them: starting it takes longer than the rest. */
  const thread = createDissector({ clock: systemClock, log: recordLog().log });
  const dissector = { ...thread, close: async () => undefined };
  after(() => thread.close());

  async function open(document: Record<string, unknown>): Promise<void> {
    directory = await temporaryDirectory();
    const log = recordLog().log;
    store = await openStore({
      database: 'sqlite:',
      dataDirectory: directory.path,
      log,
      clock: systemClock,
      node: () => 'local',
    });
    under = queueOn(store.queue, systemClock, { document, onAccepted: (record) => inbox.accepted(record) });
    inbox = createInbox({
      queue: under.queue.operations,
      accepting: under.queue,
      upstreams: under.upstreams,
      settings: under.settings,
      hostname: () => 'relay.example.com',
      clock: systemClock,
      random: systemRandom,
      log,
      dissector,
    });
    await under.queue.start();
  }
  afterEach(async () => {
    await inbox.close();
    await under.queue.stop(1000);
    await store.close();
    await directory.remove();
  });

  const body = Buffer.from(
    'From: Printer <printer@example.com>\r\nTo: a@example.net\r\nSubject: =?utf-8?q?T=C3=B6ner?=\r\n\r\nlow\r\n',
  );
  const finished = async (id: string, state: string) =>
    until(async () => (await under.queue.operations.show(id)).message.state === state, `${id} is ${state}`);

  it('shows a message that goes out as it came', async () => {
    await open({ upstreams: [OFFICE], defaultUpstream: 'office', queue: { keepBodies: '1d' } });
    const { id } = await under.send({ body });
    expect(await inbox.content(id)).to.deep.equal({
      headers: [
        { name: 'From', value: 'Printer <printer@example.com>' },
        { name: 'To', value: 'a@example.net' },
        { name: 'Subject', value: 'Töner' },
      ],
      text: 'low\n',
      hasHtml: false,
      parts: [],
      incomplete: false,
    });
  });

  it('shows the header and the sender that the upstream will get, before it got them', async () => {
    await open({
      upstreams: [{ ...OFFICE, from: { address: 'relay@example.com', rewrite: 'always' } }],
      defaultUpstream: 'office',
    });
    under.upstreams.closed = true;
    const { id } = await under.send({ body });
    const content = await inbox.content(id);
    expect(content.sentSender).to.equal('relay@example.com');
    expect(content.sentHeaders).to.deep.include({ name: 'From', value: 'Printer <relay@example.com>' });
    expect(content.sentHeaders).to.deep.include({ name: 'Reply-To', value: 'Printer <printer@example.com>' });
    expect(content.headers).to.deep.include({ name: 'From', value: 'Printer <printer@example.com>' });
  });

  it('sends a copy to somebody else, tells so in both journals, and leaves the message as it is', async () => {
    await open({
      upstreams: [{ ...OFFICE, from: { address: 'relay@example.com' } }],
      defaultUpstream: 'office',
    });
    under.upstreams.closed = true;
    const { id } = await under.send({ body });
    await under.queue.operations.hold({ ids: [id] }, 'ann');
    under.upstreams.closed = false;
    const copy = await inbox.copy(id, { to: 'ann@example.com', by: 'ann' });
    await finished(copy.id, 'delivered');
    expect((await under.queue.operations.show(id)).message.state).to.equal('held');
    const event = { type: 'copied', by: 'ann', to: 'ann@example.com', of: id, copy: copy.id };
    for (const one of [id, copy.id]) {
      const { journal } = await under.queue.operations.show(one);
      expect(journal.map((entry) => entry.event)).to.deep.include(event);
    }
    const [sent] = under.upstreams.delivered;
    expect(sent).to.include({ sender: 'relay@example.com' });
    expect(sent?.recipients).to.deep.equal(['ann@example.com']);
    const text = sent?.body.toString() ?? '';
    expect(text).to.match(
      new RegExp(
        `^X-Postern-Copy-Of: ${id}\r\nResent-Date: .*\r\nResent-From: <relay@example.com>\r\nResent-To: <ann@example.com>\r\n`,
      ),
    );
    expect(text.endsWith(body.toString())).to.equal(true);
  });

  it('refuses copies that would only be held, go nowhere, or go in circles', async () => {
    await open({ upstreams: [OFFICE], defaultUpstream: 'office' });
    under.upstreams.closed = true;
    const circle = Buffer.from(`${'X-Postern-Copy-Of: X\r\n'.repeat(10)}\r\nx`);
    const [{ id }, copied] = [await under.send({ body }), await under.send({ body: circle })];
    for (const [message, to, upstream, code] of [
      [id, 'a@example.net', 'test-relay', 'bad-request'],
      [id, 'a@example.net', 'nowhere', 'bad-request'],
      [copied.id, 'a@example.net', 'office', 'not-allowed'],
      ['0000000000000001', 'a@example.net', 'office', 'not-found'],
    ] as const) {
      const error = await inbox.copy(message, { to, upstream, by: 'ann' }).catch((thrown: unknown) => thrown);
      expect(error).to.include({ code });
    }
    expect((await under.queue.operations.list({}, 10)).messages).to.have.length(2);
  });

  it('gives out parts byte by byte, and says when there is none', async () => {
    await open({ upstreams: [OFFICE], defaultUpstream: 'office' });
    under.upstreams.closed = true;
    const bytes = Buffer.from(Array.from({ length: 600_000 }, (_, index) => index % 251));
    const message = Buffer.from(
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee\r\n--b\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n${bytes.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n--b--\r\n`,
    );
    const { id } = await under.send({ body: message });
    expect((await inbox.content(id)).parts).to.deep.equal([
      { number: 0, contentType: 'image/png', fileName: 'a.png', size: bytes.length, inline: false },
    ]);
    const { headers, chunks } = await inbox.file(id, 0);
    expect(headers).to.include({ 'Content-Type': 'image/png' });
    const got: Uint8Array[] = [];
    for await (const chunk of chunks) got.push(chunk);
    expect(Buffer.concat(got).equals(bytes)).to.equal(true);
    for (const missing of [
      () => inbox.file(id, 1),
      () => inbox.page(id),
      () => inbox.content('0000000000000001'),
    ]) {
      expect(await missing().catch((thrown: unknown) => thrown)).to.include({ code: 'not-found' });
    }
  });

  it('wakes who waits when the queue accepts', async () => {
    await open({ upstreams: [OFFICE], defaultUpstream: 'office' });
    const waiting = inbox.wait({ subject: 'toner', since: Date.now() }, 10_000, new AbortController().signal);
    const { id } = await under.send({ body });
    expect((await waiting)?.id).to.equal(id);
  });
});

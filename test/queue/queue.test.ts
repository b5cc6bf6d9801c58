import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { QueueDependencies } from '../../src/queue/create-queue.ts';
import type { Reporter } from '../../src/queue/reports.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type QueueUnderTest, queueOn } from '../support/queue-under-test.ts';
import { recordLog } from '../support/recorded-log.ts';
import { answer, authenticationFailed, BUSY, OK, REFUSED } from '../support/scripted-upstreams.ts';
import { until } from '../support/until.ts';

const events = async ({ queue }: QueueUnderTest, id: string) =>
  (await queue.operations.show(id)).journal.map(({ event }) => event.type);

describe('the queue', () => {
  let directory: string;
  let store: Store;
  let clock: ManualClock;
  let opened: QueueUnderTest[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-queue-'));
    clock = new ManualClock();
    opened = [];
    await reopen();
  });

  afterEach(async () => {
    for (const { queue } of opened) await queue.stop(0);
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function reopen(): Promise<void> {
    store = await openStore({
      database: `sqlite:${join(directory, 'postern.db')}`,
      dataDirectory: directory,
      log: recordLog().log,
      clock: systemClock,
    });
  }

  async function start(
    changes: Partial<QueueDependencies> & { document?: unknown; closed?: boolean } = {},
  ): Promise<QueueUnderTest> {
    const { closed = false, ...rest } = changes;
    const made = queueOn(store.queue, clock, rest);
    made.upstreams.closed = closed;
    await made.queue.start();
    opened.push(made);
    return made;
  }

  const state = async (id: string) => (await store.queue.find(id))?.state;
  describe('delivers', () => {
    it('a message for one past a message for many, when the day has room for one only', async () => {
      const made = await start({ closed: true });
      const many = ['a', 'b', 'c'].map((name) => `${name}@example.net`);
      const large = await made.send({ recipients: many });
      const alarm = await made.send();
      const other = await made.send({ client: 'ups', recipients: many.slice(0, 2) });
      made.upstreams.room = 2;
      made.upstreams.probeNow();
      await until(async () => (await state(other.id)) === 'delivered', 'the other device');
      await until(async () => (await state(alarm.id)) === 'delivered', 'the alarm');
      expect(await state(large.id)).to.equal('queued');
      expect((await store.queue.find(large.id))?.attempts).to.equal(0);
      made.upstreams.room = 3;
      clock.advance(3_600_000);
      await until(async () => (await state(large.id)) === 'delivered', 'the large one');
    });

    it('what it has accepted, and says so in the journal', async () => {
      const made = await start();
      const { id, text } = await made.send();
      expect(text).to.equal(`Queued as ${id}`);
      await until(async () => (await state(id)) === 'delivered', 'the delivery');
      expect(made.upstreams.delivered[0]?.body.toString()).to.equal('Subject: Toner\r\n\r\nlow\r\n');
      expect(await events(made, id)).to.deep.equal(['accepted', 'attempt']);
      expect(await made.queue.operations.body(id), 'content is not kept').to.equal(undefined);
      expect(made.attempts).to.have.length(1);
    });

    it('a large message byte for byte, from the store', async () => {
      const made = await start();
      const body = Buffer.alloc(3_000_001, 'Subject: large\r\n\r\n0123456789\r\n');
      const { id } = await made.send({ body });
      await until(async () => (await state(id)) === 'delivered', 'the delivery');
      expect(made.upstreams.delivered[0]?.body.equals(body)).to.equal(true);
    });

    it('to the recipients that are left, and no others', async () => {
      const made = await start();
      made.upstreams.reply = (_, recipients) => ({
        kind: 'answered',
        recipients: recipients.map((_recipient, index) => (index === 0 ? OK : BUSY)),
        timing: { connecting: 0, sending: 0 },
      });
      const { id } = await made.send({ recipients: ['a@x.example', 'b@x.example'] });
      await until(() => made.attempts.length === 1, 'the first attempt');
      made.upstreams.reply = answer(OK);
      clock.advance(40_000);
      await until(async () => (await state(id)) === 'delivered', 'the second attempt');
      expect(made.upstreams.delivered.map(({ recipients }) => recipients)).to.deep.equal([
        ['a@x.example'],
        ['b@x.example'],
      ]);
    });

    it('within the connections that the upstream gives', async () => {
      const made = await start();
      made.upstreams.slots = 3;
      await Promise.all(Array.from({ length: 50 }, () => made.send()));
      await until(() => made.upstreams.delivered.length === 50, 'all 50');
      expect(made.upstreams.mostUsed).to.equal(3);
    });

    it('every message once when memory holds only a part of them', async () => {
      const made = await start({ closed: true, bounds: { perLane: 10, total: 15, reserved: 2 } });
      const sent = await Promise.all(
        Array.from({ length: 300 }, (_, index) => made.send({ client: `client ${index % 3}` })),
      );
      expect(made.queue.status().inMemory).to.be.at.most(21);
      made.upstreams.probeNow();
      await until(() => made.upstreams.delivered.length >= 300, 'all 300');
      const ids = made.upstreams.delivered.map(({ id }) => id);
      expect(new Set(ids).size).to.equal(300);
      expect(ids.toSorted()).to.deep.equal(sent.map(({ id }) => id).toSorted());
      await until(async () => (await store.queue.lanes('local')).length === 0, 'nothing left');
    });

    it('the message of a quiet client among the first, whatever a busy one has waiting', async () => {
      const made = await start({ closed: true });
      made.upstreams.slots = 1;
      await Promise.all(Array.from({ length: 500 }, () => made.send({ client: 'busy' })));
      await made.send({ client: 'quiet' });
      made.upstreams.probeNow();
      await until(() => made.upstreams.delivered.length >= 501, 'all');
      const place = made.upstreams.delivered.findIndex(({ client }) => client === 'quiet');
      expect(place).to.be.at.most(2);
    });

    it('what a stopped process has left, after a restart', async () => {
      const first = await start({ closed: true });
      const { id } = await first.send();
      await first.queue.stop(0);
      opened.pop();
      await store.close();
      await reopen();
      const second = await start();
      await until(() => second.upstreams.delivered.length === 1, 'the delivery');
      expect(second.upstreams.delivered[0]?.id).to.equal(id);
      expect(second.upstreams.delivered[0]?.body.toString()).to.equal('Subject: Toner\r\n\r\nlow\r\n');
    });
  });

  describe('waits', () => {
    it('by the schedule after a temporary failure', async () => {
      const made = await start();
      made.upstreams.reply = answer(BUSY);
      const { id } = await made.send();
      await until(() => made.attempts.length === 1, 'the first attempt');
      clock.advance(29_000);
      expect(made.attempts).to.have.length(1);
      clock.advance(5000);
      await until(() => made.attempts.length === 2, 'the second attempt');
      const record = await store.queue.find(id);
      expect(record).to.include({ state: 'queued', attempts: 2 });
    });

    it('without spending an attempt while the upstream refuses the password, and tells the journal once', async () => {
      const made = await start();
      made.upstreams.reply = () => {
        made.upstreams.closed = true;
        return authenticationFailed();
      };
      const { id } = await made.send();
      await until(() => made.upstreams.closed, 'the failure');
      made.upstreams.probeNow();
      await until(() => made.upstreams.closed, 'the failed probe');
      await until(async () => (await events(made, id)).includes('waiting'), 'the journal');
      expect(await store.queue.find(id)).to.include({ state: 'queued', attempts: 0 });
      made.upstreams.reply = answer(OK);
      made.upstreams.probeNow();
      await until(async () => (await state(id)) === 'delivered', 'the delivery');
      expect(await events(made, id)).to.deep.equal(['accepted', 'waiting', 'attempt']);
    });

    it('at another upstream when the routes change', async () => {
      const made = await start({ closed: true });
      const { id } = await made.send();
      made.upstreams.routeTo = () => 'test-relay';
      made.upstreams.closed = false;
      made.settings.change({ accessUrl: 'http://localhost:9999' });
      await until(async () => (await state(id)) === 'delivered', 'the delivery');
      expect(made.attempts[0]?.event.upstream).to.equal('test-relay');
    });
  });

  describe('reports', () => {
    const reporter: Reporter = {
      failed: (message) => ({
        accepted: {
          kind: 'report',
          origin: { client: 'postern', listener: '', address: '', greeting: '' },
          envelope: {
            sender: '',
            recipients: [{ address: message.envelope.sender }],
            eightBit: false,
            smtpUtf8: false,
          },
          receiving: 0,
          content: { subject: 'Undelivered', headerMessageId: '<r@example.com>', eightBit: false },
        },
        body: Buffer.from('Subject: Undelivered\r\n\r\n\r\n'),
      }),
      delayed(message) {
        return this.failed(message, [], Buffer.alloc(0));
      },
      relayed: () => undefined,
    };

    it('what was refused to the sender, through the same queue', async () => {
      const made = await start({ reporter });
      made.upstreams.reply = (message, recipients) =>
        answer(message.sender === '' ? OK : REFUSED)(message, recipients);
      const { id } = await made.send();
      await until(() => made.upstreams.delivered.length === 1, 'the report');
      expect(made.upstreams.delivered[0]).to.include({ sender: '', client: 'postern' });
      expect(made.upstreams.delivered[0]?.recipients).to.deep.equal(['printer@example.com']);
      expect(await state(id)).to.equal('failed');
      expect(await events(made, id)).to.deep.equal(['accepted', 'attempt', 'returned']);
    });

    it('that no report was due', async () => {
      const made = await start();
      made.upstreams.reply = answer(REFUSED);
      const { id } = await made.send({ sender: '' });
      await until(async () => (await state(id)) === 'failed', 'the refusal');
      expect(await events(made, id)).to.deep.equal(['accepted', 'attempt', 'report-withheld']);
    });

    it('a delay once', async () => {
      const made = await start({ reporter, closed: true });
      const { id } = await made.send();
      clock.advance(5 * 3_600_000);
      await until(async () => {
        clock.advance(60_000);
        return (await events(made, id)).includes('warned');
      }, 'the warning');
      for (let minute = 0; minute < 10; minute += 1) {
        clock.advance(60_000);
        await made.queue.operations.counts();
      }
      expect((await events(made, id)).filter((type) => type === 'warned')).to.have.length(1);
    });

    it('the end of a message whose server stayed away, but not of one that waits for us', async () => {
      const made = await start({ closed: true });
      const { id } = await made.send();
      clock.advance(80 * 3_600_000);
      await new Promise((resolve) => setImmediate(resolve));
      expect(await state(id)).to.equal('queued');
      made.upstreams.closedFor = 'unreachable';
      clock.advance(60_000);
      await until(async () => {
        clock.advance(60_000);
        return (await state(id)) === 'failed';
      }, 'the expiry');
      expect((await store.queue.find(id))?.recipients[0]).to.include({ reason: 'expired' });
    });
  });

  describe('lets an operator', () => {
    it('hold, release and delete what waits', async () => {
      const made = await start({ closed: true });
      const { id } = await made.send();
      expect((await made.queue.operations.hold({ ids: [id] }, 'ops')).changed).to.deep.equal([id]);
      made.upstreams.probeNow();
      clock.advance(60_000);
      expect(await state(id)).to.equal('held');
      expect(made.upstreams.delivered).to.have.length(0);
      expect((await made.queue.operations.release({ ids: [id] }, 'ops')).changed).to.deep.equal([id]);
      await until(async () => (await state(id)) === 'delivered', 'the delivery');
      const refused = await made.queue.operations.delete({ ids: [id, 'NOBODY'] }, 'ops');
      expect(refused.changed).to.deep.equal([]);
      expect(refused.unchanged.map(({ reason }) => reason)).to.deep.equal([
        'it has been delivered',
        'there is no such message',
      ]);
      expect(await events(made, id)).to.deep.equal(['accepted', 'held', 'released', 'attempt']);
    });

    it('delete by filter, and nothing else', async () => {
      const made = await start({ closed: true });
      const [mine, other] = [await made.send({ client: 'scanner' }), await made.send({ client: 'printer' })];
      const { changed } = await made.queue.operations.delete({ client: 'scanner' }, 'ops');
      expect(changed).to.deep.equal([mine?.id]);
      made.upstreams.probeNow();
      await until(async () => (await state(other?.id ?? '')) === 'delivered', 'the other one');
      expect(await state(mine?.id ?? '')).to.equal('deleted');
      expect(made.upstreams.delivered).to.have.length(1);
    });

    it('see what a message waits for, and try both at once', async () => {
      const made = await start({ closed: true });
      const { id } = await made.send();
      const before = await made.queue.operations.show(id);
      expect(before.waitingFor).to.include({ name: 'office', circuit: 'open', text: 'no answer' });
      await made.queue.operations.retry({ ids: [id] }, 'ops');
      await until(async () => (await state(id)) === 'delivered', 'the delivery');
      expect(await made.queue.operations.show(id)).not.to.have.property('waitingFor');
    });

    it('release to an upstream that was out of order', async () => {
      const made = await start({ closed: true });
      const { id } = await made.send();
      await made.queue.operations.hold({ ids: [id] }, 'ops');
      const again = await made.queue.operations.hold({ ids: [id] }, 'ops');
      expect(again.unchanged).to.deep.equal([{ id, reason: 'it is held already' }]);
      await made.queue.operations.release({ ids: [id] }, 'ops');
      await until(async () => (await state(id)) === 'delivered', 'the delivery');
    });

    it('try a waiting message at once', async () => {
      const made = await start();
      made.upstreams.reply = answer(BUSY);
      const { id } = await made.send();
      await until(() => made.attempts.length === 1, 'the first attempt');
      made.upstreams.reply = answer(OK);
      await made.queue.operations.retry({ ids: [id] }, 'ops');
      await until(async () => (await state(id)) === 'delivered', 'the delivery');
    });

    it('put a failed message back for the recipients that failed', async () => {
      const made = await start();
      made.upstreams.reply = (_, recipients) => ({
        kind: 'answered',
        recipients: recipients.map((_recipient, index) => (index === 0 ? OK : REFUSED)),
        timing: { connecting: 0, sending: 0 },
      });
      const { id } = await made.send({ recipients: ['a@x.example', 'b@x.example'] });
      await until(async () => (await state(id)) === 'failed', 'the refusal');
      made.upstreams.reply = answer(OK);
      expect((await made.queue.operations.retry({ ids: [id] }, 'ops')).changed).to.deep.equal([id]);
      await until(async () => (await state(id)) === 'delivered', 'the delivery');
      expect(made.upstreams.delivered.map(({ recipients }) => recipients)).to.deep.equal([
        ['a@x.example'],
        ['b@x.example'],
      ]);
    });

    it('change nothing about a message that is being sent', async () => {
      const made = await start();
      const sending = Promise.withResolvers<void>();
      made.upstreams.reply = async (message, recipients) => {
        await sending.promise;
        return answer(OK)(message, recipients);
      };
      const { id } = await made.send();
      await until(() => made.queue.status().sending === 1, 'the attempt');
      const { unchanged } = await made.queue.operations.hold({ ids: [id] }, 'ops');
      expect(unchanged[0]?.reason).to.equal('it is being sent at this moment');
      sending.resolve();
      await until(async () => (await state(id)) === 'delivered', 'the delivery');
    });

    it('release what the test relay holds to a real upstream, and only there', async () => {
      const made = await start();
      made.upstreams.routeTo = ({ upstream }) => upstream ?? 'test-relay';
      made.upstreams.reply = answer({ kind: 'held', reply: { code: 250, text: 'Held' } });
      const { id, text } = await made.send();
      expect(text).to.equal(`Held as ${id} (test relay, not sent)`);
      await until(async () => (await state(id)) === 'held', 'the test relay');
      const again = await made.queue.operations
        .release({ ids: [id] }, 'ops')
        .catch((error: unknown) => error);
      expect(again).to.be.instanceOf(RelayError).with.property('code', 'bad-request');
      const unknown = await made.queue.operations
        .release({ ids: [id] }, 'ops', 'nowhere')
        .catch((error: unknown) => error);
      expect(unknown).to.have.property('code', 'bad-request');
      made.upstreams.reply = answer(OK);
      await made.queue.operations.release({ ids: [id] }, 'ops', 'office');
      await until(async () => (await state(id)) === 'delivered', 'the delivery');
      expect(made.attempts.at(-1)?.event.upstream).to.equal('office');
    });

    it('see nothing of a message that does not exist', async () => {
      const made = await start();
      const error = await made.queue.operations.show('NOBODY').catch((thrown: unknown) => thrown);
      expect(error).to.have.property('code', 'not-found');
    });
  });

  describe('when it stops', () => {
    it('finishes what is under way and takes nothing new', async () => {
      const made = await start();
      const sending = Promise.withResolvers<void>();
      made.upstreams.reply = async (message, recipients) => {
        await sending.promise;
        return answer(OK)(message, recipients);
      };
      const { id } = await made.send();
      await until(() => made.queue.status().sending === 1, 'the attempt');
      const stopping = made.queue.stop(5000);
      expect(made.queue.refusal()?.code).to.equal(451);
      const late = await made.send().catch((error: unknown) => error);
      expect(late).to.have.property('code', 'stopping');
      sending.resolve();
      await stopping;
      expect(await state(id)).to.equal('delivered');
    });

    it('lets go of an attempt that takes too long, and sends it after the restart', async () => {
      const made = await start();
      made.upstreams.reply = (message, recipients, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(answer(BUSY)(message, recipients)));
        });
      const { id } = await made.send();
      await until(() => made.queue.status().sending === 1, 'the attempt');
      const stopping = made.queue.stop(1000);
      clock.advance(1000);
      await stopping;
      expect(await state(id)).to.equal('queued');
    });
  });
});

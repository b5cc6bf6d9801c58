import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { QueueDependencies } from '../../src/queue/create-queue.ts';
import { createSoleLease, type Lease } from '../../src/queue/lease.ts';
import type { QueueStorage } from '../../src/queue/storage.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { noReports, type QueueUnderTest, queueOn } from '../support/queue-under-test.ts';
import { recordLog } from '../support/recorded-log.ts';
import { answer, BUSY, OK, REFUSED } from '../support/scripted-upstreams.ts';
import { until } from '../support/until.ts';

const HOUR = 3_600_000;

/** A lease that the test changes. */
function leaseOf(now: { id: string; held: boolean }): Lease {
  return { ...createSoleLease(), node: () => now.id, isHeld: () => now.held };
}

/** The first recipient gets it, the others are refused. */
const half = (_: unknown, recipients: readonly unknown[]) => ({
  kind: 'answered' as const,
  recipients: recipients.map((_recipient, index) => (index === 0 ? OK : REFUSED)),
  timing: { connecting: 0, sending: 0 },
});

/** Events in an order in which a message could be lost, or sent twice. */
describe('the queue, when events cross', () => {
  let directory: string;
  let store: Store;
  let clock: ManualClock;
  let opened: QueueUnderTest[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-hazards-'));
    clock = new ManualClock();
    opened = [];
    store = await openStore({
      database: `sqlite:${join(directory, 'postern.db')}`,
      dataDirectory: directory,
      log: recordLog().log,
      clock: systemClock,
    });
  });

  afterEach(async () => {
    for (const { queue } of opened) await queue.stop(0);
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function start(
    changes: Partial<QueueDependencies> & { document?: unknown; closed?: boolean } = {},
    around: Partial<QueueStorage> = {},
  ): Promise<QueueUnderTest> {
    const { closed = false, ...rest } = changes;
    const made = queueOn({ ...store.queue, ...around }, clock, rest);
    made.upstreams.closed = closed;
    await made.queue.start();
    opened.push(made);
    return made;
  }

  /** Lets minutes pass until it is so: housekeeping looks once a minute. */
  async function minutesUntil(condition: () => boolean, what: string): Promise<void> {
    await until(() => {
      if (!condition()) clock.advance(60_000);
      return condition();
    }, what);
  }

  const state = async (id: string) => (await store.queue.find(id))?.state;

  /** Answers of the store to one question, each kept back until the test lets it go. */
  function heldBack(name: 'aged' | 'due') {
    const answers: (() => void)[] = [];
    const ask = store.queue[name] as (...values: unknown[]) => Promise<unknown>;
    const slow = async (...values: unknown[]) => {
      const result = await ask(...values);
      if (Array.isArray(result) && result.length > 0)
        await new Promise<void>((resolve) => answers.push(resolve));
      return result;
    };
    return { answers, around: { [name]: slow } as Partial<QueueStorage> };
  }

  it('sends nothing again that was delivered while its warning was being prepared', async () => {
    const { answers, around } = heldBack('aged');
    const made = await start({ closed: true, document: { queue: { keepBodies: '1d' } } }, around);
    const { id } = await made.send();
    clock.advance(5 * HOUR);
    await minutesUntil(() => answers.length > 0, 'the page of late messages');
    made.upstreams.probeNow();
    await until(async () => (await state(id)) === 'delivered', 'the delivery');
    for (const go of answers) go();
    await made.send({ client: 'another' });
    await until(() => made.upstreams.delivered.length === 2, 'the other message');
    clock.advance(10_000);
    expect(await state(id)).to.equal('delivered');
  });

  it('gives up on nothing that was delivered meanwhile', async () => {
    const { answers, around } = heldBack('aged');
    const document = { queue: { warnAfter: '300d', expireAfter: '1h', keepBodies: '1d' } };
    const made = await start({ closed: true, document }, around);
    made.upstreams.closedFor = 'unreachable';
    const { id } = await made.send();
    clock.advance(2 * HOUR);
    await minutesUntil(() => answers.length > 0, 'the page for expiry');
    made.upstreams.probeNow();
    await until(async () => (await state(id)) === 'delivered', 'the delivery');
    for (const go of answers) go();
    await made.send({ client: 'another' });
    await until(() => made.upstreams.delivered.length === 2, 'the other message');
    await made.send({ client: 'another' });
    await until(() => made.upstreams.delivered.length === 3, 'one more');
    expect(await state(id)).to.equal('delivered');
  });

  it('sends nothing again that an older answer of the store still calls queued', async () => {
    const { answers, around } = heldBack('due');
    const made = await start({ closed: true, document: { queue: { keepBodies: '1d' } } }, around);
    const { id } = await made.send();
    clock.advance(1);
    // A verb on another message of the lane makes the queue read it while the first is being sent.
    const other = await made.send();
    await made.queue.operations.retry({ ids: [other.id] }, 'ops');
    await until(() => answers.length > 0, 'the reading');
    made.upstreams.probeNow();
    await until(async () => (await state(id)) === 'delivered', 'the delivery');
    await until(() => {
      answers.shift()?.();
      return made.upstreams.delivered.length >= 2;
    }, 'the other one');
    for (let round = 0; round < 20; round += 1) {
      answers.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const ids = made.upstreams.delivered.map((each) => each.id);
    expect(ids.toSorted()).to.deep.equal([id, other.id].toSorted());
  });

  it('does not send again because a report cannot be written', async () => {
    const reporter = {
      ...noReports,
      failed: () => {
        throw new Error('a fault of the reporter');
      },
    };
    const made = await start({ reporter });
    made.upstreams.reply = half;
    const { id } = await made.send({ recipients: ['a@x.example', 'b@x.example'] });
    await until(async () => (await state(id)) === 'failed', 'the outcome');
    expect(made.upstreams.delivered).to.have.length(1);
    const { journal } = await made.queue.operations.show(id);
    expect(journal.map(({ event }) => event.type)).to.deep.equal(['accepted', 'attempt', 'report-withheld']);
  });

  it('does not send again because the header for a report cannot be read', async () => {
    let readable = true;
    const headers: number[] = [];
    const made = await start(
      {
        reporter: {
          ...noReports,
          failed: (_message, _recipients, header) => {
            headers.push(header.length);
            return undefined;
          },
        },
      },
      {
        readChunk: async (id, number) => {
          if (!readable) throw new RelayError('store-unavailable', 'gone');
          return store.queue.readChunk(id, number);
        },
      },
    );
    made.upstreams.reply = (message, recipients) => {
      const outcome = half(message, recipients);
      setImmediate(() => (readable = false));
      return new Promise((resolve) => setImmediate(() => setImmediate(() => resolve(outcome))));
    };
    made.upstreams.deliver = async (permit, message, recipients, signal) => ({
      upstream: permit.upstream,
      outcome: await made.upstreams.reply(message, recipients, signal),
    });
    const body = Buffer.alloc(400_000, 'Subject: large\r\n\r\n0123456789\r\n');
    const { id } = await made.send({ body, recipients: ['a@x.example', 'b@x.example'] });
    await until(async () => (await state(id)) === 'failed', 'the outcome');
    expect(made.attempts).to.have.length(1);
    expect(headers).to.deep.equal([0]);
  });

  it('gives up on old mail behind a server that is gone, however much older mail waits for others', async () => {
    const document = { queue: { warnAfter: '300d', expireAfter: '1h' } };
    const made = await start({ closed: true, document, bounds: { perLane: 10, total: 20, reserved: 5 } });
    made.upstreams.closedFor = 'unreachable';
    made.upstreams.routeTo = ({ client }) => (client === 'lost' ? 'office' : 'elsewhere');
    await Promise.all(Array.from({ length: 450 }, () => made.send({ client: 'waits' })));
    clock.advance(1000);
    const { id } = await made.send({ client: 'lost' });
    await until(async () => {
      clock.advance(61 * 60_000);
      return (await state(id)) === 'failed';
    }, 'the end of it');
    expect((await store.queue.counts()).find((each) => each.state === 'queued')?.count).to.equal(450);
  });

  it('goes on with the others when one late message cannot be dealt with', async () => {
    const warned: string[] = [];
    const bad = new Set<string>();
    const made = await start(
      {
        closed: true,
        reporter: { ...noReports, delayed: ({ id }) => void warned.push(id) },
      },
      {
        find: async (id) => {
          if (bad.has(id)) throw new RelayError('store-unavailable', 'a damaged page');
          return store.queue.find(id);
        },
      },
    );
    const [first, second] = [await made.send(), await made.send()];
    bad.add(first.id);
    clock.advance(5 * HOUR);
    await minutesUntil(() => warned.includes(second.id), 'the warning about the second');
  });

  describe('under a lease', () => {
    it('sends nothing while it is not held, and goes on by itself when it is again', async () => {
      const lease = { id: 'first', held: false };
      const made = await start({ lease: leaseOf(lease) });
      const { id } = await made.send();
      clock.advance(3000);
      expect(made.upstreams.delivered).to.have.length(0);
      lease.held = true;
      clock.advance(1000);
      await until(async () => (await state(id)) === 'delivered', 'the delivery');
    });

    it('leaves what it accepted under an older lease to whoever takes it over', async () => {
      const lease = { id: 'first', held: true };
      const made = await start({ lease: leaseOf(lease), closed: true });
      const { id } = await made.send();
      lease.id = 'second';
      made.upstreams.probeNow();
      clock.advance(10_000);
      expect(made.upstreams.delivered).to.have.length(0);
      expect(made.queue.status().inMemory).to.equal(0);
      expect(await state(id)).to.equal('queued');
    });

    it('asks before the end of a message whether it may be sent still', async () => {
      const lease = { id: 'first', held: true };
      const made = await start({ lease: leaseOf(lease) });
      const asked: boolean[] = [];
      made.upstreams.reply = (message, recipients) => {
        asked.push(message.mayFinish?.() ?? true);
        lease.held = false;
        asked.push(message.mayFinish?.() ?? true);
        return answer(BUSY)(message, recipients);
      };
      await made.send();
      await until(() => asked.length === 2, 'the attempt');
      expect(asked).to.deep.equal([true, false]);
    });

    it('records a delivery under the new lease when nobody else has taken the message', async () => {
      const lease = { id: 'first', held: true };
      const made = await start({ lease: leaseOf(lease) });
      const sending = Promise.withResolvers<void>();
      made.upstreams.reply = async (message, recipients) => {
        await sending.promise;
        return answer(OK)(message, recipients);
      };
      const { id } = await made.send();
      await until(() => made.queue.status().sending === 1, 'the attempt');
      lease.id = 'second';
      await store.queue.joinNode({ id: 'second', label: '' }, 60_000);
      expect(await store.queue.takeOver('second', 10)).to.have.length(1);
      made.queue.leaseLost();
      made.queue.leaseGained();
      sending.resolve();
      await until(async () => (await state(id)) === 'delivered', 'the record');
      expect(made.upstreams.delivered).to.have.length(1);
    });

    it('withdraws its report when another node goes on with the message', async () => {
      const lease = { id: 'first', held: true };
      const reported: string[] = [];
      const made = await start({
        lease: leaseOf(lease),
        reporter: {
          ...noReports,
          failed: (message) => {
            reported.push(message.id);
            return {
              accepted: {
                kind: 'report',
                origin: { client: 'postern', listener: '', address: '', greeting: '' },
                envelope: {
                  sender: '',
                  recipients: [{ address: 'printer@example.com' }],
                  eightBit: false,
                  smtpUtf8: false,
                },
                receiving: 0,
                content: { subject: 'Undelivered', headerMessageId: '<report@example.com>', eightBit: false },
              },
              body: Buffer.from('Subject: Undelivered\r\n\r\n'),
            };
          },
        },
      });
      const sending = Promise.withResolvers<void>();
      made.upstreams.reply = async (message, recipients) => {
        await sending.promise;
        return answer(REFUSED)(message, recipients);
      };
      const { id } = await made.send();
      await until(() => made.queue.status().sending === 1, 'the attempt');
      await store.queue.joinNode({ id: 'other', label: '' }, 60_000);
      await store.queue.takeOver('other', 10);
      sending.resolve();
      await until(() => reported.length === 1, 'the report');
      await until(
        async () => (await store.queue.counts()).some((each) => each.state === 'deleted'),
        'no report',
      );
      clock.advance(10_000);
      expect(made.upstreams.delivered).to.have.length(0);
      expect(await store.queue.find(id)).to.include({ state: 'queued', node: 'other' });
    });
  });
});

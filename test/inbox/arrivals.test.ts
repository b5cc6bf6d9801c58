import { expect } from 'chai';
import { type Arrivals, createArrivals } from '../../src/inbox/arrivals.ts';
import type { MessageRecord } from '../../src/queue/message.ts';
import type { MessageFilter } from '../../src/queue/storage.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { messageRecord } from '../support/records.ts';
import { until } from '../support/until.ts';

const FOREVER = new AbortController().signal;

describe('waiting for mail', () => {
  let clock: ManualClock;
  let stored: MessageRecord[];
  let asked: MessageFilter[];
  let arrivals: Arrivals;
  beforeEach(() => {
    clock = new ManualClock();
    stored = [];
    asked = [];
    const list = async (filter: MessageFilter) => {
      asked.push(filter);
      return { messages: stored.toReversed() };
    };
    arrivals = createArrivals({ queue: { list }, clock });
  });

  const arrived = (changes: Partial<MessageRecord> = {}) =>
    messageRecord({ acceptedAt: clock.now(), ...changes });
  const looked = (times: number) => until(() => asked.length >= times, `the store was asked ${times} times`);

  it('tells who waits at once that Postern stops, and lets nobody begin', async () => {
    const waiting = arrivals.wait({ since: clock.now() }, 60_000, FOREVER).catch((error: unknown) => error);
    await looked(1);
    arrivals.end();
    expect(await waiting).to.include({ code: 'stopping' });
    const late = arrivals.wait({ since: clock.now() }, 60_000, FOREVER).catch((error: unknown) => error);
    expect(await late).to.include({ code: 'stopping' });
    expect(clock.pending).to.equal(0);
  });

  it('answers at once with what this node accepts', async () => {
    const waiting = arrivals.wait({ recipient: 'A@example.NET', since: clock.now() }, 30_000, FOREVER);
    await looked(1);
    arrivals.accepted(arrived({ recipients: [{ address: 'b@example.net', state: 'pending' }] }));
    const wanted = arrived({ recipients: [{ address: 'a@example.net', state: 'pending' }] });
    arrivals.accepted(wanted);
    expect(await waiting).to.equal(wanted);
    expect(clock.pending).to.equal(0);
  });

  for (const [what, awaited] of [
    ['another sender', { sender: 'scanner@' }],
    ['another subject', { subject: 'Paper' }],
    ['an earlier time', { since: Number.MAX_SAFE_INTEGER }],
  ] as const) {
    it(`is not woken by mail with ${what}`, async () => {
      const waiting = arrivals.wait({ since: clock.now(), ...awaited }, 5_000, FOREVER);
      await looked(1);
      arrivals.accepted(arrived());
      clock.advance(0);
      await Promise.resolve();
      clock.advance(5_000);
      expect(await waiting).to.equal(undefined);
    });
  }

  it('finds the oldest of what is there already, even without waiting', async () => {
    const [first, second] = [arrived(), arrived()];
    stored = [first, second];
    expect(await arrivals.wait({ since: 0 }, 0, FOREVER)).to.equal(first);
  });

  it('finds mail of another node within a second, by looking at what is new only', async () => {
    const waiting = arrivals.wait({ since: clock.now() }, 30_000, FOREVER);
    await looked(1);
    const other = arrived();
    await until(() => clock.pending === 2, 'the next look is due');
    stored = [other];
    clock.advance(1_000);
    expect(await waiting).to.equal(other);
    expect(asked[0]).not.to.have.property('fromId');
    expect(asked[1])
      .to.have.property('fromId')
      .that.matches(/^[0-9A-Z]{16}$/);
  });

  it('ends when the time is over', async () => {
    const waiting = arrivals.wait({ since: clock.now() }, 10_000, FOREVER);
    await until(() => clock.pending === 2, 'it waits');
    clock.advance(10_000);
    expect(await waiting).to.equal(undefined);
  });

  it('ends when the caller goes, and leaves nothing behind', async () => {
    const caller = new AbortController();
    const waiting = arrivals.wait({ since: clock.now() }, 10_000, caller.signal);
    await until(() => clock.pending === 2, 'it waits');
    caller.abort();
    expect(await waiting).to.equal(undefined);
    expect(clock.pending).to.equal(0);
  });

  it('has room for 100 callers, and again when they are gone', async () => {
    const caller = new AbortController();
    const wait = () => arrivals.wait({ since: clock.now() }, 10_000, caller.signal);
    const waiting = Array.from({ length: 100 }, wait);
    const refused = await wait().catch((error: unknown) => error);
    expect(refused).to.include({ code: 'overloaded' });
    caller.abort();
    await Promise.all(waiting);
    expect(await wait()).to.equal(undefined);
  });

  it('says so when the store does not answer', async () => {
    const broken = createArrivals({ queue: { list: () => Promise.reject(new Error('gone')) }, clock });
    const error = await broken.wait({ since: 0 }, 1_000, FOREVER).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error).and.include({ message: 'gone' });
  });
});

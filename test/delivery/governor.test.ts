import { expect } from 'chai';
import * as fc from 'fast-check';
import { createConnectionSlots } from '../../src/delivery/connection-slots.ts';
import { createDailyUsage } from '../../src/delivery/daily-usage.ts';
import { createGovernor, type GovernorLimits } from '../../src/delivery/governor.ts';
import { createMessageRate } from '../../src/delivery/message-rate.ts';
import { ManualClock } from '../support/manual-clock.ts';

const HOUR = 3_600_000;

describe('a limit of messages a minute', () => {
  it('is never exceeded in any minute, and nearly used up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), (limit) => {
        const rate = createMessageRate(limit);
        const sent: number[] = [];
        for (let now = 0; now < 300_000; ) {
          const wait = rate.wait(now);
          if (wait > 0) {
            now += wait;
            continue;
          }
          rate.take(now, 1);
          sent.push(now);
        }
        for (const [index, at] of sent.entries()) {
          const within = sent.slice(index).findIndex((other) => other >= at + 60_000);
          if (within !== -1) expect(within).to.be.at.most(limit);
        }
        expect(sent.length / 5).to.be.at.least(limit * 0.88 - 1);
      }),
      { numRuns: 30 },
    );
  });

  it('knows when the last of many will leave', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 0, max: 30 }),
        (limit, messages, before) => {
          const rate = createMessageRate(limit);
          for (let count = 0; count < before; count += 1) rate.take(0, 1);
          const promised = rate.waitForLast(0, messages);
          let now = 0;
          for (let count = 0; count < messages; count += 1) {
            now += rate.wait(now);
            rate.take(now, 1);
          }
          // Each wait is rounded up to a millisecond.
          expect(now).to.be.within(promised - 1, promised + messages + 1);
        },
      ),
    );
  });

  it('spreads messages instead of sending all at the start of the minute', () => {
    const rate = createMessageRate(30);
    for (let count = 0; count < 3; count += 1) rate.take(0, 1);
    expect(rate.wait(0)).to.be.within(2000, 2200);
  });
});

describe('connection slots', () => {
  it('shrink when there are too many, and grow back slowly', () => {
    const slots = createConnectionSlots(10);
    for (let count = 0; count < 10; count += 1) slots.take();
    expect(slots.free(0)).to.equal(false);
    slots.crowded(0);
    slots.crowded(10);
    for (let count = 0; count < 8; count += 1) slots.giveBack();
    expect(slots.free(10)).to.equal(true);
    slots.take();
    expect(slots.free(10)).to.equal(false);
    slots.crowded(5000);
    slots.giveBack();
    expect(slots.free(5000)).to.equal(false);
    expect(slots.free(66_000)).to.equal(true);
  });

  it('never shrink to none', () => {
    const slots = createConnectionSlots(1);
    for (let now = 0; now < 10_000; now += 2000) slots.crowded(now);
    expect(slots.free(10_000)).to.equal(true);
  });
});

describe('an upstream that goes on finding too many connections', () => {
  it('is let alone for longer and longer, up to a minute, or as it asks', () => {
    const slots = createConnectionSlots(10);
    let now = 0;
    for (const pause of [1000, 5000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      slots.crowded(now);
      expect(slots.pause(now)).to.equal(pause);
      expect(slots.pause(now + pause)).to.equal(0);
      now += pause;
    }
    slots.crowded(now, 90_000);
    expect(slots.pause(now)).to.equal(90_000);
  });

  it('is met with the first pause again once it has taken a message', () => {
    const slots = createConnectionSlots(10);
    for (let now = 0; now < 60_000; now += 5000) slots.crowded(now);
    slots.worked();
    slots.crowded(200_000, 30_000);
    expect(slots.pause(200_000)).to.equal(1000);
  });

  it('is asked little by the governor, whatever waits', async () => {
    const { clock, governor } = start({ connections: 20 });
    await settled();
    let attempts = 0;
    const end = clock.monotonic() + HOUR;
    while (clock.monotonic() < end) {
      const obstacle = governor.obstacle(1);
      if (obstacle !== undefined) {
        clock.advance(obstacle.wait);
        continue;
      }
      governor.take(1);
      attempts += 1;
      clock.advance(20);
      governor.crowded();
      governor.giveBack(1, 0);
    }
    expect(attempts).to.be.within(55, 70);
  });
});

function start(
  limits: Partial<GovernorLimits>,
  options: { nodes?: number; stored?: { at: number; recipients: number }[] } = {},
) {
  const clock = new ManualClock();
  const stored = options.stored ?? [];
  let writes = 0;
  let loads = 0;
  let nodes = options.nodes ?? 1;
  const usage = createDailyUsage('office', {
    storage: {
      addUsage(_upstream, at, recipients) {
        writes += 1;
        stored.push({ at, recipients });
        return Promise.resolve();
      },
      usageSince: (_upstream, since) => Promise.resolve(stored.filter(({ at }) => at >= since)),
    },
    clock,
    onLoaded: () => (loads += 1),
    onFailure: (error) => {
      throw error;
    },
  });
  const governor = createGovernor(
    { connections: 10, recipientsPerMessage: 500, ...limits },
    usage,
    () => nodes,
    clock,
  );
  return {
    clock,
    usage,
    governor,
    stored,
    writes: () => writes,
    loads: () => loads,
    setNodes: (next: number) => (nodes = next),
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the governor of an upstream', () => {
  it('shares connections and messages a minute among the live nodes', async () => {
    const { governor, setNodes } = start({ connections: 6, messagesPerMinute: 60 }, { nodes: 3 });
    await settled();
    governor.take(1);
    governor.take(1);
    expect(governor.obstacle(1)).to.deep.equal({ wait: Number.POSITIVE_INFINITY, reason: 'slots' });
    setNodes(1);
    expect(governor.obstacle(1)).to.equal(undefined);
  });

  it('counts each transaction of a message with many recipients', () => {
    const { governor } = start({ messagesPerMinute: 60, recipientsPerMessage: 10 });
    governor.take(100);
    expect(governor.obstacle(1)?.reason).to.equal('rate');
  });

  it('waits for the store before it lets anything go against a daily limit', async () => {
    const { governor, loads } = start({ recipientsPerDay: 10 });
    expect(governor.obstacle(1)).to.deep.equal({ wait: 1000, reason: 'rate' });
    await settled();
    expect(loads()).to.equal(1);
    expect(governor.obstacle(1)).to.equal(undefined);
  });

  it('holds mail above recipientsPerDay until the hour leaves the window', async () => {
    const at = new ManualClock().now() - 20 * HOUR;
    const { clock, governor } = start({ recipientsPerDay: 10 }, { stored: [{ at, recipients: 8 }] });
    await settled();
    expect(governor.obstacle(2)).to.equal(undefined);
    governor.take(2);
    expect(governor.obstacle(1)).to.deep.equal({ wait: 4 * HOUR, reason: 'quota' });
    governor.giveBack(2, 2);
    expect(governor.obstacle(1)).to.deep.equal({ wait: 4 * HOUR, reason: 'quota' });
    clock.advance(4 * HOUR + 1);
    expect(governor.obstacle(1)).to.equal(undefined);
  });

  it('says how many recipients the day still has room for', async () => {
    const at = new ManualClock().now() - 20 * HOUR;
    const { governor } = start({ recipientsPerDay: 10 }, { stored: [{ at, recipients: 7 }] });
    await settled();
    expect(governor.obstacle(5)).to.deep.equal({ wait: 4 * HOUR, reason: 'quota', fits: 3 });
    expect(governor.obstacle(3)).to.equal(undefined);
  });

  it('gives recipients back that were not handed over', async () => {
    const { governor } = start({ recipientsPerDay: 10 });
    await settled();
    governor.take(10);
    governor.giveBack(10, 0);
    expect(governor.obstacle(10)).to.equal(undefined);
  });

  it('lets a message with more recipients than a day allows go on an unused day', async () => {
    const { governor } = start({ recipientsPerDay: 10 });
    await settled();
    expect(governor.obstacle(50)).to.equal(undefined);
  });

  it('writes the usage in batches, and loses none at the end', async () => {
    const { clock, governor, usage, writes, stored } = start({});
    await settled();
    for (let count = 0; count < 1000; count += 1) {
      governor.take(1);
      governor.giveBack(1, 1);
    }
    expect(writes()).to.equal(0);
    expect(usage.total()).to.equal(1000);
    clock.advance(10_000);
    await settled();
    expect(writes()).to.equal(1);
    expect(usage.total()).to.equal(1000);
    governor.take(5);
    governor.giveBack(5, 5);
    await usage.close();
    expect(stored.reduce((sum, { recipients }) => sum + recipients, 0)).to.equal(1005);
  });

  describe('forecasts', () => {
    it('nothing while there is no limit and nothing has left', () => {
      expect(start({}).governor.forecast(10)).to.equal(undefined);
    });

    it('by the limit of messages a minute', () => {
      const { governor } = start({ messagesPerMinute: 30 });
      const forecast = governor.forecast(500);
      expect(forecast?.limitedBy).to.equal('messagesPerMinute');
      expect(forecast?.wait).to.be.within(16 * 60_000, 18.5 * 60_000);
    });

    it('by the speed of the last minute', () => {
      const { clock, governor } = start({});
      for (let count = 0; count < 100; count += 1) {
        clock.advance(100);
        governor.take(1);
        governor.giveBack(1, 1);
      }
      const forecast = governor.forecast(1000);
      expect(forecast?.limitedBy).to.equal('speed');
      expect(forecast?.wait).to.be.within(95_000, 105_000);
      clock.advance(10 * 60_000);
      expect(governor.forecast(1000)).to.equal(undefined);
    });

    it('by the limit of the day when more waits than it lets through', async () => {
      const at = new ManualClock().now() - 20 * HOUR;
      const { governor } = start({ recipientsPerDay: 10 }, { stored: [{ at, recipients: 8 }] });
      await settled();
      expect(governor.forecast(2)).to.equal(undefined);
      expect(governor.forecast(5)).to.deep.equal({ wait: 4 * HOUR, limitedBy: 'recipientsPerDay' });
      expect(governor.forecast(13)).to.deep.equal({ wait: 28 * HOUR, limitedBy: 'recipientsPerDay' });
    });
  });
});

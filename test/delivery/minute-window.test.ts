import { expect } from 'chai';
import * as fc from 'fast-check';
import { createMessageRate } from '../../src/delivery/message-rate.ts';
import { createMinuteWindow } from '../../src/delivery/minute-window.ts';

const MINUTE = 60_000;

describe('the minute before', () => {
  it('lets so many begin, and the next a minute after the first has ended', () => {
    const minute = createMinuteWindow(3);
    for (let count = 0; count < 3; count += 1) {
      expect(minute.wait(0)).to.equal(0);
      minute.began(1);
    }
    expect(minute.wait(0)).to.equal(Number.POSITIVE_INFINITY);
    minute.ended(500, 1);
    minute.ended(700, 1);
    expect(minute.wait(1000)).to.equal(MINUTE - 500);
    minute.ended(90_000, 1);
    expect(minute.wait(90_000)).to.equal(0);
    minute.began(2);
    expect(minute.wait(90_000)).to.equal(MINUTE);
  });

  it('is there for a share below one, and forgets what began before it', () => {
    const minute = createMinuteWindow(0.4);
    minute.ended(0, 5);
    expect(minute.wait(0)).to.equal(MINUTE);
    expect(minute.wait(MINUTE)).to.equal(0);
  });

  it('keeps every minute of the upstream within the limit, however long each message takes and whenever it counts there', () => {
    const message = fc.record({ takes: fc.nat(20_000), counts: fc.nat(100) });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(message, { minLength: 50, maxLength: 120 }),
        (limit, connections, messages) => {
          const [rate, minute] = [createMessageRate(limit), createMinuteWindow(limit)];
          let now = 0;
          let busy: number[] = [];
          const arrivals: number[] = [];
          for (const { takes, counts } of messages) {
            for (let steps = 0; ; steps += 1) {
              expect(steps, 'comes to an end').to.be.below(1000);
              for (const end of busy.filter((each) => each <= now)) minute.ended(end, 1);
              busy = busy.filter((each) => each > now);
              const wait = Math.max(rate.wait(now), minute.wait(now));
              if (wait === 0 && busy.length < connections) break;
              now = Math.min(wait === 0 ? Number.POSITIVE_INFINITY : now + wait, ...busy);
            }
            rate.take(now, 1);
            minute.began(1);
            busy.push(now + takes);
            busy.sort((a, b) => a - b);
            arrivals.push(now + Math.floor((takes * counts) / 100));
          }
          arrivals.sort((a, b) => a - b);
          for (const [index, at] of arrivals.entries()) {
            const earlier = arrivals[index - limit];
            if (earlier !== undefined) expect(at - earlier).to.be.at.least(MINUTE);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

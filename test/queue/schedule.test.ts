import { expect } from 'chai';
import { isExpired, retryDelay } from '../../src/queue/schedule.ts';

const random = (fraction: number) => ({
  fraction: () => fraction,
  bytes: (length: number) => Buffer.alloc(length),
});
const waits = [30_000, 60_000, 3_600_000];

describe('schedule', () => {
  for (const [attempts, expected] of [
    [1, 30_000],
    [2, 60_000],
    [3, 3_600_000],
    [4, 3_600_000],
    [1000, 3_600_000],
    [0, 30_000],
  ] as const) {
    it(`waits ${expected} ms after attempt ${attempts}`, () => {
      expect(retryDelay(waits, attempts, random(0))).to.equal(expected);
    });
  }

  it('adds at most a tenth of jitter', () => {
    expect(retryDelay(waits, 1, random(0.999))).to.be.within(32_900, 33_000);
  });

  it('waits as long as the upstream asks for', () => {
    expect(retryDelay(waits, 1, random(0), 90_000)).to.equal(90_000);
  });

  it('expires exactly when the time is over', () => {
    expect(isExpired(1000, 1999, 1000)).to.equal(false);
    expect(isExpired(1000, 2000, 1000)).to.equal(true);
  });
});

import { expect } from 'chai';
import { judgePressure, type PressureReading } from '../../src/queue/pressure.ts';

const calm: PressureReading = {
  queueBytes: 0,
  freeDisk: 10_000,
  heapUsed: 0.2,
  loopDelay: 5,
  receiving: 0,
  storeFailedAt: undefined,
  now: 50_000,
};
const limits = { maxBytes: 1000, minFreeDisk: 100 };

describe('pressure', () => {
  it('takes mail when all is calm', () => {
    expect(judgePressure(calm, limits, 500)).to.equal(undefined);
  });

  it('knows nothing of the disk of a database server', () => {
    expect(judgePressure({ ...calm, freeDisk: undefined }, limits)).to.equal(undefined);
  });

  for (const [sign, reading, size, code] of [
    ['the queue is full', { queueBytes: 1001 }, 0, 452],
    ['the message would overfill the queue', { queueBytes: 900 }, 101, 452],
    ['the disk is nearly full', { freeDisk: 99 }, 0, 452],
    ['the message would fill the disk', { freeDisk: 150 }, 60, 452],
    ['the store has just failed', { storeFailedAt: 49_500 }, 0, 451],
    ['memory is short', { heapUsed: 0.9 }, 0, 451],
    ['too much is being received', { receiving: 300 * 1024 * 1024 }, 0, 451],
    ['the event loop is late', { loopDelay: 1500 }, 0, 451],
  ] as const) {
    it(`answers ${code} when ${sign}`, () => {
      expect(judgePressure({ ...calm, ...reading }, limits, size)?.code).to.equal(code);
    });
  }

  it('lets a message try the store again after a pause', () => {
    expect(judgePressure({ ...calm, storeFailedAt: 48_900 }, limits)).to.equal(undefined);
  });
});

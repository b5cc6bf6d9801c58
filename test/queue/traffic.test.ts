import { expect } from 'chai';
import { createTraffic, type Traffic, withoutGaps } from '../../src/queue/traffic.ts';
import type { TrafficMinute, TrafficStorage, TrafficStretch } from '../../src/queue/traffic-storage.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recordLog } from '../support/recorded-log.ts';

const MINUTE = 60_000;
const NOTHING = { accepted: 0, delivered: 0, deferred: 0, failed: 0, refused: 0 };

const settled = () => new Promise(setImmediate);

describe('traffic', () => {
  let clock: ManualClock;
  let batches: (readonly TrafficMinute[])[];
  let removed: number[];
  let reads: { since: number; step: number }[];
  let stored: TrafficStretch[];
  let broken: boolean;
  let traffic: Traffic;
  const log = recordLog();
  const storage: TrafficStorage = {
    async add(minutes) {
      if (broken) throw new Error('no disk');
      batches.push(minutes);
    },
    async read(since, step) {
      reads.push({ since, step });
      return stored;
    },
    last: async () => ({ accepted: 5 }),
    async removeBefore(minute) {
      removed.push(minute);
    },
    waitingSince: async () => [],
  };

  beforeEach(() => {
    clock = new ManualClock(Date.UTC(2026, 10, 2, 12, 7, 30));
    [batches, removed, reads, stored, broken] = [[], [], [], [], false];
    traffic = createTraffic({ storage, clock, log: log.log });
  });

  it('is counted in memory by minutes, and written every ten seconds and at the stop', async () => {
    const minute = clock.now() - 30_000;
    traffic.onAccepted();
    traffic.onAccepted();
    for (const state of ['queued', 'queued', 'delivered', 'failed', 'held', 'deleted'] as const) {
      traffic.onAttempt({ state });
    }
    traffic.onRefused();
    await settled();
    expect(batches).to.deep.equal([]);
    clock.advance(10_000);
    await settled();
    expect(batches).to.deep.equal([
      [{ minute, accepted: 2, deferred: 2, delivered: 1, failed: 1, refused: 1 }],
    ]);
    expect(removed).to.deep.equal([clock.now() - 8 * 24 * 60 * MINUTE]);
    clock.advance(60_000);
    await settled();
    expect(batches, 'nothing new, nothing written').to.have.lengthOf(1);
    traffic.onRefused();
    await traffic.stop();
    expect(batches[1]).to.deep.equal([{ minute: minute + MINUTE, ...NOTHING, refused: 1 }]);
    traffic.onAccepted();
    await traffic.stop();
    expect([batches.length, removed.length]).to.deep.equal([2, 1]);
  });

  it('is written later when the store does not answer, and keeps a day of it at most', async () => {
    broken = true;
    for (let count = 0; count < 24 * 60 + 30; count += 1) {
      traffic.onAccepted();
      clock.advance(MINUTE);
      if (count % 100 === 0) await settled();
    }
    await settled();
    broken = false;
    await traffic.stop();
    const minutes = batches.flat();
    expect(minutes.length).to.equal(24 * 60);
    expect(minutes.every(({ accepted }) => accepted === 1)).to.equal(true);
    expect(log.lines.filter((line) => line.includes('tried again')).length).to.be.above(1);
  });

  it('is read without gaps, what is not written yet with it', async () => {
    const step = 15 * MINUTE;
    const last = Date.UTC(2026, 10, 2, 12);
    stored = [
      { at: last - step, ...NOTHING, failed: 3 },
      { at: last, ...NOTHING, accepted: 1 },
    ];
    traffic.onAccepted();
    const { points, step: told } = await traffic.read('day');
    expect([told, points.length, reads]).to.deep.equal([step, 96, [{ since: last - 95 * step, step }]]);
    expect(points[0]).to.deep.equal({ at: last - 95 * step, ...NOTHING });
    expect(points.slice(-2)).to.deep.equal([
      { at: last - step, ...NOTHING, failed: 3 },
      { at: last, ...NOTHING, accepted: 2 },
    ]);
    expect((await traffic.read('hour')).points).to.have.lengthOf(60);
    expect((await traffic.read('week')).points).to.have.lengthOf(84);
  });

  it('knows when mail went through last', async () => {
    expect(await traffic.last()).to.deep.equal({ acceptedAt: 5 });
    traffic.onAccepted();
    traffic.onAttempt({ state: 'delivered' });
    expect(await traffic.last()).to.deep.equal({ acceptedAt: clock.now(), deliveredAt: clock.now() });
  });

  it('leaves out what lies before and behind the stretch', () => {
    const written = [0, 10, 20, 30].map((at) => ({ at, ...NOTHING, refused: at }));
    const points = withoutGaps({ since: 10, last: 20, step: 10 }, written, [
      { minute: 25, ...NOTHING, failed: 1 },
      { minute: 40, ...NOTHING, failed: 9 },
    ]);
    expect(points).to.deep.equal([
      { at: 10, ...NOTHING, refused: 10 },
      { at: 20, ...NOTHING, refused: 20, failed: 1 },
    ]);
  });
});

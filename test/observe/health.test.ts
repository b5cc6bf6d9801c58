import { expect } from 'chai';
import { createHealth } from '../../src/observe/health.ts';
import type { Clock } from '../../src/shared/clock.ts';
import { RelayError } from '../../src/shared/errors.ts';

/** A clock whose timers ring when the test says so. */
function handClock() {
  const timers = new Set<() => void>();
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    after(_milliseconds, callback) {
      timers.add(callback);
      return { cancel: () => timers.delete(callback) };
    },
  };
  const ring = () => {
    for (const timer of timers) timer();
  };
  return { clock, ring, timers };
}

/** A check that fails in this way. */
function failing(error: Error): () => Promise<void> {
  return async () => {
    throw error;
  };
}

describe('readiness', () => {
  it('is there when every check passes, and keeps no timer', async () => {
    const { clock, timers } = handClock();
    const health = createHealth({ clock, checks: [{ name: 'store', check: async () => undefined }] });
    expect(await health.readiness()).to.deep.equal({ ready: true, checks: [{ name: 'store', ready: true }] });
    expect(timers.size).to.equal(0);
  });

  it('names what is wrong in the words of a RelayError, and nothing of other errors', async () => {
    const { clock } = handClock();
    const health = createHealth({
      clock,
      checks: [
        { name: 'store', check: failing(new RelayError('store-full', 'There is no space left.')) },
        { name: 'listeners', check: failing(new Error('password hunter2')) },
        { name: 'third', check: async () => undefined },
      ],
    });
    expect(await health.readiness()).to.deep.equal({
      ready: false,
      checks: [
        { name: 'store', ready: false, text: 'There is no space left.' },
        { name: 'listeners', ready: false, text: 'failed; the log says why' },
        { name: 'third', ready: true },
      ],
    });
  });

  it('answers at the deadline when a check hangs, and starts no second one meanwhile', async () => {
    const { clock, ring } = handClock();
    let started = 0;
    const hanging = Promise.withResolvers<void>();
    const check = () => {
      started += 1;
      return hanging.promise;
    };
    const health = createHealth({ clock, deadline: 2000, checks: [{ name: 'store', check }] });
    for (let round = 0; round < 3; round += 1) {
      const asked = [health.readiness(), health.readiness()];
      ring();
      for (const answer of await Promise.all(asked)) {
        expect(answer.checks).to.deep.equal([
          { name: 'store', ready: false, text: 'did not answer within 2 s' },
        ]);
      }
    }
    expect(started).to.equal(1);
    hanging.resolve();
    await new Promise(setImmediate);
    const again = health.readiness();
    expect(started).to.equal(2);
    expect((await again).ready).to.equal(true);
  });
});

import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { createPressureGauge } from '../../src/queue/pressure-gauge.ts';
import { createRefusalAlert } from '../../src/queue/refusal-alert.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ChangingSettings } from '../support/queue-under-test.ts';
import { recordAlerts } from '../support/recorded-alerts.ts';

describe('refusal alert', () => {
  it('tells that the disk is full once, and that it is over when all was well for a while', () => {
    const alerts = recordAlerts();
    const look = createRefusalAlert(alerts);
    look('disk');
    expect(alerts.history).to.deep.equal([]);
    for (let looks = 0; looks < 100; looks += 1) look('disk');
    expect(alerts.history).to.deep.equal(['+ mail refused']);
    expect(alerts.standing.get('mail refused')).to.include({ level: 'critical' });
    expect(alerts.standing.get('mail refused')?.text).to.contain('queue.minFreeDisk');
    for (let looks = 0; looks < 4; looks += 1) look(undefined);
    expect(alerts.standing.size).to.equal(1);
    look(undefined);
    expect(alerts.history).to.deep.equal(['+ mail refused', '- mail refused']);
  });

  it('says nothing of a short moment without memory or time', () => {
    const alerts = recordAlerts();
    const look = createRefusalAlert(alerts);
    for (let rounds = 0; rounds < 20; rounds += 1) {
      for (let looks = 0; looks < 9; looks += 1) look(rounds % 2 === 0 ? 'load' : 'memory');
      look(undefined);
    }
    expect(alerts.history).to.deep.equal([]);
  });

  it('tells another reason anew', () => {
    const alerts = recordAlerts();
    const look = createRefusalAlert(alerts);
    for (const reason of ['queue', 'queue', 'disk'] as const) look(reason);
    expect(alerts.history).to.deep.equal(['+ mail refused', '- mail refused', '+ mail refused']);
    expect(alerts.standing.get('mail refused')?.text).to.contain('disk of the store');
  });

  it('is told by the gauge, also where no device comes', async () => {
    const alerts = recordAlerts();
    const clock = new ManualClock();
    let free = 0;
    const gauge = createPressureGauge({
      storage: { counts: async () => [] },
      settings: new ChangingSettings(),
      clock,
      freeBytes: async () => free,
      loopDelay: () => 0,
      alerts,
    });
    await gauge.start();
    await seconds(clock, 3);
    expect([...alerts.standing.keys()]).to.deep.equal(['mail refused']);
    free = Number.MAX_SAFE_INTEGER;
    await seconds(clock, 6);
    expect(alerts.standing.size).to.equal(0);
    gauge.stop();
  });
});

/** Lets the gauge look once in each. */
async function seconds(clock: ManualClock, count: number): Promise<void> {
  for (let passed = 0; passed < count; passed += 1) {
    clock.advance(1000);
    await setImmediate();
  }
}

import { expect } from 'chai';
import { createAlerts, type StandingAlert } from '../../src/notices/alerts.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import type { Alert } from '../../src/shared/alerts.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recordLog } from '../support/recorded-log.ts';

const alert = (key: string, more: Partial<Alert> = {}): Alert => ({
  key,
  level: 'warning',
  text: `${key} happened.`,
  ...more,
});

/** Everything around it is in memory, and the clock stands still. */
function create() {
  const log = recordLog();
  const clock = new ManualClock();
  const metrics = createMetrics({ processMetrics: false });
  const alerts = createAlerts({ log: log.log, meter: metrics.meter, clock });
  const told: StandingAlert[] = [];
  alerts.onRaised((one) => told.push(one));
  return { alerts, told, clock, metrics, lines: log.lines };
}

describe('createAlerts', () => {
  it('tells the same thing once until it is cleared', () => {
    const { alerts, told, lines, clock } = create();
    alerts.raise(alert('upstream office', { level: 'critical', remedy: 'Do this.', upstream: 'office' }));
    clock.advance(1000);
    alerts.raise(alert('upstream office', { level: 'critical', text: 'Still so.' }));
    expect(told).to.have.length(1);
    expect(lines).to.have.length(1);
    expect(JSON.parse(lines[0] ?? '')).to.include({
      level: 50,
      alert: 'upstream office',
      remedy: 'Do this.',
      upstream: 'office',
      msg: 'upstream office happened.',
    });
    expect(alerts.list()).to.have.length(1);
    expect(alerts.list()[0]).to.include({ text: 'Still so.', since: clock.now() - 1000 });
    alerts.clear('upstream office');
    expect(alerts.list()).to.deep.equal([]);
    expect(JSON.parse(lines[1] ?? '')).to.include({ level: 30, msg: 'No longer: Still so.' });
    alerts.raise(alert('upstream office'));
    expect(told).to.have.length(2);
    expect(JSON.parse(lines[2] ?? '')).to.include({ level: 40 });
  });

  it('says nothing when something is cleared that was not raised', () => {
    const { alerts, lines } = create();
    alerts.clear('nothing');
    expect(lines).to.deep.equal([]);
  });

  it('tells what gets worse anew, and not what gets better', () => {
    const { alerts, told } = create();
    alerts.raise(alert('a'));
    alerts.raise(alert('a', { level: 'critical' }));
    alerts.raise(alert('a'));
    expect(told.map(({ level }) => level)).to.deep.equal(['warning', 'critical']);
    expect(alerts.list().map(({ level }) => level)).to.deep.equal(['critical']);
  });

  it('lists critical ones first, then the oldest', () => {
    const { alerts, clock } = create();
    for (const [key, level] of [
      ['one', 'warning'],
      ['two', 'critical'],
      ['three', 'warning'],
    ] as const) {
      alerts.raise(alert(key, { level }));
      clock.advance(1);
    }
    expect(alerts.list().map(({ key }) => key)).to.deep.equal(['two', 'one', 'three']);
  });

  it('forgets no critical one because of many warnings', () => {
    const { alerts } = create();
    alerts.raise(alert('upstream office', { level: 'critical' }));
    for (let number = 0; number < 700; number += 1) alerts.raise(alert(`sender ${number}`));
    expect(alerts.list()).to.have.length(500);
    expect(alerts.list()[0]?.key).to.equal('upstream office');
  });

  it('keeps a bounded number, and says which it forgets', () => {
    const { alerts, lines } = create();
    for (let index = 0; index < 700; index += 1) alerts.raise(alert(`alert ${index}`));
    expect(alerts.list()).to.have.length(500);
    expect(alerts.list()[0]?.key).to.equal('alert 200');
    expect(lines.filter((line) => line.includes('the oldest is forgotten'))).to.have.length(200);
  });

  it('goes on when somebody who listens fails', () => {
    const { alerts, told, lines } = create();
    alerts.onRaised(() => {
      throw new Error('no way out');
    });
    const stop = alerts.onRaised(() => told.push());
    stop();
    alerts.raise(alert('a'));
    expect(told).to.have.length(1);
    expect(lines.some((line) => line.includes('did not go out: no way out'))).to.equal(true);
  });

  it('counts what was told and shows what stands', async () => {
    const { alerts, metrics } = create();
    alerts.raise(alert('a'));
    alerts.raise(alert('b', { level: 'critical' }));
    alerts.raise(alert('b', { level: 'critical' }));
    alerts.clear('a');
    const text = await metrics.text();
    expect(text).to.include('postern_alerts_total{level="warning"} 1');
    expect(text).to.include('postern_alerts_total{level="critical"} 1');
    expect(text).to.include('postern_alerts{level="warning"} 0');
    expect(text).to.include('postern_alerts{level="critical"} 1');
  });
});

import { expect } from 'chai';
import { announceAudit, announceDenied, announceRooms, announceVerbs } from '../../src/admin/announce.ts';
import type { Topic } from '../../src/admin/contract-overview.ts';
import { createAlerts } from '../../src/notices/alerts.ts';
import { settingsSchema } from '../../src/settings/schema.ts';
import { noMeter } from '../../src/shared/meter.ts';
import { fakeServices } from '../support/admin.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recordLog } from '../support/recorded-log.ts';

const SETTINGS = settingsSchema.parse({});

/** A room whose change a test makes. */
function room() {
  const callbacks = new Set<() => void>();
  return {
    listen(callback: () => void) {
      callbacks.add(callback);
      return () => void callbacks.delete(callback);
    },
    change() {
      for (const call of callbacks) call();
    },
  };
}

describe('word of changes', () => {
  let told: Topic[];
  const events = { publish: (topic: Topic) => void told.push(topic) };
  beforeEach(() => {
    told = [];
  });
  const taken = () => told.splice(0);

  it('comes from rooms that tell of themselves, until they are left', () => {
    const [settings, authorized, certificates] = [room(), room(), room()];
    const alerts = createAlerts({ log: recordLog().log, meter: noMeter, clock: new ManualClock() });
    const stop = announceRooms(events, {
      settings: { onChange: (callback) => settings.listen(() => callback(SETTINGS, SETTINGS)) },
      authorizations: { onAuthorized: (callback) => authorized.listen(() => callback('office')) },
      alerts,
      certificates: [{ onChange: certificates.listen }],
    });
    settings.change();
    expect(taken()).to.deep.equal(['settings', 'upstreams', 'devices']);
    authorized.change();
    expect(taken()).to.deep.equal(['authorizations', 'upstreams']);
    certificates.change();
    expect(taken()).to.deep.equal(['certificates']);
    const alert = { key: 'a', level: 'warning', text: 'It broke.' } as const;
    alerts.raise(alert);
    alerts.raise(alert);
    expect(taken(), 'the same again is no news').to.deep.equal(['alerts']);
    alerts.raise({ ...alert, text: 'It broke more.' });
    alerts.clear('a');
    alerts.clear('a');
    expect(taken()).to.deep.equal(['alerts', 'alerts']);
    stop();
    settings.change();
    alerts.raise(alert);
    expect(told).to.deep.equal([]);
  });

  it('comes from verbs, failed ones too, from refusals and from what is recorded', async () => {
    const { services } = fakeServices('/nowhere');
    const queue = announceVerbs(services.queue, events);
    await queue.retry({}, 'anna');
    await queue.hold({}, 'anna');
    await queue.release({}, 'anna', 'office');
    await queue.delete({}, 'anna');
    await queue.counts();
    expect(taken()).to.deep.equal(['messages', 'messages', 'messages', 'messages']);
    const broken = announceVerbs(
      { ...services.queue, retry: () => Promise.reject(new Error('no disk')) },
      events,
    );
    expect(await broken.retry({}, 'anna').catch(() => 'failed')).to.equal('failed');
    expect(taken()).to.deep.equal(['messages']);

    const recorded = room();
    announceDenied({ ...services.denied, onRecorded: recorded.listen }, events);
    recorded.change();
    expect(taken()).to.deep.equal(['devices']);

    const audit = announceAudit({ record: async () => undefined, list: async () => [] }, events);
    const entry = { caller: { kind: 'user', name: 'anna' }, address: '', text: '' } as const;
    for (const action of ['user.added', 'certificates.trusted', 'constructor']) {
      await audit.record({ ...entry, action });
    }
    expect(taken()).to.deep.equal(['access', 'access', 'certificates', 'access']);
  });
});

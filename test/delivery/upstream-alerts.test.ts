import { expect } from 'chai';
import type { CircuitView } from '../../src/delivery/circuit.ts';
import type { UnavailableReason } from '../../src/delivery/outcome.ts';
import { createUpstreamAlerts } from '../../src/delivery/upstream-alerts.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recordAlerts } from '../support/recorded-alerts.ts';
import { closeAll, deliver, message, startUpstream, summary } from './support.ts';

const MINUTE = 60_000;

function start() {
  const clock = new ManualClock();
  const alerts = recordAlerts();
  const upstreamAlerts = createUpstreamAlerts({ alerts, clock });
  const since = clock.now();
  const open = (reason: UnavailableReason): CircuitView => ({
    state: 'open',
    cause: { kind: 'unavailable', reason, text: 'because', remedy: 'do this' },
    since,
  });
  return { clock, alerts, upstreamAlerts, open };
}

describe('alerts about upstreams', () => {
  afterEach(closeAll);

  for (const [reason, level] of [
    ['authentication', 'critical'],
    ['configuration', 'critical'],
    ['quota', 'warning'],
  ] as const) {
    it(`are raised once when a circuit opens for ${reason}, and cleared when it closes`, () => {
      const { alerts, upstreamAlerts, open, clock } = start();
      upstreamAlerts.circuitChanged('office', open(reason));
      upstreamAlerts.circuitChanged('office', { ...open(reason), state: 'half-open' });
      upstreamAlerts.circuitChanged('office', open(reason));
      clock.advance(60 * MINUTE);
      expect(alerts.standing.get('upstream office')).to.deep.equal({
        key: 'upstream office',
        level,
        text: 'The upstream office is out of order and its mail waits: because',
        remedy: 'do this',
        upstream: 'office',
        details: { reason },
      });
      upstreamAlerts.circuitChanged('office', { state: 'closed' });
      expect(alerts.history).to.deep.equal(['+ upstream office', '- upstream office']);
    });
  }

  it('wait ten minutes for a server that is away, over all tries', () => {
    const { alerts, upstreamAlerts, open, clock } = start();
    upstreamAlerts.circuitChanged('office', open('unreachable'));
    clock.advance(5 * MINUTE);
    upstreamAlerts.circuitChanged('office', open('unreachable'));
    clock.advance(5 * MINUTE - 1);
    expect(alerts.history).to.deep.equal([]);
    clock.advance(1);
    expect(alerts.history).to.deep.equal(['+ upstream office']);
    clock.advance(60 * MINUTE);
    expect(alerts.history).to.have.length(1);
  });

  it('say nothing of a server that comes back soon', () => {
    const { alerts, upstreamAlerts, open, clock } = start();
    upstreamAlerts.circuitChanged('office', open('unreachable'));
    clock.advance(9 * MINUTE);
    upstreamAlerts.circuitChanged('office', { state: 'closed' });
    clock.advance(60 * MINUTE);
    expect(alerts.history).to.deep.equal([]);
    expect(clock.pending).to.equal(0);
  });

  it('do not wait where a server that was away refuses to let Postern sign in', () => {
    const { alerts, upstreamAlerts, open, clock } = start();
    upstreamAlerts.circuitChanged('office', open('unreachable'));
    upstreamAlerts.circuitChanged('office', open('authentication'));
    expect(alerts.standing.get('upstream office')?.details).to.deep.equal({ reason: 'authentication' });
    clock.advance(60 * MINUTE);
    expect(alerts.history).to.have.length(1);
  });

  it('are cleared for an upstream that is removed', () => {
    const { alerts, upstreamAlerts, open, clock } = start();
    upstreamAlerts.circuitChanged('office', open('quota'));
    upstreamAlerts.partlyLimited('office', 'no more', undefined);
    upstreamAlerts.removed('office');
    expect(alerts.standing.size).to.equal(0);
    expect(clock.pending).to.equal(0);
  });

  it('tell once of a server that answers and takes nothing for ten minutes, until it does', () => {
    const { alerts, upstreamAlerts, clock } = start();
    for (let minute = 0; minute < 30; minute += 1) {
      upstreamAlerts.postponed('office', `message ${minute % 5}`, '451 4.7.500 Server busy');
      expect(alerts.history.length, `minute ${minute}`).to.equal(minute < 10 ? 0 : 1);
      clock.advance(MINUTE);
    }
    expect(alerts.standing.get('upstream office postpones')?.text).to.contain('451 4.7.500 Server busy');
    upstreamAlerts.decided('office');
    upstreamAlerts.decided('office');
    expect(alerts.history).to.deep.equal(['+ upstream office postpones', '- upstream office postpones']);
    expect(clock.pending).to.equal(0);
  });

  it('say nothing of one message that is put off for days, nor of many between which others go', () => {
    const { alerts, upstreamAlerts, clock } = start();
    for (let hour = 0; hour < 48; hour += 1) {
      upstreamAlerts.postponed('office', 'the only one', '450 4.2.1 busy');
      clock.advance(60 * MINUTE);
    }
    upstreamAlerts.decided('office');
    for (let count = 0; count < 100; count += 1) {
      upstreamAlerts.postponed('office', `message ${count}`, '450 4.2.1 busy');
      clock.advance(3 * MINUTE);
      if (count % 3 === 2) upstreamAlerts.decided('office');
    }
    expect(alerts.history).to.deep.equal([]);
  });

  it('hear of what an upstream puts off and of what it takes', async () => {
    const alerts = recordAlerts();
    const clock = new ManualClock();
    const { upstreams, server } = await startUpstream(
      { script: { final: { reply: '451 4.7.500 Server busy' } } },
      {},
      { alerts, clock },
    );
    for (let count = 0; count < 12; count += 1) {
      await deliver(upstreams, message({ id: `1M${count}` }));
      clock.advance(MINUTE);
    }
    expect(alerts.history).to.deep.equal(['+ upstream office postpones']);
    server.setScript({});
    await deliver(upstreams);
    expect(alerts.standing.size).to.equal(0);
  });

  it('tell once of a limit for some recipients, until it was not met for two hours', () => {
    const { alerts, upstreamAlerts, clock } = start();
    for (let count = 0; count < 5; count += 1) {
      upstreamAlerts.partlyLimited('office', '550 5.7.233 external', 'wait');
      clock.advance(60 * MINUTE);
    }
    expect(alerts.history).to.deep.equal(['+ upstream office recipients']);
    clock.advance(60 * MINUTE);
    expect(alerts.standing.size).to.equal(0);
    upstreamAlerts.close();
  });
});

describe('alerts about senders', () => {
  afterEach(closeAll);

  const DENIED = '554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException; not allowed';
  const refuseOthers = {
    script: {
      mail: ({ line }: { line: string }) =>
        line.includes('<relay@example.com>') ? undefined : { reply: DENIED },
    },
  };

  it('are raised once for each client and sender, rewritten or not', async () => {
    for (const rewrite of ['never', 'if-refused'] as const) {
      const alerts = recordAlerts();
      const { upstreams } = await startUpstream(
        refuseOthers,
        { from: { address: 'relay@example.com', rewrite } },
        { alerts },
      );
      for (let count = 0; count < 3; count += 1) await deliver(upstreams);
      await deliver(upstreams, message({ sender: 'other@example.com' }));
      expect(alerts.history).to.deep.equal([
        '+ upstream office sender scanner@example.com of this machine',
        '+ upstream office sender other@example.com of this machine',
      ]);
      const [first] = alerts.standing.values();
      expect(first?.text).to.contain(
        rewrite === 'never' ? 'it came back' : 'it leaves from relay@example.com',
      );
      expect(first?.remedy).to.contain('Add-RecipientPermission');
    }
  });

  it('are cleared when the sender is let through', async () => {
    const alerts = recordAlerts();
    const { upstreams, server } = await startUpstream(refuseOthers, {}, { alerts });
    await deliver(upstreams);
    server.setScript({});
    expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
    expect(alerts.standing.size).to.equal(0);
  });

  it('stay few for a device that makes up senders', async () => {
    const alerts = recordAlerts();
    const { upstreams } = await startUpstream(refuseOthers, {}, { alerts });
    for (let count = 0; count < 20; count += 1)
      await deliver(upstreams, message({ sender: `s${count}@example.com` }));
    expect(alerts.standing.size).to.equal(10);
  });
});

/** A burst of mail for a mailbox of Exchange Online, which has limits: Postern stays below them, and says when the last message leaves. */
import { expect } from 'chai';
import { z } from 'zod';
import { freePort } from '../../scripts/bench/processes.ts';
import { withPresets } from '../../src/settings/presets.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { exchangeUpstream } from '../support/application-upstreams.ts';
import { MovableClock } from '../support/movable-clock.ts';
import { relaySettings, startRelay } from '../support/relay.ts';
import { remoteAdmin } from '../support/simulated-consent.ts';
import { until } from '../support/until.ts';

/** By hand, in real time: `BURST=500 SPEED=1 mocha test/e2e/exchange-limits.test.ts` takes 18 minutes, of 200 7 minutes. */
const BURST = Number(process.env['BURST'] ?? 45);
/** How much faster time passes for Postern and for the simulator. */
const SPEED = Number(process.env['SPEED'] ?? 12);
/** What may hold this machine up for a moment, ms: the faster time passes, the more of Postern's time that is. */
const HELD_UP = 400 * SPEED;
const DEVICES = 5;
/** A message every 2.2 s, and some more. */
const LONGEST = Math.ceil((BURST * 3000) / SPEED + 20_000);

const countsSchema = z.object({
  waiting: z.array(
    z.object({
      upstream: z.string(),
      messages: z.number(),
      lastLeavesAt: z.number().optional(),
      limitedBy: z.string().optional(),
    }),
  ),
});

describe('the limits of Exchange Online', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  async function start() {
    const clock = new MovableClock(SPEED);
    const simulator = await startSimulator({ clock });
    closers.push(() => simulator.close());
    const port = await freePort();
    const relay = await startRelay(
      relaySettings({
        upstreams: [exchangeUpstream(simulator, 'office', { limits: limitsOfMicrosoft() })],
        defaultUpstream: 'office',
      }),
      { admin: { address: '127.0.0.1', port, behindProxy: false } },
      undefined,
      clock,
    );
    closers.push(() => relay.remove());
    const admin = remoteAdmin(port, relay.directory);
    await admin.trust(simulator);
    return { clock, simulator, relay, admin };
  }

  it(`a burst of ${BURST} messages draws no throttle reply at all, and the forecast is right`, async function burst() {
    this.timeout(LONGEST + 30_000);
    const { clock, simulator, relay, admin } = await start();

    async function forecast() {
      const { status, text } = await admin.call('/api/v1/queue/counts');
      expect(status, text).to.equal(200);
      const { waiting } = countsSchema.parse(JSON.parse(text));
      const office = waiting.find(({ upstream }) => upstream === 'office');
      expect(office?.limitedBy, text).to.equal('messagesPerMinute');
      return { at: clock.now(), messages: office?.messages ?? 0, lastLeavesAt: office?.lastLeavesAt ?? 0 };
    }

    async function device(index: number): Promise<void> {
      for (let number = index; number < BURST; number += DEVICES) {
        const { code, text } = await relay.send({
          sender: 'relay@example.com',
          recipients: [`to${number}@example.net`],
        });
        expect(code, text).to.equal(250);
      }
    }

    await Promise.all(Array.from({ length: DEVICES }, (_, index) => device(index)));
    const forecasts = [await forecast()];
    for (const share of [0.5, 0.75]) {
      await until(() => simulator.messages().length >= BURST * share, `${share} have left`, LONGEST);
      forecasts.push(await forecast());
    }
    await until(() => simulator.messages().length >= BURST, 'all have left', LONGEST);
    const last = simulator.messages().at(-1)?.at ?? 0;

    const counters = simulator.counters();
    const errors = forecasts.map(({ at, lastLeavesAt }) => (lastLeavesAt - at) / (last - at) - 1);
    console.log(
      `      ${BURST} messages within ${Math.round((last - (simulator.messages()[0]?.at ?? 0)) / 1000)} s, ` +
        `${counters.throttled} throttled, ${counters.delayed} delayed; ` +
        `forecasts ${errors.map((error) => `${(error * 100).toFixed(1)} %`).join(', ')} off`,
    );
    expect(counters).to.include({ throttled: 0, delayed: 0, messages: BURST });
    expect(new Set(simulator.messages().flatMap(({ recipients }) => recipients)).size).to.equal(BURST);
    for (const { at, lastLeavesAt } of forecasts)
      expect(lastLeavesAt).to.be.closeTo(last, Math.max((last - at) * 0.1, HELD_UP));
    const [{ messages } = { messages: 0 }] = forecasts;
    expect(messages).to.be.within(BURST * 0.6, BURST);
    expect(relay.app.alerts.list()).to.deep.equal([]);
    expect(relay.log.text()).not.to.match(/"level":(40|50|60)/);
  });
});

/** As they are filled in where the server is Microsoft's own. */
function limitsOfMicrosoft(): unknown {
  const document = withPresets({
    upstreams: [{ name: 'office', kind: 'smtp', authentication: { type: 'oauth2', provider: 'microsoft' } }],
  });
  const { limits } = z
    .object({ upstreams: z.tuple([z.object({ limits: z.record(z.string(), z.number()) })]) })
    .transform(({ upstreams: [upstream] }) => upstream)
    .parse(document);
  expect(limits).to.deep.equal({
    connections: 3,
    messagesPerMinute: 30,
    recipientsPerDay: 10_000,
    recipientsPerMessage: 500,
  });
  return limits;
}

import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { freePort } from '../../scripts/bench/processes.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { type Relay, relaySettings, startRelay } from '../support/relay.ts';
import { authorize, remoteAdmin, simulatedUpstream } from '../support/simulated-consent.ts';
import { until } from '../support/until.ts';

/** By hand: `MESSAGES=1000 mocha test/e2e/token-load.test.ts`. */
const MESSAGES = Number(process.env['MESSAGES'] ?? 200);
/** Over so many seconds they are handed in: two lifetimes at least, or as fast as a small machine can sign in. */
const SECONDS = Number(process.env['SECONDS'] ?? Math.max(11, MESSAGES / 30));
const DEVICES = 20;
const LIFETIME = 5000;

describe('tokens that live 5 s and refresh tokens that are good once', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  async function start(): Promise<{ simulator: Simulator; relay: Relay; consentedAt: number }> {
    const simulator = await startSimulator({
      tokenLifetime: LIFETIME,
      rotateRefreshTokens: true,
      limits: false,
    });
    closers.push(() => simulator.close());
    const port = await freePort();
    // Every message signs in, so that there is no connection on which an old token would do.
    const upstream = simulatedUpstream(simulator, { limits: { messagesPerConnection: 1, connections: 20 } });
    const relay = await startRelay(
      relaySettings({
        accessUrl: `http://127.0.0.1:${port}`,
        upstreams: [upstream],
        defaultUpstream: 'office',
      }),
      { admin: { address: '127.0.0.1', port, behindProxy: false } },
    );
    closers.push(() => relay.remove());
    const admin = remoteAdmin(port, relay.directory);
    await admin.trust(simulator);
    await authorize(admin, simulator);
    return { simulator, relay, consentedAt: performance.now() };
  }

  it(`${MESSAGES} messages of ${DEVICES} devices at once: each arrives once, one token request a lifetime`, async function slow() {
    this.timeout((SECONDS + 60) * 1000);
    const { simulator, relay, consentedAt } = await start();
    const begin = performance.now();
    const replies: number[] = [];

    async function device(index: number): Promise<void> {
      for (let number = index; number < MESSAGES; number += DEVICES) {
        const due = begin + (Math.floor(number / DEVICES) * SECONDS * 1000) / (MESSAGES / DEVICES - 1);
        await wait(Math.max(0, due - performance.now()));
        const { code } = await relay.send({
          sender: `device${index}@example.com`,
          recipients: [`to${number}@example.net`],
          content: `Subject: Message ${number}\r\n\r\nfrom device ${index}`,
        });
        replies.push(code);
      }
    }

    await Promise.all(Array.from({ length: DEVICES }, (_, index) => device(index)));
    expect(replies).to.have.lengthOf(MESSAGES);
    expect(new Set(replies)).to.deep.equal(new Set([250]));
    await until(() => simulator.counters().messages >= MESSAGES, 'all messages have arrived', 40_000);
    const { tokenRequests, tokenRequestsAtOnce, signIns } = simulator.counters();
    const lifetimes = (performance.now() - consentedAt) / LIFETIME;
    console.log(
      `      ${MESSAGES} delivered in ${((performance.now() - begin) / 1000).toFixed(1)} s, ${signIns} sign-ins, ` +
        `${tokenRequests} token requests in ${lifetimes.toFixed(1)} lifetimes, at most ${tokenRequestsAtOnce} at once`,
    );

    const arrived = simulator.messages().flatMap(({ recipients }) => recipients);
    const sent = Array.from({ length: MESSAGES }, (_, number) => `to${number}@example.net`);
    expect(arrived.toSorted()).to.deep.equal(sent.toSorted());
    expect(signIns).to.be.at.least(MESSAGES);
    // The consent was the first request.
    // A token is renewed a fiftieth of its life before the end (margin.ts), and the first one came before the clock ran.
    expect(tokenRequests).to.be.within(lifetimes - 1, lifetimes / 0.98 + 1);
    expect(tokenRequestsAtOnce).to.equal(1);
    expect(relay.log.text()).not.to.match(/"level":(50|60)/);
  });
});

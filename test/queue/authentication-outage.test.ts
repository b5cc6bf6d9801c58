import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createUpstreams } from '../../src/delivery/create-upstreams.ts';
import type { Upstreams } from '../../src/delivery/upstreams.ts';
import type { NoToken } from '../../src/oauth/token-source.ts';
import { noMeter } from '../../src/shared/meter.ts';
import { systemRandom } from '../../src/shared/random.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { fakeTokens } from '../support/fake-tokens.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { noHttp } from '../support/outside.ts';
import { ChangingSettings, queueOn } from '../support/queue-under-test.ts';
import { recordAlerts } from '../support/recorded-alerts.ts';
import { recordLog } from '../support/recorded-log.ts';
import { startScriptedServer } from '../support/scripted-smtp-server.ts';
import { until } from '../support/until.ts';

const MESSAGES = 500;
const MINUTE = 60_000;
const STEP = 5000;

/** What is wrong for an hour, and gets right by itself when `broken` turns false. */
type Trouble = 'the server refuses every token' | 'the provider gives none';

describe('an upstream that does not let Postern sign in for an hour', () => {
  let directory: string;
  let store: Store;
  const clock = new ManualClock();

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-outage-'));
    store = await openStore({
      database: `sqlite:${join(directory, 'postern.db')}`,
      dataDirectory: directory,
      log: recordLog().log,
      clock,
    });
  });

  after(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  for (const trouble of ['the server refuses every token', 'the provider gives none'] satisfies Trouble[]) {
    it(`costs ${MESSAGES} messages no attempt, raises one alert, and is over within a minute of the remedy (${trouble})`, async () => {
      let broken = true;
      let signIns = 0;
      const server = await startScriptedServer({
        mechanisms: ['XOAUTH2'],
        token() {
          signIns += 1;
          return broken ? { reply: '535 5.7.3 Authentication unsuccessful' } : true;
        },
      });
      const none: NoToken = { kind: 'unavailable', reason: 'authentication', text: 'AADSTS7000222' };
      const tokens = fakeTokens((count) =>
        broken && trouble === 'the provider gives none' ? none : `token-${count}`,
      );
      const settings = new ChangingSettings({
        upstreams: [
          {
            name: 'office',
            kind: 'smtp',
            host: '127.0.0.1',
            port: server.port,
            security: 'none',
            authentication: {
              type: 'oauth2',
              provider: 'microsoft',
              email: 'relay@example.com',
              clientId: 'client-1',
            },
          },
        ],
        defaultUpstream: 'office',
      });
      const alerts = recordAlerts();
      const upstreams: Upstreams = createUpstreams({
        settings,
        trustAnchors: { authorities: () => [], isPinned: () => false, onChange: () => () => undefined },
        usage: { addUsage: async () => undefined, usageSince: async () => [] },
        hostname: () => 'postern.test',
        liveNodes: () => 1,
        clock,
        random: systemRandom,
        log: recordLog().log,
        meter: noMeter,
        alerts,
        tokens,
        http: noHttp,
      });
      const made = queueOn(store.queue, clock, { upstreams, settings });
      const office = () => upstreams.status().find(({ name }) => name === 'office');
      /** Moves the clock, and lets what that set off come to its end. */
      const pass = async (): Promise<void> => {
        clock.advance(STEP);
        await until(() => office()?.circuit !== 'half-open', 'the probe is over');
      };
      await made.queue.start();
      const accepted = await Promise.all(
        Array.from({ length: MESSAGES }, (_, index) => made.send({ client: `device ${index % 20}` })),
      );
      await until(() => office()?.circuit === 'open', 'the circuit opens');

      for (let passed = 0; passed < 60 * MINUTE; passed += STEP) await pass();
      expect(made.attempts).to.have.length(0);
      for (const { id } of [accepted[0], accepted[MESSAGES - 1]].flatMap((one) => one ?? []))
        expect(await store.queue.find(id)).to.include({ attempts: 0, state: 'queued' });
      expect(alerts.history).to.deep.equal(['+ upstream office']);
      expect(server.transactions).to.have.length(0);
      // One try every 45 s, of at most two tokens each.
      expect(signIns).to.be.at.most(200);
      expect(tokens.issued()).to.be.within(60, 200);

      broken = false;
      let passed = 0;
      for (; passed < MINUTE && office()?.circuit !== 'closed'; passed += STEP) await pass();
      expect(office()?.circuit).to.equal('closed');
      expect(passed).to.be.at.most(MINUTE);
      await until(() => made.attempts.length === MESSAGES, 'all are delivered', 20_000);
      expect(server.transactions).to.have.length(MESSAGES);
      expect(alerts.history).to.deep.equal(['+ upstream office', '- upstream office']);

      await made.queue.stop(1000);
      await upstreams.close();
      await server.close();
    }).timeout(60_000);
  }
});

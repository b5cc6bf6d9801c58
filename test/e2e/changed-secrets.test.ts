import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createUpstreams } from '../../src/delivery/create-upstreams.ts';
import { createNetwork } from '../../src/network/create-network.ts';
import type { Network } from '../../src/network/network.ts';
import type { Json } from '../../src/settings/json.ts';
import { createSealer } from '../../src/settings/sealer.ts';
import { createSettings } from '../../src/settings/service.ts';
import { noAlerts } from '../../src/shared/alerts.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { noMeter } from '../../src/shared/meter.ts';
import { systemRandom } from '../../src/shared/random.ts';
import { deliver, summary, testTrustAnchors } from '../delivery/support.ts';
import { MemorySettingsStorage } from '../support/memory-settings-storage.ts';
import { noTokens } from '../support/outside.ts';
import { recordLog } from '../support/recorded-log.ts';
import { startScriptedServer } from '../support/scripted-smtp-server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startVault } from '../support/vault-server.ts';

/**
 * The upstream's password is changed, there and where Postern reads it: the next message signs in with the new one, and nobody
 * has touched Postern. A variable cannot change in a running process, so it is not among them.
 */
describe('a password changed elsewhere', () => {
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  async function relayWith(source: (directory: string) => Json, more: Record<string, Json> = {}) {
    const directory = await temporaryDirectory();
    closers.push(() => directory.remove());
    const account = { password: 'first-password' };
    const server = await startScriptedServer({
      mechanisms: ['PLAIN'],
      user: 'relay@example.com',
      password: () => account.password,
    });
    closers.push(() => server.close());
    const late: { network?: Network } = {};
    const log = recordLog();
    const settings = await createSettings({
      storage: new MemorySettingsStorage(),
      sealer: createSealer(Buffer.alloc(32, 1)),
      clock: systemClock,
      log: log.log,
      dataDirectory: directory.path,
      http: () => late.network?.http,
    });
    closers.push(() => settings.close());
    const trustAnchors = testTrustAnchors();
    const network = createNetwork({ settings, trustAnchors, clock: systemClock });
    late.network = network;
    closers.push(() => network.close());
    const office: Json = {
      name: 'office',
      kind: 'smtp',
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      authentication: { type: 'password', user: 'relay@example.com', password: source(directory.path) },
      limits: { messagesPerConnection: 1 },
    };
    await settings.apply({ upstreams: [office], defaultUpstream: 'office', ...more }, { by: 'test' });
    const upstreams = createUpstreams({
      settings,
      trustAnchors,
      usage: { addUsage: () => Promise.resolve(), usageSince: () => Promise.resolve([]) },
      hostname: () => 'postern.test',
      liveNodes: () => 1,
      clock: systemClock,
      random: systemRandom,
      log: log.log,
      meter: noMeter,
      alerts: noAlerts,
      tokens: noTokens,
      http: network.http,
      dial: network.dial,
    });
    closers.push(() => upstreams.close());
    return {
      directory: directory.path,
      account,
      log,
      send: async () => summary((await deliver(upstreams)).outcome),
    };
  }

  it('in a file', async () => {
    const { directory, account, send } = await relayWith(() => ({ file: 'password' }));
    for (const password of ['first-password', 'second-password']) {
      account.password = password;
      await writeFile(join(directory, 'password'), `${password}\n`);
      expect(await send()).to.equal('delivered');
    }
  });

  it('behind a command', async () => {
    const { directory, account, send } = await relayWith((path) => ({
      command: ['cat', join(path, 'kept')],
    }));
    for (const password of ['first-password', 'second-password']) {
      account.password = password;
      await writeFile(join(directory, 'kept'), password);
      expect(await send()).to.equal('delivered');
    }
  });

  for (const [what, where, signIn] of [
    ['KV version 2, with a token', 'secret/mail/office', { token: { value: 'root-token' } }],
    ['KV version 1, with a token', 'old/office', { token: { value: 'root-token' } }],
    [
      'KV version 2, as a role',
      'secret/mail/office',
      { appRole: { roleId: 'postern', secretId: { value: 'secret-id' } } },
    ],
  ] as const) {
    it(`in Vault (${what}), even while the old one is cached`, async () => {
      const vault = await startVault();
      closers.push(() => vault.close());
      const { account, send, log } = await relayWith(() => ({ vault: `${where}#password` }), {
        vault: { address: vault.url, cache: '1h', ...signIn },
      });
      for (const password of ['first-password', 'second-password', 'third-password']) {
        account.password = password;
        vault.secrets.set(where, { password });
        expect(await send()).to.equal('delivered');
      }
      vault.trouble = 503;
      expect(await send(), 'what is known still counts').to.equal('delivered');
      expect(log.text()).not.to.match(/(first|second|third)-password|root-token|secret-id/);
    });
  }
});

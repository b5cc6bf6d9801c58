/**
 * A node that renews the tokens of several upstreams at once and is meant to be killed: `node dying-node.ts DATA NAME…`. Its provider
 * is the parent, over the channel of processes: it sends `{upstream, refresh}` and gets `{upstream, refreshToken}`; it sends
 * `{upstream, given}` when the token source has handed a token out.
 */

import type { Grant, OAuthProvider } from '../../src/oauth/provider.ts';
import { createTokenSource } from '../../src/oauth/tokens/create-token-source.ts';
import { noAlerts } from '../../src/shared/alerts.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { noMeter } from '../../src/shared/meter.ts';
import { systemRandom } from '../../src/shared/random.ts';
import { Secret } from '../../src/shared/secret.ts';
import { recordLog } from './recorded-log.ts';
import { oauthUpstream, openSqliteStore, sealer, upstreamSettings } from './token-bench.ts';

const [directory = '', ...names] = process.argv.slice(2);
const upstreams = names.map((name) => oauthUpstream({}, name));
const store = await openSqliteStore(directory);
const waiting = new Map<string, (refreshToken: string) => void>();

process.on('message', (answer: unknown) => {
  if (typeof answer !== 'object' || answer === null) return;
  if ('upstream' in answer && 'refreshToken' in answer) {
    waiting.get(String(answer.upstream))?.(String(answer.refreshToken));
  }
});

function ask(upstream: string, token: Secret): Promise<Grant> {
  return new Promise((resolve) => {
    waiting.set(upstream, (refreshToken) =>
      resolve({
        accessToken: new Secret(`access for ${refreshToken}`),
        expiresAt: systemClock.now() + 60_000,
        refreshToken: new Secret(refreshToken),
      }),
    );
    process.send?.({ upstream, refresh: token.reveal() });
  });
}

const unused = () => Promise.reject(new Error('not used here'));
const source = createTokenSource({
  storage: store.authorizations,
  sealer,
  provider: ({ name }): OAuthProvider => ({
    authorizationUrl: unused,
    redeemCode: unused,
    startDevice: unused,
    pollDevice: unused,
    applicationToken: unused,
    refresh: (token) => ask(name, token),
  }),
  settings: upstreamSettings(...upstreams),
  holder: `process ${process.pid}`,
  clock: systemClock,
  random: systemRandom,
  log: recordLog().log,
  meter: noMeter,
  alerts: noAlerts,
});
await Promise.all(
  upstreams.map(async (upstream) => {
    const answer = await source.token({ upstream });
    process.send?.({ upstream: upstream.name, given: answer.kind });
  }),
);

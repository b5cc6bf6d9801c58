import type { ConnectionTarget } from '../classify-connection.ts';
import { findAddresses, lookAtProxy } from './look-at-network.ts';
import { lookAtSecrets } from './look-at-secrets.ts';
import { lookAtFallback, lookAtSettings, withoutOauth } from './look-at-settings.ts';
import type { Verification } from './verification.ts';

/** Which of the first steps went well. */
export interface FirstSteps {
  readonly secrets: boolean;
  readonly found: boolean;
}

/** Settings, secrets, proxy and DNS: the same for every kind of upstream. */
export async function firstSteps(run: Verification, target: ConnectionTarget): Promise<FirstSteps> {
  const { upstream } = run;
  for (const finding of lookAtSettings(upstream)) await run.run('settings', 1000, () => finding);
  const missing = withoutOauth(upstream);
  if (missing) await run.run('settings', 1000, () => missing);
  const { fallback } = upstream;
  if (fallback !== undefined) {
    const status = run.status?.().find(({ name }) => name === fallback);
    await run.run('settings', 1000, () => lookAtFallback(fallback, status), fallback);
  }
  const secrets = await run.run('secrets', 15_000, () => lookAtSecrets(run));
  await run.run('proxy', 1000, () => lookAtProxy(run, target.host));
  const dns = await run.run('dns', 10_000, () => findAddresses(run, target));
  return { secrets: secrets.result !== 'failed' && missing === undefined, found: dns.result !== 'failed' };
}

/** Token sources on real stores, with a clock that is moved by hand. */
import { setImmediate } from 'node:timers/promises';
import type { AuthorizationStorage } from '../../src/oauth/storage.ts';
import type { AccessToken, NoToken } from '../../src/oauth/token-source.ts';
import { createTokenSource } from '../../src/oauth/tokens/create-token-source.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { settingsSchema } from '../../src/settings/schema.ts';
import type { UpstreamSettings } from '../../src/settings/schema-upstreams.ts';
import { createSealer } from '../../src/settings/sealer.ts';
import type { SettingsSource } from '../../src/settings/source.ts';
import type { Alert, Alerts } from '../../src/shared/alerts.ts';
import { systemClock } from '../../src/shared/clock.ts';
import type { Random } from '../../src/shared/random.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { ManualClock } from './manual-clock.ts';
import { recordLog } from './recorded-log.ts';
import { type RotatingProvider, rotatingProvider } from './rotating-provider.ts';

/** Repeats itself: always the middle. */
export const evenRandom: Random = { fraction: () => 0.5, bytes: (length) => Buffer.alloc(length, 7) };

export const sealer = createSealer(Buffer.alloc(32, 3));

/** Settings of an upstream with OAuth, with changes to its authentication. */
export function oauthUpstream(changes: object = {}, name = 'office'): UpstreamSettings {
  const [upstream] = settingsSchema.parse({
    upstreams: [
      {
        name,
        kind: 'smtp',
        host: 'smtp.example.com',
        authentication: { type: 'oauth2', provider: 'generic', clientId: 'id', scopes: 'send', ...changes },
      },
    ],
  }).upstreams;
  if (upstream === undefined) throw new Error('no upstream');
  return upstream;
}

/** Settings with these upstreams, to be changed by `set`. */
export function upstreamSettings(...upstreams: readonly UpstreamSettings[]) {
  let current = { ...settingsSchema.parse({}), upstreams: [...upstreams] };
  const callbacks = new Set<Parameters<SettingsSource['onChange']>[0]>();
  return {
    current: () => current,
    onChange(callback: Parameters<SettingsSource['onChange']>[0]) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    reveal: () => Promise.reject(new Error('no secrets here')),
    set(...changed: readonly UpstreamSettings[]) {
      const previous = current;
      current = { ...current, upstreams: [...changed] };
      for (const callback of callbacks) callback(current, previous);
    },
  };
}

/** Alerts as they stand, by key, and how often each was told. */
export function recordedAlerts(): Alerts & { readonly standing: Map<string, Alert>; readonly told: Alert[] } {
  const standing = new Map<string, Alert>();
  const told: Alert[] = [];
  return {
    standing,
    told,
    raise(alert) {
      const known = standing.get(alert.key);
      if (known?.level === alert.level || known?.level === 'critical') return;
      told.push(alert);
      standing.set(alert.key, alert);
    },
    clear: (key) => void standing.delete(key),
  };
}

export function openSqliteStore(dataDirectory: string): Promise<Store> {
  return openStore({ database: 'sqlite:', dataDirectory, log: recordLog().log, clock: systemClock });
}

interface BenchOptions {
  readonly storage: AuthorizationStorage;
  readonly clock?: ManualClock;
  readonly server?: RotatingProvider;
  readonly upstream?: UpstreamSettings;
  readonly holder?: string;
  readonly alerts?: ReturnType<typeof recordedAlerts>;
}

/** One node's token source, with everything around it. */
export function tokenBench({
  storage,
  clock = new ManualClock(),
  server = rotatingProvider(clock),
  upstream = oauthUpstream(),
  holder = 'node',
  alerts = recordedAlerts(),
}: BenchOptions) {
  const settings = upstreamSettings(upstream);
  const recorded = recordLog();
  const metrics = createMetrics({ processMetrics: false });
  const source = createTokenSource({
    storage,
    sealer,
    provider: server.provider,
    settings,
    holder,
    clock,
    random: evenRandom,
    log: recorded.log,
    meter: metrics.meter,
    alerts,
  });
  return {
    source,
    clock,
    server,
    upstream,
    settings,
    alerts,
    metrics,
    log: recorded,
    /** Asks, and moves the clock on while the answer needs it. */
    ask: (mailbox?: string) =>
      driven(clock, source.token({ upstream, ...(mailbox === undefined ? {} : { mailbox }) })),
    consent: () => driven(clock, source.saveGrant(upstream, server.consent(), { by: 'admin' })),
    stop: () => driven(clock, source.stop(22_000)),
  };
}

export type TokenBench = ReturnType<typeof tokenBench>;

/** The result of the work, for which the clock is moved on, 5 ms at a time, as long as only time is missing. */
export async function driven<T>(clock: ManualClock, work: Promise<T>, step = 5): Promise<T> {
  let done = false;
  const settled = work.finally(() => {
    done = true;
  });
  settled.catch(() => undefined);
  const end = performance.now() + 20_000;
  for (let turns = 0; !done; turns += 1) {
    if (performance.now() > end) throw new Error('waited in vain for the work to end');
    await setImmediate();
    // Real work (a store) has to have its time before the clock is what it waits for.
    if (!done && turns % 20 === 19) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      clock.advance(step);
    }
  }
  return settled;
}

/** The token's text; fails with the problem's when there is none. */
export function tokenText(answer: AccessToken | NoToken): string {
  if (answer.kind !== 'token') throw new Error(`no token: ${answer.reason}: ${answer.text}`);
  return answer.token.reveal();
}

/** The problem; fails when there is a token. */
export function problemOf(answer: AccessToken | NoToken): NoToken {
  if (answer.kind === 'token') throw new Error('a token was not expected');
  return answer;
}

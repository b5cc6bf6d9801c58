import { LRUCache } from 'lru-cache';
import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';
import type { Sealer } from '../../settings/sealer.ts';
import type { SettingsSource } from '../../settings/source.ts';
import type { Alerts } from '../../shared/alerts.ts';
import type { Clock } from '../../shared/clock.ts';
import { errorText } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Meter } from '../../shared/meter.ts';
import type { Random } from '../../shared/random.ts';
import type { Secret } from '../../shared/secret.ts';
import { notNow } from '../authorization-words.ts';
import { within } from '../pause.ts';
import type { Grant, OAuthProvider } from '../provider.ts';
import type { AuthorizationStorage } from '../storage.ts';
import type { AccessToken, NoToken, TokenRequest, TokenSource } from '../token-source.ts';
import { createAskProvider } from './ask-provider.ts';
import { createAuthorizationAlerts } from './authorization-alerts.ts';
import { createGrantKeeper } from './grant-keeper.ts';
import { ageOf, given, type HeldToken, heldToken } from './held-token.ts';
import { createIdleRenewals } from './idle-renewals.ts';
import { createRefusedTokens } from './refused-tokens.ts';
import { createRenewal } from './renewal.ts';
import { saveGrant } from './save-grant.ts';
import { createTokenMeters } from './token-meters.ts';
import { createTroubles, TokenTrouble } from './token-trouble.ts';
import { type Wanted, wantedOf } from './wanted.ts';

/** Tokens in memory; a service account has one for each mailbox. */
const MOST_TOKENS = 1000;

/** What `token` promises at most, ms. */
const LONGEST_WAIT = 58_000;

/** Every token has its own; this is for the time in which the first is got. */
const DEFAULT_TTL = 600_000;

export interface TokenSourceDependencies {
  readonly storage: AuthorizationStorage;
  readonly sealer: Sealer;
  readonly provider: (upstream: UpstreamSettings) => OAuthProvider;
  readonly settings: SettingsSource;
  /** Name of this process, unlike that of every other. */
  readonly holder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly meter: Meter;
  readonly alerts: Alerts;
}

/** The token source with what the sign-in flows and the app need. */
export interface RunningTokenSource extends TokenSource {
  /** Stores what a person's consent at this upstream gave. Throws RelayError of the store. */
  saveGrant(upstream: UpstreamSettings, grant: Grant, options: { readonly by: string }): Promise<void>;
  /** Begins to look after idle authorizations. */
  start(): void;
  /**
   * Waits up to `patience` ms for answers that are under way and may bring a new refresh token, and stores what has not been
   * stored yet; the store has to be open until then.
   */
  stop(patience: number): Promise<void>;
}

interface Cached extends HeldToken {
  readonly upstream: string;
  /** The upstream's generation in which it was got: when that has moved on, the row is looked at again. */
  readonly generation: number;
}

/**
 * Access tokens out of memory, and renewals behind them (renewal.ts).
 *
 * A token stays in the cache for as long as it lives, so that it is there while no other can be got; how old it is decides what
 * is done (margin.ts): given as it is, given while another one is got in the background, or kept for need. Of one
 * token there is one renewal at a time in this process, by the cache, and over all nodes by the lock.
 */
export function createTokenSource(dependencies: TokenSourceDependencies): RunningTokenSource {
  const { storage, sealer, settings, clock, random, log, meter } = dependencies;
  const alerts = createAuthorizationAlerts(dependencies.alerts);
  const troubles = createTroubles({ clock, random });
  const refused = createRefusedTokens(clock);
  const keeper = createGrantKeeper({ storage, alerts, clock, log });
  let stopped = false;
  const meters = createTokenMeters(meter, heldTokens, () => clock.now());
  const ask = createAskProvider({
    ...dependencies,
    keeper,
    troubles,
    refused,
    meters,
    alerts,
    inForce,
    stopping: () => stopped,
  });
  const renewal = createRenewal({ ...dependencies, keeper, ask, troubles, refused, alerts });
  const idle = createIdleRenewals({ storage, settings, clock, random, log, renew: renewIdle });
  const generations = new Map<string, number>();

  const cache = new LRUCache<string, Cached, Wanted>({
    max: MOST_TOKENS,
    ttl: DEFAULT_TTL,
    ttlResolution: 0,
    perf: { now: () => clock.monotonic() },
    // A renewal that was begun is finished, and one that fails leaves the old token where it is.
    ignoreFetchAbort: true,
    noDeleteOnFetchRejection: true,
    async fetchMethod(_id, old, { context: wanted, options }): Promise<Cached> {
      const held = await renewal.obtain(wanted).catch((error: unknown) => {
        const mayServe = error instanceof TokenTrouble && error.oldMayServe;
        if (!mayServe || old === undefined || !isUsable(wanted, old)) throw error;
        // Mail goes on, so that nobody else would tell what is coming.
        tell(wanted, error);
        return old;
      });
      options.ttl = Math.max(1, held.expiresAt - clock.now());
      return { ...held, upstream: wanted.upstream, generation: generationOf(wanted) };
    },
  });

  const stopListening = [
    storage.onChange((upstream) => {
      generations.set(upstream, (generations.get(upstream) ?? 0) + 1);
      troubles.tryAgain(upstream);
    }),
    settings.onChange((now, before) => {
      // Perhaps what was wrong is right now.
      troubles.tryAgain();
      const wanted = new Set(now.upstreams.map(({ name }) => name));
      for (const name of generations.keys()) if (!wanted.has(name)) generations.delete(name);
      for (const { name } of before.upstreams) if (!wanted.has(name)) alerts.removed(name);
    }),
  ];

  function* heldTokens(): Iterable<readonly [string, HeldToken]> {
    for (const held of cache.values()) if (held !== undefined) yield [held.upstream, held];
  }

  /** Of one mailbox among many it would be another one's news that counts, and each would be looked at again all the time. */
  function generationOf(wanted: Wanted): number {
    return wanted.subject === '' ? (generations.get(wanted.upstream) ?? 0) : 0;
  }

  /** For want of a better one. */
  function isUsable(wanted: Wanted, held: HeldToken): boolean {
    return ageOf(held, clock.now()) !== 'ended' && !refused.has(wanted.id, held.token);
  }

  function inForce(wanted: Wanted): boolean {
    const upstream = settings.current().upstreams.find((each) => each.name === wanted.upstream);
    return upstream !== undefined && wantedOf(upstream)?.key === wanted.key;
  }

  async function fetch(wanted: Wanted): Promise<Cached> {
    const held = await cache.fetch(wanted.id, { forceRefresh: true, context: wanted });
    if (held === undefined) throw new TokenTrouble(notNow('The renewal was given up.'), true);
    return held;
  }

  async function renewIdle(wanted: Wanted): Promise<void> {
    // What went wrong is in the row and, where a person can help, in an alert.
    await fetch(wanted).catch((error: unknown) => {
      log.debug({ err: error }, 'an idle authorization was not renewed');
      if (error instanceof TokenTrouble) tell(wanted, error);
    });
  }

  /** Only where nobody waits for the token: whoever gets none tells why its mail waits. */
  function tell(wanted: Wanted, { problem, tell: what }: TokenTrouble): void {
    if (what === 'void') alerts.isVoid(wanted.upstream, problem);
    else if (what === 'fails') alerts.fails(wanted.upstream, problem);
  }

  async function best(wanted: Wanted): Promise<HeldToken | NoToken> {
    const held = cache.get(wanted.id);
    if (held !== undefined && isUsable(wanted, held) && held.generation === generationOf(wanted)) {
      const age = ageOf(held, clock.now());
      if (age === 'fresh') return held;
      // While renewing fails there is no use in trying with every message.
      if (troubles.current(wanted.id) !== undefined) return held;
      if (age === 'ageing') {
        // Whether it worked is seen when it is needed.
        void fetch(wanted).catch(() => undefined);
        return held;
      }
    }
    try {
      return await fetch(wanted);
    } catch (error) {
      if (!(error instanceof TokenTrouble)) {
        log.error({ err: error, upstream: wanted.upstream }, `no token: ${errorText(error)}`);
        return notNow(`No token for upstream ${wanted.upstream}: an error in Postern; see the log.`);
      }
      return error.problem;
    }
  }

  /** Takes the refused token out of the row, so that no other node uses it. */
  async function dropFromRow(wanted: Wanted, token: Secret): Promise<void> {
    const row = await storage.find(wanted.upstream, wanted.subject);
    if (row === undefined || row.key !== wanted.key) return;
    if (heldToken(row, sealer)?.token.reveal() !== token.reveal()) return;
    const { accessToken: _token, accessExpiresAt: _end, ...rest } = row;
    // When it fails the row has changed, or will with the next renewal, which this process makes without that token.
    await storage.save(rest, row.version);
  }

  return {
    async token({ upstream, mailbox, signal }): Promise<AccessToken | NoToken> {
      const wanted = wantedOf(upstream, mailbox);
      if (wanted === undefined) return noOAuth(upstream.name);
      if (stopped) return notNow('Postern is stopping.');
      const answer = await within(clock, LONGEST_WAIT, unlessAborted(best(wanted), signal), () =>
        notNow(`Getting a token for upstream ${upstream.name} takes too long.`, 1000),
      );
      return 'kind' in answer ? answer : given(answer);
    },

    refused(request: TokenRequest, token: Secret) {
      const wanted = wantedOf(request.upstream, request.mailbox);
      if (wanted === undefined) return;
      const held = cache.get(wanted.id);
      if (held !== undefined && held.token.reveal() !== token.reveal()) return;
      const lifetime = held === undefined ? Number.POSITIVE_INFINITY : held.expiresAt - held.renewedAt;
      if (!refused.refuse(wanted.id, token, lifetime)) return;
      log.info({ upstream: wanted.upstream }, 'a server refused the access token; another one is got');
      // Where it stays, another node finds out for itself.
      void dropFromRow(wanted, token).catch(() => undefined);
    },

    async saveGrant(upstream, grant, { by }) {
      await saveGrant(dependencies, upstream, grant, by);
      alerts.works(upstream.name);
    },

    start: () => idle.start(),

    async stop(patience) {
      if (stopped) return;
      stopped = true;
      idle.stop();
      for (const stopOne of stopListening) stopOne();
      await renewal.stop(patience);
      await keeper.stop();
    },
  };
}

/** The work's result, or that it was given up; the work itself goes on, for others wait for it too. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | NoToken> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(notNow('Asking for a token was given up.'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function noOAuth(upstream: string): NoToken {
  return {
    kind: 'unavailable',
    reason: 'configuration',
    text: `Upstream ${upstream} does not sign in with OAuth 2.0.`,
    remedy: 'Write authentication: { type: oauth2, … } in its settings.',
  };
}

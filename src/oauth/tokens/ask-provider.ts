import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';
import type { Sealer } from '../../settings/sealer.ts';
import type { Clock } from '../../shared/clock.ts';
import { RelayError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Secret } from '../../shared/secret.ts';
import { noRefreshToken, notNow, sealedForOthers, voided } from '../authorization-words.ts';
import { type Grant, type OAuthProvider, ProviderFailure } from '../provider.ts';
import { openToken, sealToken } from '../sealed-tokens.ts';
import type { AuthorizationStorage, StoredAuthorization, StoredFailure } from '../storage.ts';
import type { NoToken } from '../token-source.ts';
import type { AuthorizationAlerts } from './authorization-alerts.ts';
import type { GrantKeeper } from './grant-keeper.ts';
import type { HeldToken } from './held-token.ts';
import type { RefusedTokens } from './refused-tokens.ts';
import { isVoid, pauseAfterRefusals, REFUSALS_BELIEVED, restOfRefusal } from './retry-pauses.ts';
import type { TokenMeters } from './token-meters.ts';
import { TokenTrouble, type Troubles } from './token-trouble.ts';
import type { Wanted } from './wanted.ts';

/** A failure that says the same again is written down this often, ms. */
const SAME_FAILURE_EVERY = 10 * 60_000;

/** A token that ends sooner is none, ms: asking again at once would be a storm. */
const SHORTEST_LIFETIME = 1000;

export interface AskDependencies {
  readonly storage: AuthorizationStorage;
  readonly keeper: GrantKeeper;
  readonly sealer: Sealer;
  readonly provider: (upstream: UpstreamSettings) => OAuthProvider;
  readonly troubles: Troubles;
  readonly refused: RefusedTokens;
  readonly meters: TokenMeters;
  readonly alerts: AuthorizationAlerts;
  /** Whether the settings that are in force want this. */
  readonly inForce: (wanted: Wanted) => boolean;
  /** Requests are broken off then, which says nothing about the provider. */
  readonly stopping: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Asks the provider once, for the row that was read under the lock, and deals with what it says. Undefined: the row had
 * changed meanwhile, so look again. Rejects with TokenTrouble.
 */
export type AskProvider = (
  wanted: Wanted,
  row: StoredAuthorization | undefined,
) => Promise<HeldToken | undefined>;

export function createAskProvider(dependencies: AskDependencies): AskProvider {
  const { storage, keeper, sealer, provider, troubles, refused, meters, alerts, inForce, clock, log } =
    dependencies;

  async function ask(wanted: Wanted, row: StoredAuthorization | undefined): Promise<Grant> {
    const server = provider(wanted.settings);
    if (!wanted.person) return server.applicationToken(wanted.subject === '' ? undefined : wanted.subject);
    if (row?.refreshToken === undefined) throw new TokenTrouble(noRefreshToken(wanted.upstream), true);
    return server.refresh(openRefreshToken(row));
  }

  function openRefreshToken(row: StoredAuthorization): Secret {
    try {
      return openToken(sealer, row, 'refreshToken');
    } catch (error) {
      if (!(error instanceof RelayError)) throw error;
      throw new TokenTrouble(sealedForOthers(row.upstream, error.publicMessage), true);
    }
  }

  async function received(
    wanted: Wanted,
    row: StoredAuthorization | undefined,
    grant: Grant,
  ): Promise<HeldToken | undefined> {
    meters.asked(wanted.upstream, 'granted');
    const now = clock.now();
    const next = renewed(wanted, row, grant, now, sealer);
    // What is only tried out (settings that are not in force) does not take the place of what is in use.
    if (wanted.person || inForce(wanted)) {
      const kept = await keeper.keep(next, row);
      // A newer consent or none is in the row: it decides, not this token.
      if (kept.kind === 'superseded') return undefined;
    }
    if (grant.expiresAt - now < SHORTEST_LIFETIME) {
      const problem = alreadyEnded(wanted.upstream);
      throw new TokenTrouble(troubles.note(wanted.id, wanted.upstream, problem), true);
    }
    troubles.over(wanted.id);
    refused.given(wanted.id, grant.accessToken);
    if (wanted.main) alerts.works(wanted.upstream);
    return {
      token: grant.accessToken,
      expiresAt: grant.expiresAt,
      renewedAt: now,
      ...(next.account === undefined ? {} : { account: next.account }),
      ...(next.scopes === undefined ? {} : { scopes: next.scopes }),
    };
  }

  async function failed(
    wanted: Wanted,
    row: StoredAuthorization | undefined,
    error: unknown,
  ): Promise<undefined> {
    if (error instanceof TokenTrouble) throw error;
    const failure = error instanceof ProviderFailure ? error : undefined;
    if (failure === undefined)
      log.error({ upstream: wanted.upstream, ...withoutWords(error) }, 'asking for a token failed');
    const problem =
      failure?.problem ?? notNow(`Postern failed to ask for a token of upstream ${wanted.upstream}.`);
    const final = failure?.final ?? false;
    meters.asked(wanted.upstream, final ? 'refused' : problem.reason);
    if (!final || !wanted.person) {
      if (row !== undefined && row.key === wanted.key) await note(row, problem, row.failure?.refusals ?? 0);
      // A mailbox that is none is asked for seldom; the upstream's own is set right by somebody, and then mail goes on soon.
      const pause = final && !wanted.main ? pauseAfterRefusals : undefined;
      const told = troubles.note(wanted.id, wanted.upstream, problem, pause);
      const passes = problem.reason === 'unreachable' || problem.reason === 'throttled';
      throw new TokenTrouble(told, true, wanted.main && !passes && !isVoid(row) ? 'fails' : undefined);
    }
    const refusals = (row?.failure?.refusals ?? 0) + 1;
    // Nobody else has written: it was this grant that was refused, not one that is replaced already.
    if (row !== undefined && (await note(row, problem, refusals)) === 'changed') return undefined;
    const believed = refusals >= REFUSALS_BELIEVED;
    const told: NoToken = believed ? voided(wanted.upstream, problem) : { ...problem, unsure: true };
    troubles.note(wanted.id, wanted.upstream, told, () => pauseAfterRefusals(refusals));
    throw new TokenTrouble(told, true, believed ? 'void' : undefined);
  }

  /** Writes the failure down for the status and for other nodes. The tokens stay as they are, whatever it is. */
  async function note(
    row: StoredAuthorization,
    problem: NoToken,
    refusals: number,
  ): Promise<'noted' | 'changed' | 'unsaved'> {
    if (dependencies.stopping()) return 'unsaved';
    const failure = failureOf(row, problem, refusals, clock.now());
    if (failure === row.failure) return 'noted';
    try {
      return (await storage.save({ ...row, failure }, row.version)) ? 'noted' : 'changed';
    } catch (error) {
      log.debug({ err: error, upstream: row.upstream }, 'a failure to renew could not be written down');
      return 'unsaved';
    }
  }

  return (wanted, row) =>
    ask(wanted, row).then(
      (grant) => received(wanted, row, grant),
      (error: unknown) => failed(wanted, row, error),
    );
}

/** The problem of a grant that was refused before and is let alone for a while; undefined when it may be tried. */
export function refusedBefore(row: StoredAuthorization, now: number): NoToken | undefined {
  const { failure } = row;
  if (failure === undefined || restOfRefusal(failure, now) === 0) return undefined;
  if (isVoid(row)) return voided(row.upstream, failure);
  return {
    kind: 'unavailable',
    reason: failure.reason,
    text: failure.text,
    ...(failure.remedy === undefined ? {} : { remedy: failure.remedy }),
    unsure: true,
  };
}

function failureOf(row: StoredAuthorization, problem: NoToken, refusals: number, now: number): StoredFailure {
  const { failure } = row;
  // The provider called the grant void: that it cannot be reached now does not make that untrue.
  const words = isVoid(row) && failure !== undefined && refusals === failure.refusals ? failure : problem;
  const same = failure?.text === words.text && failure.refusals === refusals;
  if (failure !== undefined && same && now - failure.at < SAME_FAILURE_EVERY) return failure;
  return {
    at: now,
    reason: words.reason,
    text: words.text,
    ...(words.remedy === undefined ? {} : { remedy: words.remedy }),
    refusals,
  };
}

/** The row as it is after a grant: sealed, and without the failure. */
export function renewed(
  wanted: Pick<Wanted, 'upstream' | 'subject' | 'key'>,
  row: StoredAuthorization | undefined,
  grant: Grant,
  now: number,
  sealer: Sealer,
): StoredAuthorization {
  const before = row?.key === wanted.key ? row : undefined;
  const account = grant.account ?? before?.account;
  const scopes = grant.scopes ?? before?.scopes;
  const refreshToken =
    grant.refreshToken === undefined
      ? before?.refreshToken
      : sealToken(sealer, wanted, 'refreshToken', grant.refreshToken);
  return {
    upstream: wanted.upstream,
    subject: wanted.subject,
    key: wanted.key,
    ...(account === undefined ? {} : { account }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(refreshToken === undefined ? {} : { refreshToken }),
    accessToken: sealToken(sealer, wanted, 'accessToken', grant.accessToken),
    accessExpiresAt: grant.expiresAt,
    authorizedAt: before?.authorizedAt ?? now,
    authorizedBy: before?.authorizedBy ?? 'settings',
    renewedAt: now,
    version: row?.version ?? 0,
  };
}

/** Nobody knows what an error says that was not expected: it may repeat what was sent, so only its kind and place are told. */
function withoutWords(error: unknown): object {
  if (!(error instanceof Error)) return { error: typeof error };
  const at = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { error: error.name, at: at.slice(0, 10).map((line) => line.trim()) };
}

function alreadyEnded(upstream: string): NoToken {
  return {
    kind: 'unavailable',
    reason: 'configuration',
    text: `The provider gave a token for upstream ${upstream} that had already ended.`,
    remedy: 'Look at the lifetime of tokens at the provider, and at the clock of this machine.',
  };
}

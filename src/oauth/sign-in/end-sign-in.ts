/** The end of a sign-in, however it was made: tokens are saved, or it is written down why not. */
import type { OAuth2Settings } from '../../settings/schema-oauth2.ts';
import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';
import type { SettingsSource } from '../../settings/source.ts';
import type { Clock } from '../../shared/clock.ts';
import { RelayError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { authorizeWays } from '../../shared/own-commands.ts';
import { createUnderWay } from '../../shared/under-way.ts';
import { authorizationKey } from '../authorization-key.ts';
import { oauthOf, type SignInState } from '../authorizations.ts';
import { type Grant, ProviderFailure } from '../provider.ts';
import type { AuthorizationStorage, PendingSignIn } from '../storage.ts';
import type { AuthorizedNews } from './authorized-news.ts';
import type { BegunSignIns } from './begun-sign-ins.ts';
import { beginAnew, signInState } from './sign-in-state.ts';

/** Seals and stores what a provider gave; create-token-source.ts implements it. Throws RelayError. */
export type SaveGrant = (
  upstream: UpstreamSettings,
  grant: Grant,
  options: { readonly by: string },
) => Promise<void>;

/** Milliseconds; an access token of this life or more is of use without a refresh token. */
const LONG_LIVED = 24 * 3_600_000;

/** Why a sign-in came to nothing, in words for people. */
export class SignInFailure extends Error {
  readonly remedy: string | undefined;

  constructor(text: string, remedy?: string) {
    super(text);
    this.name = 'SignInFailure';
    this.remedy = remedy;
  }
}

export interface SignInEnd {
  /** The upstream as the settings have it now. Throws SignInFailure when it is another one than the sign-in was begun for. */
  upstreamFor(
    row: Pick<PendingSignIn, 'upstream'>,
    key: string,
  ): { readonly upstream: UpstreamSettings; readonly oauth: OAuth2Settings };
  /**
   * Gets the tokens, saves them and ends the row; whatever fails on the way ends it as `failed`. Rejects where the store does not take
   * the end, and for faults of ours.
   */
  finish(
    row: PendingSignIn,
    grant: () => Promise<{ readonly upstream: UpstreamSettings; readonly grant: Grant }>,
  ): Promise<SignInState>;
  /** Ends in the background, and logs what fails. */
  inBackground(work: Promise<unknown>): void;
  /** When nothing is under way any more. */
  settled(): Promise<void>;
}

/** One for all flows of a node, so that closing can wait for all of them. */
export function createSignInEnd(options: {
  readonly storage: AuthorizationStorage;
  readonly settings: Pick<SettingsSource, 'current'>;
  readonly saveGrant: SaveGrant;
  readonly begun: BegunSignIns;
  readonly news: AuthorizedNews;
  readonly clock: Clock;
  readonly log: Log;
}): SignInEnd {
  const { storage, settings, saveGrant, begun, news, clock, log } = options;
  const underWay = createUnderWay();

  async function finish(
    row: PendingSignIn,
    getGrant: () => Promise<{ readonly upstream: UpstreamSettings; readonly grant: Grant }>,
  ): Promise<SignInState> {
    begun.remove(row.id);
    try {
      const { upstream, grant } = await getGrant();
      if (endsSoon(grant, clock.now()) && !(await hasOlderOne(upstream, grant))) {
        throw noRefreshToken(row.upstream);
      }
      await saveGrant(upstream, grant, { by: row.by });
      const account = grant.account ?? '';
      log.info({ upstream: row.upstream, account, by: row.by }, 'Upstream authorized');
      await news.look(row.upstream);
      return await ended(row, 'authorized', account);
    } catch (error) {
      const failure = failureOf(error, row.upstream);
      const { message: text, remedy } = failure ?? faultOfOurs(row.upstream);
      log.warn(
        { upstream: row.upstream, by: row.by, text, ...(failure ? {} : { err: error }) },
        'Sign-in failed',
      );
      const state = await ended(row, 'failed', text, remedy);
      if (failure === undefined) throw error;
      return state;
    }
  }

  /** Some give a refresh token with the first consent only; the one that is stored then stays in use. */
  async function hasOlderOne(upstream: UpstreamSettings, { account }: Grant): Promise<boolean> {
    const row = await storage.find(upstream.name, '');
    const oauth = oauthOf(upstream);
    return (
      row?.refreshToken !== undefined &&
      account !== undefined &&
      row.account === account &&
      oauth !== undefined &&
      row.key === authorizationKey(oauth, upstream)
    );
  }

  async function ended(row: PendingSignIn, state: 'authorized' | 'failed', result: string, remedy?: string) {
    await storage.endPending(row.id, state, result, remedy);
    const upstream = settings.current().upstreams.find(({ name }) => name === row.upstream);
    const over = { ...row, state, result, ...(remedy === undefined ? {} : { remedy }) };
    return signInState(over, upstream === undefined ? undefined : oauthOf(upstream), clock.now());
  }

  return {
    upstreamFor(row, key) {
      const upstream = settings.current().upstreams.find(({ name }) => name === row.upstream);
      const oauth = upstream === undefined ? undefined : oauthOf(upstream);
      if (upstream !== undefined && oauth !== undefined && authorizationKey(oauth, upstream) === key) {
        return { upstream, oauth };
      }
      throw new SignInFailure(
        `The settings of upstream ${row.upstream} were changed since the sign-in began.`,
        beginAnew(row.upstream),
      );
    },
    finish: (row, getGrant) => underWay.track(finish(row, getGrant)),
    inBackground(work) {
      void underWay.track(
        work.catch((error: unknown) => log.error({ err: error }, 'The end of a sign-in was not recorded')),
      );
    },
    settled: underWay.quiet,
  };
}

/** Without a refresh token access ends with the access token; few servers give long-lived ones on purpose. */
function endsSoon({ refreshToken, expiresAt }: Grant, now: number): boolean {
  return refreshToken === undefined && expiresAt - now < LONG_LIVED;
}

function noRefreshToken(upstream: string): SignInFailure {
  return new SignInFailure(
    'The provider gave no refresh token, so access would end soon.',
    `Ask for offline access in the scopes of the upstream (offline_access with most providers), then sign in again ${authorizeWays(upstream)}`,
  );
}

/** What can be told; undefined for faults of ours, whose text may hold anything. */
function failureOf(error: unknown, upstream: string): SignInFailure | undefined {
  if (error instanceof SignInFailure) return error;
  if (error instanceof ProviderFailure) {
    const { text, remedy, reply } = error.problem;
    const said = reply === undefined ? '' : ` The provider said: ${reply.text}`;
    return new SignInFailure(text + said, remedy ?? beginAnew(upstream));
  }
  if (error instanceof RelayError && error.code !== 'internal') {
    return new SignInFailure(error.publicMessage, error.hint ?? beginAnew(upstream));
  }
  return undefined;
}

function faultOfOurs(upstream: string): SignInFailure {
  return new SignInFailure('Postern failed; the log says why.', beginAnew(upstream));
}

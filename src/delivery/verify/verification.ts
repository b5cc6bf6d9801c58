import type { LookupFunction } from 'node:net';
import type { TrustAnchors } from '../../certificates/sources.ts';
import type { Dial } from '../../network/dial.ts';
import type { Network } from '../../network/network.ts';
import type { OAuthProvider } from '../../oauth/provider.ts';
import type { TokenSource } from '../../oauth/token-source.ts';
import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';
import type { SettingsSource } from '../../settings/source.ts';
import type { Clock } from '../../shared/clock.ts';
import type { HttpClient } from '../../shared/http.ts';
import type { Log } from '../../shared/log.ts';
import type { Random } from '../../shared/random.ts';
import type { UpstreamStatus } from '../upstreams.ts';
import type { VerifyRequest, VerifyStep, VerifyStepName } from './step.ts';

/** What a verification uses: the same ways out, secrets and tokens as deliveries. */
export interface VerifyDependencies {
  readonly reveal: SettingsSource['reveal'];
  readonly tokens: TokenSource;
  /** Asked for the tokens of applications, past the cache; the token source is if absent. */
  readonly provider?: (upstream: UpstreamSettings) => OAuthProvider;
  readonly http: HttpClient;
  readonly dial: Dial;
  /** Says whether a proxy leads to a host; none does if absent. */
  readonly proxyFor?: Network['proxyFor'];
  readonly trustAnchors: TrustAnchors;
  /** Name of this relay. */
  readonly hostname: () => string;
  /** Resolves host names; the system's resolver if absent. */
  readonly lookup?: LookupFunction | undefined;
  /** How the upstreams in force stand, for what is said about a fallback. */
  readonly status?: () => readonly UpstreamStatus[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What a step found; its name and time are added by whoever ran it. */
export type Finding = Omit<VerifyStep, 'step' | 'subject' | 'milliseconds'>;

/** One verification under way. */
export interface Verification extends Omit<VerifyDependencies, 'lookup'> {
  readonly request: VerifyRequest;
  readonly upstream: UpstreamSettings;
  readonly lookup: LookupFunction;
  /** Aborts when time is up or nobody listens any more. */
  readonly signal: AbortSignal;
  /** Why it ends early, once it does. */
  readonly stopped: () => string;
  /** Tells a step that is over. */
  tell(step: VerifyStep): void;
  /**
   * Runs one step within `limit` ms and tells what it found. Never throws: a fault of ours is a failed step, and a step that could
   * not begin is skipped.
   */
  run(
    step: VerifyStepName,
    limit: number,
    work: (signal: AbortSignal) => Promise<Finding> | Finding,
    subject?: string,
  ): Promise<VerifyStep>;
  /** Tells that a step was not taken, and why. */
  skip(step: VerifyStepName, why: string, subject?: string): void;
}

/** The remedy for what passes. */
export const VERIFY_AGAIN = 'Wait a moment and verify again.';

export const ok = (text: string, more: Partial<Finding> = {}): Finding => ({ result: 'ok', text, ...more });

export const skipped = (text: string): Finding => ({ result: 'skipped', text });

/** What is accepted and worth a second look. */
export const warning = (text: string, remedy?: string, more: Partial<Finding> = {}): Finding => ({
  result: 'warning',
  text,
  ...(remedy === undefined ? {} : { remedy }),
  ...more,
});

/** What failed, with its cause in words of a dictionary. */
export function failed(
  text: string,
  problem: {
    readonly text?: string;
    readonly remedy?: string | undefined;
    readonly reply?: Finding['reply'];
  },
  more: Partial<Finding> = {},
): Finding {
  return {
    result: 'failed',
    text,
    ...(problem.text === undefined ? {} : { cause: problem.text }),
    ...(problem.remedy === undefined ? {} : { remedy: forSomebodyWhoLooksOn(problem.remedy) }),
    ...(problem.reply === undefined ? {} : { reply: problem.reply }),
    ...more,
  };
}

/** Mail is tried again by itself, a verification is not. */
function forSomebodyWhoLooksOn(remedy: string): string {
  return remedy.replace(/^Nothing to do(?: if it passes)?; it is tried again\./, VERIFY_AGAIN);
}

/** Steps behind this one cannot be taken. */
export function isObstacle(step: VerifyStep): boolean {
  return step.result === 'failed' || step.result === 'skipped';
}

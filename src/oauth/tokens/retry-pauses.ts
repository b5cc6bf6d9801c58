import type { StoredAuthorization, StoredFailure } from '../storage.ts';
import type { NoToken } from '../token-source.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * First and longest pause before a token endpoint is asked again, ms, doubled from one to the other: however many devices
 * wait, a dead endpoint is asked seldom, and once it is back nobody waits for long.
 */
const PAUSES: Readonly<Record<NoToken['reason'], readonly [first: number, longest: number]>> = {
  unreachable: [SECOND, 30 * SECOND],
  throttled: [5 * SECOND, MINUTE],
  authentication: [10 * SECOND, 30 * SECOND],
  configuration: [10 * SECOND, 30 * SECOND],
};

/** Pauses after the first, second, … time in a row that the provider called a grant void; the last one for ever. */
const REFUSED: readonly number[] = [30 * SECOND, 2 * MINUTE, HOUR];

/** A provider that asks for more than this is asked sooner all the same: it may have meant something else. */
const LONGEST_ASKED_FOR = HOUR;

/** Times in a row that a provider has to call a grant void before we believe it. */
export const REFUSALS_BELIEVED = REFUSED.length;

/** The provider has called the grant void often enough to be believed. */
export function isVoid(row: Pick<StoredAuthorization, 'failure'> | undefined): boolean {
  return (row?.failure?.refusals ?? 0) >= REFUSALS_BELIEVED;
}

/** Pause after this many failures in a row (1 and more), ms, with up to a tenth of jitter; `retryAfter` of the provider is honoured. */
export function pauseAfter(problem: NoToken, failures: number, fraction: number): number {
  const [first, longest] = PAUSES[problem.reason];
  const own = Math.min(first * 2 ** Math.min(failures - 1, 20), longest);
  const asked = Math.min(problem.retryAfter ?? 0, LONGEST_ASKED_FOR);
  return Math.max(own * (1 + fraction * 0.1), asked);
}

/** Pause after so many refusals of a grant in a row (1 and more), ms. */
export function pauseAfterRefusals(refusals: number): number {
  return REFUSED[Math.min(refusals, REFUSED.length) - 1] ?? HOUR;
}

/** How long a grant that was called void is let alone from `now` on, ms; 0 when it may be tried. */
export function restOfRefusal(failure: StoredFailure | undefined, now: number): number {
  if (failure === undefined || failure.refusals === 0) return 0;
  const pause = pauseAfterRefusals(failure.refusals);
  // A clock that was set back must not make it longer.
  return Math.max(0, Math.min(pause, failure.at + pause - now));
}

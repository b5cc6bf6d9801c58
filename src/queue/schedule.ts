import type { Random } from '../shared/random.ts';

/** Part of a wait that is added at random, so that messages that failed together do not come back together. */
const JITTER = 0.1;

/**
 * Milliseconds to wait before the next attempt, after `attempts` attempts have failed (1 after the first). The last wait
 * repeats; `atLeast` is what the upstream asked for.
 */
export function retryDelay(
  waits: readonly number[],
  attempts: number,
  random: Random,
  atLeast: number = 0,
): number {
  const wait = waits[Math.min(Math.max(attempts, 1), waits.length) - 1] ?? 60_000;
  return Math.round(Math.max(wait, atLeast) * (1 + JITTER * random.fraction()));
}

/** Whether a message has been tried for long enough. */
export function isExpired(acceptedAt: number, now: number, expireAfter: number): boolean {
  return now - acceptedAt >= expireAfter;
}

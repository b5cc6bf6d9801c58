import type { Clock } from '../shared/clock.ts';

/** Numbers that one millisecond has room for; keeps the product below 2^53 until the year 2039. */
const PER_MILLISECOND = 4096;

/**
 * Numbers for journal rows: they only grow, within a process and from one start to the next, so that the events of a
 * message keep their order even when the wall clock is set back while the process runs.
 */
export function createSequence(clock: Clock): () => number {
  let last = 0;
  return () => {
    last = Math.max(last + 1, clock.now() * PER_MILLISECOND);
    return last;
  };
}

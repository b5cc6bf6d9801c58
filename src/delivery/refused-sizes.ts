import type { Clock } from '../shared/clock.ts';

const HOUR = 3_600_000;
/** No mail server has a limit below this: the refusal of a smaller message for its size says nothing about the next one. */
const SMALLEST_LIMIT = 1_000_000;

/** The sizes of messages that an upstream refused for being too large; forgotten after an hour, since limits are raised too. */
export interface RefusedSizes {
  /** A message of so many bytes was too large. */
  refused(size: number): void;
  /** Whether one of so many bytes is sure to be refused as well. */
  refuses(size: number): boolean;
}

/** Knows nothing at first. */
export function createRefusedSizes(clock: Pick<Clock, 'monotonic'>): RefusedSizes {
  let smallest = Number.POSITIVE_INFINITY;
  let until = Number.NEGATIVE_INFINITY;
  return {
    refused(size) {
      if (size < SMALLEST_LIMIT) return;
      const now = clock.monotonic();
      smallest = now < until ? Math.min(smallest, size) : size;
      until = now + HOUR;
    },
    refuses: (size) => size >= smallest && clock.monotonic() < until,
  };
}

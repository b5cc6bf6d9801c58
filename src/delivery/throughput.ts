/** How fast messages leave, as seen over the last minute; all times in milliseconds of one clock. */
export interface Throughput {
  add(now: number): void;
  /** Messages a millisecond; undefined when too few have left to tell. */
  rate(now: number): number | undefined;
}

const BUCKET = 5000;
const BUCKETS = 12;
/** Fewer than this say nothing. */
const LEAST = 5;

export function createThroughput(): Throughput {
  const counts: number[] = Array.from({ length: BUCKETS }, () => 0);
  let current = 0;
  let first = Number.POSITIVE_INFINITY;

  /** Empties the buckets that time has passed over. */
  function turn(now: number): void {
    const bucket = Math.floor(now / BUCKET);
    const stale = Math.min(BUCKETS, bucket - current);
    for (let step = 1; step <= stale; step += 1) counts[(current + step) % BUCKETS] = 0;
    if (stale >= BUCKETS) first = Number.POSITIVE_INFINITY;
    current = Math.max(current, bucket);
  }

  return {
    add(now) {
      turn(now);
      first = Math.min(first, now);
      counts[current % BUCKETS] = (counts[current % BUCKETS] ?? 0) + 1;
    },
    rate(now) {
      turn(now);
      const sum = counts.reduce((all, count) => all + count, 0);
      if (sum < LEAST) return undefined;
      const window = Math.min((BUCKETS - 1) * BUCKET + (now % BUCKET), now - first);
      return window <= 0 ? undefined : sum / window;
    },
  };
}

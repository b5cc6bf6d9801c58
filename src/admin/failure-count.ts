/** Counts failures by address (in IPv6 by network, of which one machine has all addresses), so that guessing is answered 429 and fills no log. */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import { networkOf } from '../shared/network-of.ts';

/** Milliseconds. */
const WINDOW = 60_000;
/** Addresses that are remembered. */
const MAX_ADDRESSES = 1000;

export interface FailureCount {
  /** Counts one; answers with how many there were within the minute, and the seconds until it is over. */
  add(address: string): { readonly count: number; readonly wait: number };
}

export function createFailureCount(clock: Clock): FailureCount {
  const failures = new LRUCache<string, { count: number; since: number }>({ max: MAX_ADDRESSES });
  return {
    add(address) {
      const now = clock.monotonic();
      const network = networkOf(address);
      const known = failures.get(network);
      const current = known && now - known.since < WINDOW ? known : { count: 0, since: now };
      current.count += 1;
      failures.set(network, current);
      return { count: current.count, wait: Math.ceil((current.since + WINDOW - now) / 1000) };
    },
  };
}

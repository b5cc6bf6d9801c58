import type { Clock } from '../shared/clock.ts';

/** Amounts within the last so many milliseconds, for limits such as 30 messages a minute. */
export interface SlidingWindow {
  /** Sum of the amounts that are inside. */
  total(): number;
  add(amount: number): void;
  /** Milliseconds until there is room for `amount` beneath `limit`; 0 when there is now. */
  roomIn(amount: number, limit: number): number;
}

/** Empty at first; entries beyond 20,000 count as if they were the newest. */
export function createSlidingWindow(clock: Clock, length: number): SlidingWindow {
  let sum = 0;
  let entries: { readonly at: number; amount: number }[] = [];
  const sweep = () => {
    const from = clock.monotonic() - length;
    if ((entries[0]?.at ?? Number.POSITIVE_INFINITY) > from) return;
    entries = entries.filter(({ at }) => at > from);
    sum = entries.reduce((all, { amount }) => all + amount, 0);
  };
  const total = () => {
    sweep();
    return sum;
  };
  return {
    total,
    add(amount) {
      sweep();
      sum += amount;
      const last = entries.at(-1);
      if (last !== undefined && entries.length >= 20_000) last.amount += amount;
      else entries.push({ at: clock.monotonic(), amount });
    },
    roomIn(amount, limit) {
      let over = total() + amount - limit;
      if (over <= 0) return 0;
      for (const entry of entries) {
        over -= entry.amount;
        if (over <= 0) return Math.max(1, entry.at + length - clock.monotonic());
      }
      return length;
    },
  };
}

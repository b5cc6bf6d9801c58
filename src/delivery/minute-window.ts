/**
 * No more than so many messages within any minute, wherever on the way the upstream counts them: a message may count from the moment
 * at which it was begun until it was done, so it keeps its place until a minute after its end. An even pace alone is not enough:
 * where the first messages of a burst wait for sign-in and the later ones do not, more arrive within a minute than were begun.
 */
export interface MinuteWindow {
  /** Milliseconds until another may begin; 0 for now, Infinity while that depends on one that is under way. */
  wait(now: number): number;
  began(messages: number): void;
  ended(now: number, messages: number): void;
}

const MINUTE = 60_000;

/** All times in milliseconds of one clock. `perMinute` may be a fraction, when several nodes share a limit. */
export function createMinuteWindow(perMinute: number): MinuteWindow {
  const limit = Math.max(1, Math.floor(perMinute));
  let underWay = 0;
  /** When the last ones ended, the oldest first; no more than the limit matter. */
  let ends: number[] = [];
  return {
    wait(now) {
      ends = ends.filter((end) => end + MINUTE > now);
      const over = underWay + ends.length - limit + 1;
      if (over <= 0) return 0;
      const freed = ends[over - 1];
      return freed === undefined ? Number.POSITIVE_INFINITY : Math.ceil(freed + MINUTE - now);
    },
    began(messages) {
      underWay += messages;
    },
    ended(now, messages) {
      // One that began before the limits were changed is not among them.
      underWay = Math.max(0, underWay - messages);
      ends = [...ends, ...Array.from({ length: Math.min(messages, limit) }, () => now)].slice(-limit);
    },
  };
}

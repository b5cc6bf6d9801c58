/**
 * How many attempts may run at once; shrinks when the upstream finds them too many, and grows back slowly. Where fewer do not
 * help, because others use up what the account is allowed, no attempt is made for longer and longer.
 */
export interface ConnectionSlots {
  free(now: number): boolean;
  /** Milliseconds for which no attempt is to be made at all. */
  pause(now: number): number;
  take(): void;
  giveBack(): void;
  /** The upstream took a message. */
  worked(): void;
  /** The upstream said that there are too many connections; `retryAfter` (ms) where it said how long to wait. */
  crowded(now: number, retryAfter?: number): void;
  setLimit(limit: number): void;
  inUse(): number;
}

/** After a complaint no more than this many, which is what Exchange allows a mailbox. */
const AFTER_COMPLAINT = 3;
/** One more is tried after so long without a complaint, ms. */
const GROWTH_INTERVAL = 60_000;
/** Complaints of attempts that ran side by side count once, ms. */
const SAME_COMPLAINT = 1000;
/** Pauses after the first, second, … complaint without a message taken in between, ms; the last one repeats. */
const PAUSES: readonly number[] = [1000, 5000, 10_000, 20_000, 40_000, 60_000];
const LONGEST_PAUSE = 3_600_000;

export function createConnectionSlots(initialLimit: number): ConnectionSlots {
  let limit = Math.max(1, initialLimit);
  let ceiling = limit;
  let changedAt = Number.NEGATIVE_INFINITY;
  let used = 0;
  let complaints = 0;
  let complainedAt = Number.NEGATIVE_INFINITY;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  return {
    free(now) {
      if (ceiling < limit && now - changedAt >= GROWTH_INTERVAL) {
        ceiling += 1;
        changedAt = now;
      }
      return used < ceiling;
    },
    pause: (now) => Math.max(0, Math.ceil(pausedUntil - now)),
    worked() {
      complaints = 0;
    },
    take() {
      used += 1;
    },
    giveBack() {
      used = Math.max(0, used - 1);
    },
    crowded(now, retryAfter = 0) {
      if (now - complainedAt < SAME_COMPLAINT) return;
      complainedAt = now;
      ceiling = Math.max(1, Math.min(ceiling - 1, AFTER_COMPLAINT));
      changedAt = now;
      const own = PAUSES[Math.min(complaints, PAUSES.length - 1)] ?? 0;
      // The first complaint is cured by fewer connections; the message that met it waits as it was told.
      const asked = complaints === 0 ? 0 : Math.min(retryAfter, LONGEST_PAUSE);
      pausedUntil = now + Math.max(own, asked);
      complaints += 1;
    },
    setLimit(next) {
      const wanted = Math.max(1, next);
      if (wanted === limit) return;
      // A limit that was raised counts at once, unless the upstream complained.
      ceiling = ceiling === limit ? wanted : Math.min(ceiling, wanted);
      limit = wanted;
    },
    inUse: () => used,
  };
}

/** How many attempts may run at once; shrinks when the upstream finds them too many, and grows back slowly. */
export interface ConnectionSlots {
  free(now: number): boolean;
  take(): void;
  giveBack(): void;
  /** The upstream said that there are too many connections. */
  crowded(now: number): void;
  setLimit(limit: number): void;
  inUse(): number;
}

/** After a complaint no more than this many, which is what Exchange allows a mailbox. */
const AFTER_COMPLAINT = 3;
/** One more is tried after so long without a complaint, ms. */
const GROWTH_INTERVAL = 60_000;
/** Complaints of attempts that ran side by side count once, ms. */
const SAME_COMPLAINT = 1000;

export function createConnectionSlots(initialLimit: number): ConnectionSlots {
  let limit = Math.max(1, initialLimit);
  let ceiling = limit;
  let changedAt = Number.NEGATIVE_INFINITY;
  let used = 0;
  return {
    free(now) {
      if (ceiling < limit && now - changedAt >= GROWTH_INTERVAL) {
        ceiling += 1;
        changedAt = now;
      }
      return used < ceiling;
    },
    take() {
      used += 1;
    },
    giveBack() {
      used = Math.max(0, used - 1);
    },
    crowded(now) {
      if (now - changedAt < SAME_COMPLAINT) return;
      ceiling = Math.max(1, Math.min(ceiling - 1, AFTER_COMPLAINT));
      changedAt = now;
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

/** A limit of so much within a sliding window; times in milliseconds of one clock, handed in. */
export interface RequestWindow {
  /** Milliseconds until `amount` more may go; 0 for now. What alone exceeds the limit goes when nothing else went. */
  wait(now: number, amount: number): number;
  take(now: number, amount: number): void;
  /** Nothing is left in the window. */
  empty(now: number): boolean;
}

/** The window is counted in so many slices; what went counts until its whole slice has left the window. */
const SLICES = 60;

/** Never lets more than `limit` go within any `length` ms; waits at most one slice (a sixtieth) longer than it would have to. */
export function createRequestWindow(limit: number, length: number): RequestWindow {
  const slice = length / SLICES;
  /** Oldest first; at most one entry for each slice. */
  let entries: { readonly slice: number; amount: number }[] = [];
  let total = 0;

  function forget(now: number): void {
    const oldest = Math.floor(now / slice) - SLICES;
    let gone = 0;
    for (const entry of entries) {
      if (entry.slice >= oldest) break;
      total -= entry.amount;
      gone += 1;
    }
    if (gone > 0) entries = entries.slice(gone);
  }

  return {
    wait(now, amount) {
      forget(now);
      let over = total + amount - limit;
      for (const entry of entries) {
        if (over <= 0) break;
        over -= entry.amount;
        // The last of them has to go too where the amount alone is over the limit.
        if (over <= 0 || entry === entries.at(-1)) return Math.ceil((entry.slice + SLICES + 1) * slice - now);
      }
      return 0;
    },
    take(now, amount) {
      forget(now);
      const current = Math.floor(now / slice);
      const last = entries.at(-1);
      if (last !== undefined && last.slice >= current) last.amount += amount;
      else entries.push({ slice: current, amount });
      total += amount;
    },
    empty(now) {
      forget(now);
      return entries.length === 0;
    },
  };
}

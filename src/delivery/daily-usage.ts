import type { Clock, Timer } from '../shared/clock.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MINUTE = 60_000;
/** Counts are written together, and the sum over all nodes is read again, after so long. */
const SYNC_INTERVAL = 10_000;

/** The storage that delivery/ needs; the queue's storage has it. */
export interface UsageStorage {
  addUsage(upstream: string, at: number, recipients: number): Promise<void>;
  usageSince(
    upstream: string,
    since: number,
  ): Promise<readonly { readonly at: number; readonly recipients: number }[]>;
}

/**
 * How many recipients an upstream was given within the last 24 hours, over all nodes. Counted in memory and written in batches, so no message
 * costs a call to the store; a crash forgets at most the counts of ten seconds.
 */
export interface DailyUsage {
  /** Recipients within the last 24 hours. */
  total(): number;
  /** False until the store has been read once. */
  loaded(): boolean;
  add(recipients: number): void;
  /** Milliseconds until some of them are older than 24 hours. */
  waitForRoom(): number;
  close(): Promise<void>;
}

export interface DailyUsageDependencies {
  readonly storage: UsageStorage;
  readonly clock: Clock;
  readonly onLoaded: () => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Counts for one upstream; begins to read the store at once. A store that fails costs no count: what was not written
 * stays pending, `onFailure` hears of it, and the next round writes it.
 */
export function createDailyUsage(upstream: string, dependencies: DailyUsageDependencies): DailyUsage {
  const { storage, clock } = dependencies;
  let stored: readonly { readonly at: number; readonly recipients: number }[] = [];
  let pending = 0;
  /** Being written; counted until the store has them in its sum. */
  let writing = 0;
  let isLoaded = false;
  let closed = false;
  let timer: Timer | undefined;
  let running: Promise<void> = Promise.resolve();

  async function synchronise(): Promise<void> {
    writing = pending;
    pending = 0;
    try {
      if (writing > 0) await storage.addUsage(upstream, clock.now(), writing);
      writing = 0;
      stored = await storage.usageSince(upstream, clock.now() - DAY);
      if (!isLoaded) {
        isLoaded = true;
        dependencies.onLoaded();
      }
    } catch (error) {
      pending += writing;
      writing = 0;
      dependencies.onFailure(error);
    }
    if (!closed) arm(isLoaded && pending === 0 ? MINUTE : SYNC_INTERVAL);
  }

  function arm(after: number): void {
    timer?.cancel();
    timer = clock.after(after, () => {
      running = synchronise();
    });
  }

  running = synchronise();

  return {
    total() {
      const oldest = clock.now() - DAY;
      let sum = pending + writing;
      for (const { at, recipients } of stored) if (at > oldest) sum += recipients;
      return sum;
    },
    loaded: () => isLoaded,
    add(recipients) {
      if (pending === 0 && writing === 0 && recipients > 0 && !closed) arm(SYNC_INTERVAL);
      pending += recipients;
    },
    waitForRoom() {
      let first = Number.POSITIVE_INFINITY;
      for (const { at, recipients } of stored)
        if (recipients > 0 && at + DAY > clock.now()) first = Math.min(first, at);
      return Number.isFinite(first) ? Math.max(1000, first + DAY - clock.now()) : MINUTE;
    },
    async close() {
      closed = true;
      timer?.cancel();
      await running;
      timer?.cancel();
      if (pending > 0) await storage.addUsage(upstream, clock.now(), pending).catch(dependencies.onFailure);
      pending = 0;
    },
  };
}

/*
 * How much mail goes through, counted for each minute: a few additions in memory for each message, written every ten
 * seconds and at the stop. A crash loses the counts of these seconds and nothing else; a write of which nobody knows whether
 * it succeeded is made again, and then counts twice.
 */
import type { Clock, Timer } from '../shared/clock.ts';
import { errorText } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { MessageRecord } from './message.ts';
import type { TrafficCounts, TrafficMinute, TrafficStorage, TrafficStretch } from './traffic-storage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const FLUSH_EVERY = 10_000;
const KEPT = 8 * DAY;
/** Minutes that wait for a store that does not answer; the oldest are forgotten then. */
const MOST_MINUTES = 24 * 60;

/** What is shown: how far back, and in which steps, ms. */
export const TRAFFIC_SPANS = {
  hour: { span: HOUR, step: MINUTE },
  day: { span: DAY, step: 15 * MINUTE },
  week: { span: 7 * DAY, step: 2 * HOUR },
} as const;

export type TrafficSpan = keyof typeof TRAFFIC_SPANS;

export interface Traffic {
  onAccepted(): void;
  /** After an attempt: the message as it is now. */
  onAttempt(record: Pick<MessageRecord, 'state'>): void;
  onRefused(): void;
  /** Oldest first, without gaps; the last stretch is not over yet. */
  read(span: TrafficSpan): Promise<{ readonly step: number; readonly points: readonly TrafficStretch[] }>;
  /** When the last message was accepted and delivered: to the minute where that was before this start or on another node. */
  last(): Promise<{ readonly acceptedAt?: number; readonly deliveredAt?: number }>;
  /** Writes what is counted and stops. */
  stop(): Promise<void>;
}

type Counting = { -readonly [K in keyof TrafficCounts]: number };

const NOTHING: TrafficCounts = { accepted: 0, delivered: 0, deferred: 0, failed: 0, refused: 0 };
const KINDS = ['accepted', 'delivered', 'deferred', 'failed', 'refused'] as const;

/** What an attempt counts as, by the state that it left the message in. */
const COUNTED: Readonly<Partial<Record<MessageRecord['state'], keyof TrafficCounts>>> = {
  queued: 'deferred',
  delivered: 'delivered',
  failed: 'failed',
};

/** Failures of the storage are logged and never thrown, but for `read` and `last`. */
export function createTraffic(deps: {
  readonly storage: TrafficStorage;
  readonly clock: Clock;
  readonly log: Log;
}): Traffic {
  const { storage, clock, log } = deps;
  let minutes = new Map<number, Counting>();
  let acceptedAt: number | undefined;
  let deliveredAt: number | undefined;
  let timer: Timer | undefined;
  let flushing: Promise<void> = Promise.resolve();
  let cleanedAt = Number.NEGATIVE_INFINITY;
  let stopped = false;

  function count(kind: keyof TrafficCounts, now: number): void {
    if (stopped) return;
    const minute = now - (now % MINUTE);
    let counting = minutes.get(minute);
    if (counting === undefined) {
      counting = { ...NOTHING };
      minutes.set(minute, counting);
      boundMinutes();
    }
    counting[kind] += 1;
    schedule();
  }

  function schedule(): void {
    timer ??= clock.after(FLUSH_EVERY, () => {
      timer = undefined;
      flushing = flushing.then(flush);
    });
  }

  function boundMinutes(): void {
    if (minutes.size <= MOST_MINUTES) return;
    const oldest = Math.min(...minutes.keys());
    minutes.delete(oldest);
  }

  async function flush(): Promise<void> {
    if (minutes.size === 0) return;
    const batch = minutes;
    minutes = new Map();
    try {
      await storage.add(toMinutes(batch));
    } catch (error) {
      log.warn({ err: errorText(error) }, 'The counts of the traffic could not be written; tried again');
      putBack(batch);
      return;
    }
    await clean();
  }

  function putBack(batch: ReadonlyMap<number, TrafficCounts>): void {
    for (const [minute, counts] of batch) {
      minutes.set(minute, sum(minutes.get(minute) ?? NOTHING, counts));
      boundMinutes();
    }
    if (!stopped) schedule();
  }

  async function clean(): Promise<void> {
    const now = clock.now();
    if (Math.abs(now - cleanedAt) < HOUR) return;
    cleanedAt = now;
    await storage.removeBefore(now - KEPT).catch((error: unknown) => {
      log.warn({ err: errorText(error) }, 'Old counts of the traffic could not be removed');
    });
  }

  return {
    onAccepted() {
      acceptedAt = clock.now();
      count('accepted', acceptedAt);
    },
    onAttempt({ state }) {
      const kind = COUNTED[state];
      if (kind === undefined) return;
      const now = clock.now();
      if (kind === 'delivered') deliveredAt = now;
      count(kind, now);
    },
    onRefused() {
      count('refused', clock.now());
    },
    async read(name) {
      const { span, step } = TRAFFIC_SPANS[name];
      // What is not written yet is added below, so nothing may be on its way in between.
      await flushing;
      const now = clock.now();
      const last = now - (now % step);
      const since = last - span + step;
      const unwritten = toMinutes(minutes);
      const written = await storage.read(since, step);
      return { step, points: withoutGaps({ since, last, step }, written, unwritten) };
    },
    async last() {
      const stored = await storage.last();
      const accepted = latest(acceptedAt, stored.accepted);
      const delivered = latest(deliveredAt, stored.delivered);
      return {
        ...(accepted === undefined ? {} : { acceptedAt: accepted }),
        ...(delivered === undefined ? {} : { deliveredAt: delivered }),
      };
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      await flushing.then(flush);
    },
  };
}

/** Every stretch from `since` to `last`, with what both sources say about it. Pure. */
export function withoutGaps(
  { since, last, step }: { readonly since: number; readonly last: number; readonly step: number },
  written: readonly TrafficStretch[],
  unwritten: readonly TrafficMinute[],
): readonly TrafficStretch[] {
  const counts = new Map<number, TrafficCounts>(written.map((stretch) => [stretch.at, stretch]));
  for (const minute of unwritten) {
    const at = minute.minute - (minute.minute % step);
    counts.set(at, sum(counts.get(at) ?? NOTHING, minute));
  }
  return Array.from({ length: Math.round((last - since) / step) + 1 }, (_, index) => {
    const at = since + index * step;
    return { at, ...sum(counts.get(at) ?? NOTHING, NOTHING) };
  });
}

function sum(one: TrafficCounts, other: TrafficCounts): Counting {
  const result = { ...NOTHING };
  const counting: Counting = result;
  for (const kind of KINDS) counting[kind] = one[kind] + other[kind];
  return counting;
}

function toMinutes(batch: ReadonlyMap<number, TrafficCounts>): TrafficMinute[] {
  return [...batch].map(([minute, counts]) => ({ minute, ...counts }));
}

function latest(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.max(one, other);
}

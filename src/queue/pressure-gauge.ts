import { getHeapStatistics } from 'node:v8';
import type { SettingsSource } from '../settings/source.ts';
import type { Alerts } from '../shared/alerts.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import type { Refusal } from './accepting.ts';
import { judgePressure, judgeRoom, type PressureRefusal } from './pressure.ts';
import { createRefusalAlert } from './refusal-alert.ts';
import type { QueueStorage, StateCount } from './storage.ts';
import type { Inflow } from './writer.ts';

/** How often the machine is looked at, and how often the queue's bytes are counted anew, milliseconds. */
const LOOK_EVERY = 1000;
const COUNT_EVERY = 5000;

export interface PressureGauge extends Inflow {
  refusal(size?: number): Refusal | undefined;
  /** Bytes that joined (or left, negative) the queue. */
  queued(bytes: number): void;
  /** The store refused to write. */
  storeFailed(): void;
  queueBytes(): number;
  /** Queued and held messages as last counted. */
  counts(): readonly StateCount[];
  start(): Promise<void>;
  stop(): void;
}

/** Reads the signs of overload once a second; asking costs nothing. */
export function createPressureGauge(deps: {
  storage: Pick<QueueStorage, 'counts'>;
  settings: SettingsSource;
  clock: Clock;
  /** Free bytes on the store's disk; undefined where that is not ours to know. */
  freeBytes: () => Promise<number | undefined>;
  /** Median delay of the event loop since the last call, milliseconds. */
  loopDelay: () => number;
  alerts: Alerts;
}): PressureGauge {
  const { clock, settings } = deps;
  const tell = createRefusalAlert(deps.alerts);
  let queueBytes = 0;
  let counts: readonly StateCount[] = [];
  let receiving = 0;
  let storing = 0;
  let freeDisk: number | undefined;
  let heapUsed = 0;
  let loopDelay = 0;
  let storeFailedAt: number | undefined;
  let countedAt = 0;
  let timer: Timer | undefined;
  let stopped = false;

  async function look(): Promise<void> {
    loopDelay = deps.loopDelay();
    const heap = getHeapStatistics();
    heapUsed = heap.used_heap_size / heap.heap_size_limit;
    freeDisk = await deps.freeBytes().catch(() => undefined);
    if (clock.monotonic() - countedAt >= COUNT_EVERY) await count();
  }

  function refusal(size?: number): PressureRefusal | undefined {
    const reading = {
      queueBytes: queueBytes + storing,
      freeDisk,
      heapUsed,
      loopDelay,
      receiving,
      storeFailedAt,
      now: clock.monotonic(),
    };
    return judgePressure(reading, settings.current().queue, size);
  }

  async function count(): Promise<void> {
    countedAt = clock.monotonic();
    const all = await deps.storage.counts();
    counts = all.filter(({ state }) => state === 'queued' || state === 'held');
    queueBytes = counts.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  function schedule(): void {
    timer = clock.after(LOOK_EVERY, () => {
      void look()
        .catch(() => undefined)
        .finally(() => {
          if (stopped) return;
          tell(refusal()?.reason);
          schedule();
        });
    });
  }

  return {
    refusal,
    queued(bytes) {
      queueBytes += bytes;
    },
    receiving(bytes) {
      receiving += bytes;
    },
    storing(bytes) {
      storing += bytes;
    },
    isFull: () =>
      judgeRoom({ queueBytes: queueBytes + storing, freeDisk }, settings.current().queue) !== undefined,
    storeFailed() {
      storeFailedAt = clock.monotonic();
    },
    queueBytes: () => queueBytes,
    counts: () => counts,
    async start() {
      freeDisk = await deps.freeBytes().catch(() => undefined);
      schedule();
      // Counting a long queue must not hold up the first listener.
      count().catch(() => undefined);
    },
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}

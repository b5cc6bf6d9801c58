import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface LoopDelay {
  /** Median delay of the event loop since the last call, milliseconds. */
  readonly read: () => number;
  stop(): void;
}

/** How often the delay is sampled, milliseconds: it is subtracted from what is measured. */
const RESOLUTION = 20;

/** Watches how late the event loop is. */
export function watchLoopDelay(): LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  histogram.enable();
  return {
    read() {
      const median = histogram.percentile(50) / 1e6 - RESOLUTION;
      histogram.reset();
      return Math.max(0, median);
    },
    stop() {
      histogram.disable();
    },
  };
}

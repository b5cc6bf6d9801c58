/**
 * Makes the store fail on purpose, for tests of what stands on it. Asked before every commit; the answer makes the
 * transaction fail at its end, as if the disk had refused the sync: everything was written, and nothing may be kept.
 */
export interface StoreFaults {
  next(): StoreFault | undefined;
}

/** `full`: no space left. `sync`: the disk did not confirm. `crash`: SQLite's worker thread dies in the middle. */
export type StoreFault = 'full' | 'sync' | 'crash';

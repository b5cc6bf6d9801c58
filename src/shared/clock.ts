/** Time, passed in wherever it is needed so that tests move it by hand. */
export interface Clock {
  /** Wall time, milliseconds since 1970. For what is stored and shown. */
  now(): number;
  /** A reading that only grows, milliseconds. For durations, deadlines and leases. */
  monotonic(): number;
  /** Calls back once after `milliseconds`; the timer never keeps the process alive. */
  after(milliseconds: number, callback: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** The longest delay that a Node timer can hold (2^31 - 1 ms); longer waits are cut and looked at again. */
const LONGEST_DELAY = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(milliseconds, 0), LONGEST_DELAY));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

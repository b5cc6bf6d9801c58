/** A smooth limit of messages a minute; all times in milliseconds of one clock. */
export interface MessageRate {
  /** Milliseconds until `messages` may go; 0 for now. */
  wait(now: number): number;
  take(now: number, messages: number): void;
  /** Milliseconds until the last of so many more may go, when each goes as soon as it may. */
  waitForLast(now: number, messages: number): number;
}

const MINUTE = 60_000;
const BURST_SHARE = 0.1;

/**
 * Spreads messages evenly (the generic cell rate algorithm), with a burst of a tenth. Burst and rate together stay within the limit
 * in every window of a minute. `perMinute` may be a fraction, when several nodes share a limit.
 */
export function createMessageRate(perMinute: number): MessageRate {
  const burst = Math.max(1, Math.floor(perMinute * BURST_SHARE));
  const interval = MINUTE / (perMinute - burst + 1 > 0 && perMinute >= 1 ? perMinute - burst + 1 : perMinute);
  const tolerance = (burst - 1) * interval;
  /** When the next message would come if all had come evenly. */
  let due = Number.NEGATIVE_INFINITY;
  return {
    wait: (now) => Math.max(0, Math.ceil(due - tolerance - now)),
    take(now, messages) {
      due = Math.max(due, now) + messages * interval;
    },
    waitForLast(now, messages) {
      if (messages <= 0) return 0;
      return Math.max(0, Math.ceil(Math.max(due, now) + (messages - 1) * interval - tolerance - now));
    },
  };
}

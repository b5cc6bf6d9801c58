import type { Clock } from '../shared/clock.ts';
import type { SimulatedMessage, SimulatorCounters } from './simulator.ts';

/** The messages that were taken, the newest ones when there are too many, and what was counted. */
export interface Outbox {
  add(message: Omit<SimulatedMessage, 'at'>): void;
  messages(): readonly SimulatedMessage[];
  readonly counters: { -readonly [Name in keyof SimulatorCounters]: SimulatorCounters[Name] };
}

const MAX_MESSAGES = 50_000;
const MAX_BYTES = 256 * 1024 * 1024;

/** Empty at first. */
export function createOutbox(clock: Clock): Outbox {
  const kept: SimulatedMessage[] = [];
  let bytes = 0;
  const counters = {
    tokenRequests: 0,
    tokenRequestsAtOnce: 0,
    signIns: 0,
    messages: 0,
    throttled: 0,
    delayed: 0,
  };
  return {
    counters,
    messages: () => [...kept],
    add(message) {
      counters.messages += 1;
      kept.push({ ...message, at: clock.now() });
      bytes += message.content.length;
      while (kept.length > 1 && (kept.length > MAX_MESSAGES || bytes > MAX_BYTES)) {
        bytes -= kept.shift()?.content.length ?? 0;
      }
    },
  };
}

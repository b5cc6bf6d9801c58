import type { Refusal } from './accepting.ts';

/** What is looked at; read every second. */
export interface PressureReading {
  /** Bytes of queued and held mail, and of what is stored of messages that are not complete yet. */
  readonly queueBytes: number;
  /** Free bytes on the disk of the store; undefined where that is not ours to know (a database server). */
  readonly freeDisk: number | undefined;
  /** Part of the heap limit in use, 0 to 1. */
  readonly heapUsed: number;
  /** How late the event loop is, milliseconds (median of the last second). */
  readonly loopDelay: number;
  /** Bytes of messages that are being received right now. */
  readonly receiving: number;
  /** When the store last refused to write (ms, monotonic), or undefined. */
  readonly storeFailedAt: number | undefined;
  readonly now: number;
}

/** What mail is refused for. */
export type PressureReason = 'queue' | 'disk' | 'store' | 'memory' | 'load';

export interface PressureRefusal extends Refusal {
  readonly reason: PressureReason;
}

export interface PressureLimits {
  readonly maxBytes: number;
  readonly minFreeDisk: number;
}

/** Bytes of messages being received beyond which new ones wait. */
const MOST_RECEIVING = 256 * 1024 * 1024;
const MOST_HEAP = 0.85;
const MOST_DELAY = 1000;
/** After a failed write, mail is refused for so long; then one message tries whether the store works again. */
const STORE_PAUSE = 1000;

/** Whether there is room for `size` more bytes, and if not, why. */
export function judgeRoom(
  reading: Pick<PressureReading, 'queueBytes' | 'freeDisk'>,
  limits: PressureLimits,
  size = 0,
): PressureRefusal | undefined {
  if (reading.queueBytes + size > limits.maxBytes) {
    return {
      reason: 'queue',
      code: 452,
      enhanced: '4.3.1',
      text: 'The queue of this relay is full, try again later',
    };
  }
  if (reading.freeDisk !== undefined && reading.freeDisk - size < limits.minFreeDisk) {
    return {
      reason: 'disk',
      code: 452,
      enhanced: '4.3.1',
      text: 'The disk of this relay is full, try again later',
    };
  }
  return undefined;
}

/**
 * Whether mail can be taken at this moment, and if not, why: 452 when there is no room, 451 when we are too busy. Each
 * sign passes by itself, so recovery needs nobody. `size` is what the client announced with SIZE=.
 */
export function judgePressure(
  reading: PressureReading,
  limits: PressureLimits,
  size = 0,
): PressureRefusal | undefined {
  const room = judgeRoom(reading, limits, size);
  if (room !== undefined) return room;
  if (reading.storeFailedAt !== undefined && reading.now - reading.storeFailedAt < STORE_PAUSE) {
    return {
      reason: 'store',
      code: 451,
      enhanced: '4.3.0',
      text: 'The store of this relay does not work, try again later',
    };
  }
  if (reading.heapUsed > MOST_HEAP || reading.receiving > MOST_RECEIVING) {
    return {
      reason: 'memory',
      code: 451,
      enhanced: '4.3.2',
      text: 'This relay is short of memory, try again later',
    };
  }
  if (reading.loopDelay > MOST_DELAY) {
    return {
      reason: 'load',
      code: 451,
      enhanced: '4.3.2',
      text: 'This relay is overloaded, try again later',
    };
  }
  return undefined;
}

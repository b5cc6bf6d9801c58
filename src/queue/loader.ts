import type { Clock, Timer } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { QueueMemory } from './memory.ts';
import type { MessageRecord } from './message.ts';
import type { QueueStorage } from './storage.ts';

/** How many messages are read at once. */
const PAGE = 200;
/** A lane is filled up again when fewer than this are left in memory. */
const LOW_WATER = 100;
/** The store is looked over for lanes with more in it every so often, milliseconds. */
const LOOK_OVER = 5000;

export interface Loader {
  /** Looks the whole store over: at start, after a takeover, when somebody else has changed messages. */
  lookOver(): Promise<void>;
  /** Whether this lane is known to have more in the store than in memory: newer mail queues up behind it there. */
  hasMore(lane: string): boolean;
  /** There is more of this lane in the store than in memory. */
  more(lane: string): void;
  /** A message of this lane comes due then (ms since 1970). */
  dueAt(lane: string, time: number): void;
  /** A message of this lane has left memory: time to fill up? */
  taken(lane: string): void;
  stop(): void;
}

/**
 * Brings messages from the store into memory: lane by lane, as there is room, when they are due. Knows which lanes have
 * more in the store; a look-over every few seconds finds what it does not know, so a forgotten hint delays and never loses.
 */
export function createLoader(deps: {
  storage: Pick<QueueStorage, 'due' | 'lanes'>;
  memory: QueueMemory;
  node: () => string;
  clock: Clock;
  log: Log;
  place: (record: MessageRecord) => void;
}): Loader {
  const { storage, memory, clock, log } = deps;
  /** Lanes with more in the store, and how often we have been told so: what is read may be older than the last word. */
  const withMore = new Map<string, number>();
  const filling = new Set<string>();
  const due = new Map<string, Timer & { at: number }>();
  let timer: Timer | undefined;
  let stopped = false;

  function hear(lane: string): void {
    withMore.set(lane, (withMore.get(lane) ?? 0) + 1);
  }

  /** Fills a lane up until it has enough, or the store has no more that is due. */
  async function fill(lane: string): Promise<void> {
    if (filling.has(lane)) return;
    filling.add(lane);
    try {
      while (!stopped && withMore.has(lane) && isLow(lane)) await fillOnce(lane);
    } catch (error) {
      log.warn({ err: error, lane }, 'The queue could not be read; it is tried again');
    } finally {
      filling.delete(lane);
    }
  }

  /** Few are left, and there is room for as many again: a lane with little room is not read for each single message. */
  function isLow(lane: string): boolean {
    const inLane = memory.inLane(lane);
    const room = memory.room(lane);
    return inLane < LOW_WATER && room > 0 && room >= Math.min(inLane, LOW_WATER / 4);
  }

  async function fillOnce(lane: string): Promise<void> {
    const limit = memory.inLane(lane) + Math.min(PAGE, memory.room(lane));
    const told = withMore.get(lane);
    const node = deps.node();
    const look = memory.look();
    try {
      const records = await storage.due(node, lane, clock.now(), limit);
      // Under another lease these may be somebody else's by now.
      if (node !== deps.node()) return;
      let noRoom = false;
      for (const record of records) {
        // Whoever bars a message says that there is more when done. One that was settled while we read must not be sent again.
        if (memory.has(record.id) || memory.isBarred(record.id) || look.changed.has(record.id)) continue;
        if (memory.room(lane) > 0) deps.place(record);
        else noRoom = true;
      }
      if (records.length < limit && !noRoom && withMore.get(lane) === told) withMore.delete(lane);
    } finally {
      look.end();
    }
  }

  async function lookOver(): Promise<void> {
    try {
      for (const { lane, count, nextAttemptAt } of await storage.lanes(deps.node())) {
        if (count <= memory.inLane(lane)) continue;
        if (nextAttemptAt > clock.now()) {
          dueAt(lane, nextAttemptAt);
          continue;
        }
        hear(lane);
        await fill(lane);
      }
    } catch (error) {
      log.warn({ err: error }, 'The queue could not be looked over; it is tried again');
    }
  }

  function schedule(): void {
    timer = clock.after(LOOK_OVER, () => {
      void lookOver().finally(() => {
        if (!stopped) schedule();
      });
    });
  }

  function dueAt(lane: string, time: number): void {
    const known = due.get(lane);
    if (stopped || (known !== undefined && known.at <= time)) return;
    known?.cancel();
    const { cancel } = clock.after(Math.max(0, time - clock.now()), () => {
      due.delete(lane);
      hear(lane);
      void fill(lane);
    });
    due.set(lane, { at: time, cancel });
  }

  schedule();
  return {
    lookOver,
    dueAt,
    hasMore: (lane) => withMore.has(lane),
    more(lane) {
      hear(lane);
      void fill(lane);
    },
    taken(lane) {
      if (withMore.has(lane)) void fill(lane);
    },
    stop() {
      stopped = true;
      timer?.cancel();
      for (const { cancel } of due.values()) cancel();
    },
  };
}

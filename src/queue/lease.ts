import type { Clock, Timer } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { QueueStorage } from './storage.ts';

/** How long a lease runs, how often it is renewed, and how much earlier than the database we take it for lost, ms. */
const LEASE = 15_000;
const RENEW_EVERY = 4000;
const SAFETY = 3000;
/** Messages of a dead node that are taken in one step. */
const TAKE_OVER = 1000;

export interface Lease {
  /** The id that messages are owned under; changes when a lost lease is replaced by a new one. */
  node(): string;
  /** Whether messages may be sent: the lease has not run out by our own clock. */
  isHeld(): boolean;
  /** How many nodes are alive, this one included. */
  liveNodes(): number;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What the queue does when the lease changes. */
export interface LeaseEvents {
  /** Others may own our messages by now: stop sending, forget what waits. */
  lost(): void;
  /** We own messages that we have not loaded: after a new lease, or a takeover. */
  gained(from: readonly string[]): void;
}

/**
 * The lease of a node that shares its database with others. A node owns what it accepts for as long as it renews; when
 * it stops, the others take its messages. All comparisons are made by the database's clock; a node that is held up
 * (stopped, swapped out, suspended) finds out by its own clocks, which run SAFETY ahead, before it sends again: `isHeld` is
 * asked before each attempt begins and once more right before the end of a message is sent.
 */
export function createLease(deps: {
  storage: Pick<QueueStorage, 'joinNode' | 'renewLease' | 'leaveNode' | 'nodes' | 'takeOver'>;
  newId: () => string;
  label: string;
  clock: Clock;
  log: Log;
  events: LeaseEvents;
}): Lease {
  const { storage, clock, log, events } = deps;
  let id = deps.newId();
  /** By the monotonic clock, which stands still while a machine is suspended, and by the wall clock, which can be set. */
  let heldUntil = Number.NEGATIVE_INFINITY;
  let heldUntilWall = Number.NEGATIVE_INFINITY;
  let live = 1;
  let timer: Timer | undefined;
  let beating = false;
  let taking = false;
  let stopped = false;

  const isHeld = () => clock.monotonic() < heldUntil && clock.now() < heldUntilWall;

  function held(asked: { readonly monotonic: number; readonly wall: number }): void {
    heldUntil = asked.monotonic + LEASE - SAFETY;
    heldUntilWall = asked.wall + LEASE - SAFETY;
  }

  const now = () => ({ monotonic: clock.monotonic(), wall: clock.now() });

  async function join(): Promise<void> {
    const asked = now();
    await storage.joinNode({ id, label: deps.label }, LEASE);
    held(asked);
  }

  async function beat(): Promise<void> {
    const asked = now();
    if (await storage.renewLease(id, LEASE)) {
      held(asked);
    } else {
      log.error(
        { node: id },
        'The lease of this node had run out; its mail may have been taken by another node',
      );
      // Before anything else: under the old id nothing may be sent any more, and nothing loaded.
      heldUntil = Number.NEGATIVE_INFINITY;
      id = deps.newId();
      events.lost();
      await join();
    }
    live = Math.max(1, (await storage.nodes()).length);
    // Not waited for: a takeover can take longer than the lease runs.
    void takeOver();
  }

  async function takeOver(): Promise<void> {
    if (taking) return;
    taking = true;
    try {
      for (let step = 0; step < 1000 && !stopped && isHeld(); step += 1) {
        const taken = await storage.takeOver(id, TAKE_OVER);
        if (taken.length === 0) return;
        const from = [...new Set(taken.map((lane) => lane.from))];
        const count = taken.reduce((sum, lane) => sum + lane.count, 0);
        log.warn({ node: id, from, messages: count }, 'Took over the mail of a node that is gone');
        events.gained(from);
        if (count < TAKE_OVER) return;
      }
    } catch (error) {
      log.warn({ err: error, node: id }, 'The mail of dead nodes could not be taken; it is tried again');
    } finally {
      taking = false;
    }
  }

  async function tryBeat(): Promise<void> {
    if (beating || stopped) return;
    beating = true;
    try {
      await beat();
    } catch (error) {
      log.warn({ err: error, node: id }, 'The lease could not be renewed');
      if (!isHeld()) events.lost();
    } finally {
      beating = false;
    }
  }

  function schedule(): void {
    if (stopped) return;
    timer = clock.after(RENEW_EVERY, () => void tryBeat().finally(schedule));
  }

  return {
    node: () => id,
    isHeld,
    liveNodes: () => live,
    async start() {
      await join();
      live = Math.max(1, (await storage.nodes()).length);
      schedule();
      // Not waited for: a large takeover must not hold up the start.
      void takeOver();
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      await storage.leaveNode(id);
    },
  };
}

/** The lease of a node that has its store for itself (SQLite, locked by its process): always held, the same id for ever. */
export function createSoleLease(): Lease {
  return {
    node: () => 'local',
    isHeld: () => true,
    liveNodes: () => 1,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}

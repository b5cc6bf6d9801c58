import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../shared/clock.ts';
import { errorText, RelayError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { JournalEntry } from './message.ts';
import type { AcceptOperation, CommitBatch, QueueStorage, SettleOperation } from './storage.ts';

/** How many operations one transaction takes at most, and how many bytes of bodies. */
const MOST_OPERATIONS = 1000;
const MOST_BYTES = 16 * 1024 * 1024;
/** Behind a transaction the next one waits so many milliseconds for company, unless it has so many operations already. */
const GATHER = 1;
const COMPANY = 12;
/** What the store refuses and must not be forgotten is tried again after so many milliseconds. */
const RETRY = 1000;
/** Notes that wait for a store that is out of order; beyond this the oldest go. */
const MOST_NOTES = 10_000;
/** Ids that a log line names. */
const MOST_NAMED = 20;

/** What is written together or not at all: a settle with the report on it, or one accept. */
interface Unit {
  readonly accepts: readonly AcceptOperation[];
  readonly settles: readonly SettleOperation[];
  readonly journal: readonly JournalEntry[];
  readonly bytes: number;
  resolve(lost: ReadonlySet<string>): void;
  reject(error: unknown): void;
}

export interface GroupCommit {
  /** Resolves when the message is on stable storage; rejects (nothing kept) when the store cannot keep it. */
  accept(operation: AcceptOperation): Promise<void>;
  /**
   * Resolves when the settle, and the reports that go with it, are on stable storage: true, or false when the message
   * belongs to another node by now. A store that is out of order is tried again for as long as it takes: what an upstream
   * has taken must not be forgotten.
   */
  settle(operation: SettleOperation, reports: readonly AcceptOperation[]): Promise<boolean>;
  /** Adds to the journal with the next commit; nobody waits for it. */
  note(entry: JournalEntry): void;
  /** Resolves when everything given so far is written, or given up after `close`. */
  drain(): Promise<void>;
  /** What waits for its next try is tried once more, and nothing after that. */
  close(): void;
}

/**
 * Group commit: everything that waits to be written while a transaction runs goes into the next one, with one sync for
 * all. An idle store starts at once; a busy one waits a millisecond for company, so that devices that send one message
 * for each connection share syncs too. (A file or a sync for each message costs ten times as much.)
 *
 * Why this order is safe: an accept is answered only after its transaction; a delivery slot is given back only after the
 * settle's transaction, so a crash leaves at most one unrecorded delivery for each slot.
 */
export function createGroupCommit(deps: { storage: QueueStorage; clock: Clock; log: Log }): GroupCommit {
  const { storage, clock, log } = deps;
  let waiting: Unit[] = [];
  let notes: JournalEntry[] = [];
  let running = false;
  let started = false;
  let closed = false;
  /** Settles that wait for their next try. */
  const parked = new Set<readonly Unit[]>();
  /** Notes wait for their next try. */
  let notesParked = false;
  const idle: (() => void)[] = [];

  function submit(unit: Unit): void {
    waiting.push(unit);
    start();
  }

  function start(): void {
    if (running || started) return;
    started = true;
    setImmediate(() => {
      started = false;
      void run();
    });
  }

  async function run(): Promise<void> {
    if (running) return;
    running = true;
    while (hasWork()) {
      const units = takeUnits();
      const journal = notes;
      notes = [];
      await write(units, journal);
      // Those who were just answered come back at once with more: together they cost one sync instead of several.
      if (waiting.length < COMPANY) await pause(GATHER);
    }
    running = false;
    if (parked.size === 0) for (const wake of idle.splice(0)) wake();
  }

  const hasWork = () => waiting.length > 0 || (notes.length > 0 && !notesParked);

  function takeUnits(): Unit[] {
    let bytes = 0;
    let count = 0;
    while (count < waiting.length && count < MOST_OPERATIONS && bytes < MOST_BYTES) {
      bytes += waiting[count]?.bytes ?? 0;
      count += 1;
    }
    if (count === waiting.length) {
      const all = waiting;
      waiting = [];
      return all;
    }
    return waiting.splice(0, count);
  }

  async function write(units: readonly Unit[], journal: readonly JournalEntry[]): Promise<void> {
    try {
      const { lost } = await storage.commit(toBatch(units, journal));
      const set = new Set(lost);
      for (const unit of units) unit.resolve(set);
    } catch (error) {
      log.error({ err: error, operations: units.length }, 'The store did not take a transaction');
      if (isStoreFault(error)) parkNotes(journal);
      await writeApart(await withoutKept(units, error), error);
    }
  }

  /**
   * A connection can break, or the store's thread die, behind a commit and before its answer. What is in the store all the
   * same is answered as kept: were it refused, its sender would send it a second time. Returns the others.
   */
  async function withoutKept(units: readonly Unit[], error: unknown): Promise<readonly Unit[]> {
    const accepts = units.flatMap((unit) => unit.accepts.slice(0, 1));
    if (accepts.length === 0 || (isStoreFault(error) && error.code === 'store-full')) return units;
    const kept = await keptOf(accepts);
    if (kept.size === 0) return units;
    return units.flatMap((unit) => {
      const [first] = unit.accepts;
      if (first === undefined || !kept.has(first.message.id)) return [unit];
      if (unit.settles.length === 0) {
        unit.resolve(new Set());
        return [];
      }
      // The reports are there, so the settle has been written with them. Whether it found its message is not known, and
      // writing it once more says it.
      return [{ ...unit, accepts: [], settles: unit.settles.map((settle) => ({ ...settle, journal: [] })) }];
    });
  }

  async function keptOf(accepts: readonly AcceptOperation[]): Promise<ReadonlySet<string>> {
    const wanted = new Map(accepts.map(({ message }) => [message.id, message]));
    try {
      const { messages } = await storage.list({ ids: [...wanted.keys()] }, wanted.size);
      const same = messages.filter(({ id, headerMessageId, acceptedAt }) => {
        const message = wanted.get(id);
        return message?.headerMessageId === headerMessageId && message.acceptedAt === acceptedAt;
      });
      return new Set(same.map(({ id }) => id));
    } catch {
      // A store that cannot be asked has, as far as we know, kept nothing.
      return new Set();
    }
  }

  function parkNotes(journal: readonly JournalEntry[]): void {
    if (closed || journal.length === 0) return;
    notes = [...journal, ...notes].slice(-MOST_NOTES);
    if (notesParked) return;
    notesParked = true;
    clock.after(RETRY, () => {
      notesParked = false;
      start();
    });
  }

  /** The transaction failed as a whole. Settles free space and must not be lost, accepts are answered 4xx: each goes its own way. */
  async function writeApart(units: readonly Unit[], error: unknown): Promise<void> {
    const accepts = units.filter((unit) => unit.settles.length === 0);
    const settles = units.filter((unit) => unit.settles.length > 0);
    if (isStoreFault(error)) {
      for (const unit of accepts) unit.reject(error);
    } else {
      for (const unit of accepts) await writeAlone(unit);
    }
    if (settles.length > 0) await writeSettles(settles);
  }

  async function writeAlone(unit: Unit): Promise<void> {
    try {
      const { lost } = await storage.commit(toBatch([unit], []));
      unit.resolve(new Set(lost));
    } catch (error) {
      unit.reject(error);
    }
  }

  async function writeSettles(units: readonly Unit[]): Promise<void> {
    try {
      const { lost } = await storage.commit(toBatch(units, []));
      const set = new Set(lost);
      for (const unit of units) unit.resolve(set);
    } catch (error) {
      const left = await withoutKept(units, error);
      if (left !== units) {
        await writeSettles(left);
      } else if (units.length > 1 && !isStoreFault(error)) {
        for (const unit of units) await writeSettles([unit]);
      } else if (closed) {
        log.error({ err: error, ...named(units) }, 'What became of messages could not be recorded');
        for (const unit of units) unit.reject(error);
      } else {
        log.error(
          { err: error, ...named(units) },
          'What became of messages could not be recorded; trying again',
        );
        retryLater(units);
      }
    }
  }

  function retryLater(units: readonly Unit[]): void {
    parked.add(units);
    clock.after(RETRY, () => retry(units));
  }

  function retry(units: readonly Unit[]): void {
    if (!parked.delete(units)) return;
    waiting.unshift(...units);
    start();
  }

  return {
    accept(operation) {
      return new Promise((resolve, reject) => {
        submit({
          accepts: [operation],
          settles: [],
          journal: [],
          bytes: bytesOf(operation),
          resolve: () => resolve(),
          reject,
        });
      });
    },
    settle(operation, reports) {
      return new Promise((resolve, reject) => {
        submit({
          accepts: reports,
          settles: [operation],
          journal: [],
          bytes: reports.reduce((sum, report) => sum + bytesOf(report), 0),
          resolve: (lost) => resolve(!lost.has(operation.id)),
          reject,
        });
      });
    },
    note(entry) {
      notes.push(entry);
      start();
    },
    drain() {
      return new Promise((resolve) => {
        if (!running && parked.size === 0 && !hasWork()) resolve();
        else idle.push(resolve);
      });
    },
    close() {
      closed = true;
      notesParked = false;
      for (const units of parked) retry(units);
      start();
    },
  };
}

function toBatch(units: readonly Unit[], journal: readonly JournalEntry[]): CommitBatch {
  return {
    accepts: units.flatMap((unit) => unit.accepts),
    settles: units.flatMap((unit) => unit.settles),
    journal,
  };
}

function bytesOf(operation: AcceptOperation): number {
  return operation.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
}

function named(units: readonly Unit[]): { operations: number; messages: readonly string[] } {
  const messages = units.flatMap(({ settles }) => settles.map(({ id }) => id)).slice(0, MOST_NAMED);
  return { operations: units.length, messages };
}

function isStoreFault(error: unknown): error is RelayError {
  return error instanceof RelayError && (error.code === 'store-full' || error.code === 'store-unavailable');
}

/** Makes a store error out of anything that is not one yet. */
export function asStoreError(error: unknown): RelayError {
  if (error instanceof RelayError) return error;
  return new RelayError('store-unavailable', `The store failed: ${errorText(error)}`, { cause: error });
}

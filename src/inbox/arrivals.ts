/**
 * Waiting for mail: for the integration tests of people, who send something and want to see it arrive. What this node accepts wakes
 * at once; mail of other nodes is looked for in the store once a second.
 */
import type { MessageRecord } from '../queue/message.ts';
import type { QueueOperations } from '../queue/operations.ts';
import type { MessageFilter } from '../queue/storage.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import { firstMessageIdAt } from '../shared/ids.ts';

/** What is waited for; texts are parts, without regard to case. */
export interface Awaited {
  readonly recipient?: string;
  readonly sender?: string;
  readonly subject?: string;
  /** Accepted at or after this, ms since 1970. */
  readonly since: number;
}

export interface Arrivals {
  /** The oldest message that matches; undefined when none has come in time, or the signal aborts. Throws `overloaded`. */
  wait(awaited: Awaited, timeout: number, signal: AbortSignal): Promise<MessageRecord | undefined>;
  /** A message has become durable at this node. */
  accepted(record: MessageRecord): void;
  /** Postern stops: nobody waits any more, and nobody may begin to. They get `stopping`. */
  end(): void;
}

const MOST_WAITERS = 100;
/** Between two looks into the store, ms. */
const PACE = 1_000;
/** The first look goes back to `since`; a later one only so far behind the last one, ms: receiving takes its time. */
const OVERLAP = 5 * 60_000;
/** Messages of one look: pages, and their size. */
const PAGES = 20;
const PAGE = 200;

interface Waiter {
  readonly awaited: Awaited;
  readonly found: (record: MessageRecord) => void;
  readonly refused: (error: RelayError) => void;
}

export function createArrivals({
  queue,
  clock,
}: {
  readonly queue: Pick<QueueOperations, 'list'>;
  readonly clock: Clock;
}): Arrivals {
  const waiters = new Set<Waiter>();
  let over = false;

  async function oldest(awaited: Awaited, from: number | undefined): Promise<MessageRecord | undefined> {
    const { since, ...parts } = awaited;
    const filter: MessageFilter = {
      ...parts,
      acceptedAfter: since,
      ...(from === undefined ? {} : { fromId: firstMessageIdAt(from) }),
    };
    let found: MessageRecord | undefined;
    let before: string | undefined;
    for (let pages = 0; pages < PAGES; pages += 1) {
      const page = await queue.list(filter, PAGE, before);
      found = page.messages.at(-1) ?? found;
      before = page.next;
      if (before === undefined) break;
    }
    return found;
  }

  return {
    async wait(awaited, timeout, signal) {
      if (over) throw stopping();
      if (waiters.size >= MOST_WAITERS) {
        throw new RelayError('overloaded', `${MOST_WAITERS} callers wait for mail already; try again later.`);
      }
      const { promise, resolve, reject } = Promise.withResolvers<MessageRecord | undefined>();
      const timers = new Set<Timer>();
      const later = (milliseconds: number, callback: () => void): void => {
        const timer = clock.after(milliseconds, () => {
          timers.delete(timer);
          callback();
        });
        timers.add(timer);
      };
      const waiter: Waiter = { awaited, found: resolve, refused: reject };
      const gone = (): void => resolve(undefined);
      let ended = false;

      const look = async (from: number | undefined): Promise<void> => {
        const begun = clock.now();
        const found = await oldest(awaited, from);
        if (found !== undefined) resolve(found);
        else if (!ended) later(PACE, () => void look(begun - OVERLAP).catch(reject));
      };

      // Known before the store is asked: what comes in between is not missed.
      waiters.add(waiter);
      signal.addEventListener('abort', gone, { once: true });
      if (signal.aborted) gone();
      try {
        const first = look(undefined);
        first.catch(reject);
        // What is there already is found even by a caller who does not want to wait.
        void first.then(() => later(timeout, gone)).catch(() => undefined);
        return await promise;
      } finally {
        ended = true;
        waiters.delete(waiter);
        signal.removeEventListener('abort', gone);
        for (const timer of timers) timer.cancel();
      }
    },
    accepted(record) {
      for (const waiter of waiters) if (isAwaited(record, waiter.awaited)) waiter.found(record);
    },
    end() {
      over = true;
      for (const waiter of waiters) waiter.refused(stopping());
    },
  };
}

function stopping(): RelayError {
  return new RelayError('stopping', 'Postern is stopping; wait again when it is back.');
}

function isAwaited(record: MessageRecord, { recipient, sender, subject, since }: Awaited): boolean {
  return (
    record.acceptedAt >= since &&
    hasPart(record.envelope.sender, sender) &&
    hasPart(record.subject, subject) &&
    record.recipients.some(({ address }) => hasPart(address, recipient))
  );
}

function hasPart(text: string, part: string | undefined): boolean {
  return part === undefined || text.toLowerCase().includes(part.toLowerCase());
}

/*
 * Remembers who was refused, for the administrator who wants to allow them. Counted in memory and handed to the storage
 * every few seconds, never while a client waits. Strangers decide what is kept here, so all of it is bounded: entries,
 * senders per address, and the length of every text.
 */
import type { Clock, Timer } from '../shared/clock.ts';
import { errorText } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { DeniedClient, DeniedStorage } from './denied.ts';

/** One refusal. */
export type Denial = Omit<DeniedClient, 'count' | 'firstSeen' | 'lastSeen'>;

export interface DeniedClients {
  note(denial: Denial): void;
  /** Hands over what is counted and stops; nothing is noted afterwards. */
  stop(): Promise<void>;
}

const FLUSH_EVERY = 5_000;
const MAX_ENTRIES = 1_000;
const MAX_SENDERS_PER_ADDRESS = 20;
const MAX_TEXT = 320;

/** Failures of the storage are logged and never thrown. */
export function createDeniedClients(storage: DeniedStorage, clock: Clock, log: Log): DeniedClients {
  let entries = new Map<string, DeniedClient>();
  let sendersOf = new Map<string, number>();
  let timer: Timer | undefined;
  let flushing: Promise<void> = Promise.resolve();
  let stopped = false;

  async function flush(): Promise<void> {
    const batch = [...entries.values()];
    entries = new Map();
    sendersOf = new Map();
    if (batch.length === 0) return;
    try {
      await storage.record(batch);
    } catch (error) {
      log.warn({ err: errorText(error), count: batch.length }, 'Refused clients could not be remembered');
    }
  }

  function schedule(): void {
    timer ??= clock.after(FLUSH_EVERY, () => {
      timer = undefined;
      flushing = flushing.then(flush);
    });
  }

  return {
    note(denial) {
      if (stopped) return;
      const now = clock.now();
      const key = `${denial.address}\n${denial.sender}`;
      const known = entries.get(key);
      if (known !== undefined) {
        entries.set(key, { ...known, ...bounded(denial), count: known.count + 1, lastSeen: now });
        return;
      }
      const senders = sendersOf.get(denial.address) ?? 0;
      if (entries.size >= MAX_ENTRIES || senders >= MAX_SENDERS_PER_ADDRESS) return;
      if (senders === 0) log.warn({ ...bounded(denial) }, 'A client was refused');
      sendersOf.set(denial.address, senders + 1);
      entries.set(key, { ...bounded(denial), count: 1, firstSeen: now, lastSeen: now });
      schedule();
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      await flushing.then(flush);
    },
  };
}

function bounded(denial: Denial): Denial {
  return {
    address: denial.address.slice(0, MAX_TEXT),
    greeting: denial.greeting.slice(0, MAX_TEXT),
    sender: denial.sender.slice(0, MAX_TEXT),
    recipient: denial.recipient.slice(0, MAX_TEXT),
    reason: denial.reason.slice(0, MAX_TEXT),
    client: denial.client.slice(0, MAX_TEXT),
    listener: denial.listener.slice(0, MAX_TEXT),
  };
}

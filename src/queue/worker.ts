import { LRUCache } from 'lru-cache';
import type { Unavailable } from '../delivery/outcome.ts';
import type { Attempt, Permit, UnsentMessage, Upstreams } from '../delivery/upstreams.ts';
import type { MessageBody } from '../message/envelope.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { memoryBody, storedBody } from './body.ts';
import type { GroupCommit } from './group-commit.ts';
import type { LaneEntry } from './lanes.ts';
import type { Lease } from './lease.ts';
import type { QueueMemory } from './memory.ts';
import type { MessageRecord } from './message.ts';
import { unfinishedRecipients } from './settle.ts';
import type { Settler } from './settler.ts';
import type { QueueStorage } from './storage.ts';

/** After an upstream turned out to be unavailable it is asked again at the earliest after so many milliseconds. */
const SHORTEST_WAIT = 250;
/** Without a lease nothing is sent; it is asked for again after so long, milliseconds. */
const LEASE_WAIT = 1000;

export interface Worker {
  /** Starts as many attempts for this upstream as it lets in. */
  pump(upstream: string): void;
  pumpAll(): void;
  /** Attempts under way. */
  active(): number;
  /** Starts nothing new and waits for what is under way, at most `deadline` milliseconds; then lets go of it. */
  stop(deadline: number): Promise<void>;
}

/**
 * Sends what waits: takes the next message of an upstream's lanes whenever circuit and governor give a permit, delivers
 * it and has the outcome settled. A permit is kept until the settle is on stable storage, so that a crash leaves at most
 * one message for each connection that was delivered and not recorded.
 */
export function createWorker(deps: {
  memory: QueueMemory;
  storage: Pick<QueueStorage, 'readChunk'>;
  upstreams: Upstreams;
  settler: Settler;
  commit: Pick<GroupCommit, 'note'>;
  lease: Lease;
  clock: Clock;
  log: Log;
}): Worker {
  const { memory, upstreams, settler, lease, clock, log } = deps;
  const timers = new Map<string, Timer & { readonly at: number }>();
  const abort = new AbortController();
  /** The last reason for waiting that the journal was told, by message id. */
  const told = new LRUCache<string, string>({ max: 10_000 });
  let active = 0;
  let stopping = false;
  let idle: (() => void) | undefined;

  function pump(upstream: string): void {
    while (!stopping) {
      const waiting = memory.peek(upstream);
      if (waiting === undefined) return;
      if (!lease.isHeld()) return wakeAfter(upstream, LEASE_WAIT);
      if (waiting.record.node !== lease.node()) {
        // Accepted or tried under a lease that has run out: whoever has taken it over sends it, perhaps we ourselves.
        memory.evict(waiting.record.id);
        continue;
      }
      const permit = upstreams.enter(upstream, unfinishedRecipients(waiting.record).length);
      if ('wait' in permit) {
        wakeAfter(upstream, permit.wait);
        if (permit.fits !== undefined) overtake(upstream, permit.fits);
        return;
      }
      const entry = memory.take(upstream);
      if (entry === undefined) {
        permit.release();
        return;
      }
      active += 1;
      void attempt(upstream, entry, permit);
    }
  }

  /** The first message has too many recipients for what is left of the day: one with fewer does not wait for it. */
  function overtake(upstream: string, most: number): void {
    const isFit = (record: MessageRecord): boolean =>
      record.node === lease.node() && unfinishedRecipients(record).length <= most;
    const entry = memory.takeThat(upstream, isFit);
    if (entry === undefined) return;
    const permit = upstreams.enter(upstream, unfinishedRecipients(entry.record).length);
    if ('wait' in permit) {
      memory.putBack(entry);
      return;
    }
    active += 1;
    void attempt(upstream, entry, permit);
    pump(upstream);
  }

  function wakeAfter(upstream: string, wait: number): void {
    if (!Number.isFinite(wait) || stopping) return;
    const at = clock.monotonic() + wait;
    const known = timers.get(upstream);
    if (known !== undefined && known.at <= at) return;
    known?.cancel();
    const { cancel } = clock.after(wait, () => {
      timers.delete(upstream);
      pump(upstream);
    });
    timers.set(upstream, { at, cancel });
  }

  async function attempt(upstream: string, entry: LaneEntry, permit: Permit): Promise<void> {
    let unavailable = false;
    try {
      const body = bodyOf(entry);
      const startedAt = clock.now();
      const result = await upstreams.deliver(
        permit,
        toUnsent(entry.record, body, lease.isHeld),
        unfinishedRecipients(entry.record),
        abort.signal,
      );
      unavailable = result.outcome.kind === 'unavailable';
      await conclude(entry, result, permit, body, startedAt);
    } catch (error) {
      log.error({ err: error, id: entry.record.id }, 'An attempt could not be concluded');
      unavailable = true;
      memory.putBack(entry);
    } finally {
      permit.release();
      active -= 1;
      if (active === 0) idle?.();
      if (unavailable) wakeAfter(upstream, SHORTEST_WAIT);
      else pump(upstream);
    }
  }

  async function conclude(
    entry: LaneEntry,
    result: Attempt,
    permit: Permit,
    body: MessageBody,
    startedAt: number,
  ): Promise<void> {
    const { outcome } = result;
    const fallback = result.fallbackFrom ?? permit.fallbackFrom;
    if (fallback !== undefined) {
      note(entry.record, {
        type: 'fallback',
        from: fallback.upstream,
        to: result.upstream,
        reason: fallback.reason,
      });
    }
    if (outcome.kind === 'unavailable') {
      tellWaiting(entry.record, result.upstream, outcome);
      memory.putBack(entry);
      return;
    }
    await settler.settle(entry.record, { ...result, outcome }, body, startedAt);
  }

  /** The journal hears of a reason once for each message that met it, not at every probe. */
  function tellWaiting(record: MessageRecord, upstream: string, outcome: Unavailable): void {
    const reason = `${upstream}\t${outcome.reason}\t${outcome.text}`;
    if (told.get(record.id) === reason) return;
    told.set(record.id, reason);
    note(record, {
      type: 'waiting',
      upstream,
      reason: outcome.reason,
      text: outcome.text,
      ...(outcome.reply === undefined ? {} : { reply: outcome.reply }),
      ...(outcome.remedy === undefined ? {} : { remedy: outcome.remedy }),
    });
  }

  function note(record: MessageRecord, event: Parameters<GroupCommit['note']>[0]['event']): void {
    deps.commit.note({ message: record.id, at: clock.now(), node: lease.node(), event });
  }

  function bodyOf(entry: LaneEntry): MessageBody {
    return entry.body === undefined ? storedBody(deps.storage, entry.record) : memoryBody(entry.body);
  }

  return {
    pump,
    pumpAll() {
      for (const upstream of memory.waitingUpstreams()) pump(upstream);
    },
    active: () => active,
    async stop(deadline) {
      stopping = true;
      for (const timer of timers.values()) timer.cancel();
      if (active === 0) return;
      const finished = new Promise<void>((resolve) => {
        idle = resolve;
      });
      const late = clock.after(deadline, () => abort.abort());
      // A transport lets go soon after the abort; if one does not, the stop must not hang on it.
      const given = clock.after(deadline + 2000, () => idle?.());
      await finished;
      late.cancel();
      given.cancel();
    },
  };
}

function toUnsent(record: MessageRecord, body: MessageBody, mayFinish: () => boolean): UnsentMessage {
  const { sender, eightBit, smtpUtf8, returnContent, envelopeId } = record.envelope;
  return {
    id: record.id,
    sender,
    body,
    eightBit,
    smtpUtf8,
    ...(returnContent === undefined ? {} : { returnContent }),
    ...(envelopeId === undefined ? {} : { envelopeId }),
    client: record.origin.client,
    own: record.kind !== 'mail',
    mayFinish,
  };
}

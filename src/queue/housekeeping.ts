import type { Upstreams } from '../delivery/upstreams.ts';
import type { SettingsSource } from '../settings/source.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import { firstMessageIdAt } from '../shared/ids.ts';
import type { Log } from '../shared/log.ts';
import type { Lease } from './lease.ts';
import type { QueueMemory } from './memory.ts';
import type { MessageRecord } from './message.ts';
import type { Settler } from './settler.ts';
import type { QueueStorage } from './storage.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Messages that are looked at in one round; the rest has its turn a minute later. */
const PAGE = 200;
const PURGE_STEP = 500;

export interface Housekeeping {
  /** One round: warnings, expiry, purge. Runs by itself every minute. */
  round(): Promise<void>;
  start(): void;
  stop(): void;
}

/**
 * What has to happen with time alone: delay warnings, giving up on mail whose server stays away, removing what is past
 * its keeping. A message behind a circuit that is open for a reason of ours (authentication, quota, configuration) is
 * never given up: its remedy is in our administrator's hands.
 */
export function createHousekeeping(deps: {
  storage: Pick<QueueStorage, 'aged' | 'purge' | 'sweepChunks'>;
  memory: QueueMemory;
  upstreams: Pick<Upstreams, 'status' | 'route'>;
  settler: Settler;
  settings: SettingsSource;
  lease: Pick<Lease, 'node' | 'isHeld'>;
  clock: Clock;
  log: Log;
}): Housekeeping {
  const { storage, memory, settler, settings, lease, clock, log } = deps;
  let timer: Timer | undefined;
  let stopped = false;
  let sweptAt: number | undefined;

  async function warn(): Promise<void> {
    const { warnAfter, expireAfter } = settings.current().queue;
    const late = await storage.aged(lease.node(), clock.now() - warnAfter, true, PAGE);
    for (const record of late) {
      if (!stopped && !memory.isSending(record.id))
        await settler.warn(record, record.acceptedAt + expireAfter);
    }
  }

  async function expire(): Promise<void> {
    const { expireAfter } = settings.current().queue;
    const unreachable = new Map(
      deps.upstreams
        .status()
        .filter(({ circuit, reason }) => circuit !== 'closed' && reason === 'unreachable')
        .map((upstream) => [upstream.name, upstream.text ?? 'the server could not be reached']),
    );
    if (unreachable.size === 0) return;
    for (const record of await storage.aged(lease.node(), clock.now() - expireAfter, false, PAGE)) {
      const upstream = deps.upstreams.route(subjectOf(record));
      const text = unreachable.get(upstream);
      if (stopped || text === undefined || !memory.evict(record.id)) continue;
      await settler.expire(record, upstream, text);
    }
  }

  async function purge(): Promise<void> {
    const { keepDelivered, keepBodies, keepHeld } = settings.current().queue;
    const now = clock.now();
    const limits = {
      finishedBefore: now - keepDelivered,
      bodiesBefore: now - keepBodies,
      heldBefore: now - keepHeld,
    };
    for (let step = 0; step < 100 && !stopped; step += 1) {
      if ((await storage.purge(limits, PURGE_STEP)) < PURGE_STEP) break;
    }
    if (sweptAt !== undefined && now - sweptAt < DAY) return;
    sweptAt = now;
    // A message takes at most a session to arrive; a day is far beyond that on every node.
    const swept = await storage.sweepChunks(firstMessageIdAt(now - DAY));
    if (swept > 0) log.info({ chunks: swept }, 'Removed pieces of messages that were never accepted');
  }

  async function round(): Promise<void> {
    if (!lease.isHeld()) return;
    for (const step of [warn, expire, purge]) {
      try {
        await step();
      } catch (error) {
        log.warn({ err: error, step: step.name }, 'Housekeeping of the queue failed; it is tried again');
      }
    }
  }

  function schedule(): void {
    timer = clock.after(MINUTE, () => {
      void round().finally(() => {
        if (!stopped) schedule();
      });
    });
  }

  return {
    round,
    start: schedule,
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}

function subjectOf(record: MessageRecord) {
  return {
    sender: record.envelope.sender,
    recipients: record.recipients.map(({ address }) => address),
    client: record.origin.client,
    listener: record.origin.listener,
    ...(record.upstream === undefined ? {} : { upstream: record.upstream }),
  };
}

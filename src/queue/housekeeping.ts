import type { Upstreams } from '../delivery/upstreams.ts';
import type { SettingsSource } from '../settings/source.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import { firstMessageIdAt } from '../shared/ids.ts';
import type { Log } from '../shared/log.ts';
import type { Lease } from './lease.ts';
import type { QueueMemory } from './memory.ts';
import type { MessageRecord } from './message.ts';
import type { Settler } from './settler.ts';
import type { AgedPlace, QueueStorage } from './storage.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** The wall clock was set when it differs from the monotonic one by this much more than before, milliseconds. */
const CLOCK_STEP = 10 * MINUTE;
/** Messages that are read at once, changed at once, and looked at in one round. */
const PAGE = 200;
const AT_ONCE = 25;
const MOST_LOOKED_AT = 20_000;
const PURGE_STEP = 500;

/** Where a walk through the queue goes on. */
interface Place {
  after?: AgedPlace | undefined;
}

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
  storage: Pick<QueueStorage, 'aged' | 'find' | 'purge' | 'sweepChunks'>;
  memory: QueueMemory;
  upstreams: Pick<Upstreams, 'status' | 'route'>;
  settler: Settler;
  settings: SettingsSource;
  lease: Pick<Lease, 'node' | 'isHeld'>;
  clock: Clock;
  log: Log;
  /** Something of this lane may have to be loaded. */
  more: (lane: string) => void;
}): Housekeeping {
  const { storage, memory, settler, settings, lease, clock, log } = deps;
  let timer: Timer | undefined;
  let stopped = false;
  let sweptAt: number | undefined;
  const warned: Place = {};
  const expired: Place = {};
  /** The difference between the two clocks, and since when (monotonic) it is the same. */
  let offset = clock.now() - clock.monotonic();
  let steadySince = Number.NEGATIVE_INFINITY;

  async function warn(): Promise<void> {
    const { warnAfter, expireAfter } = settings.current().queue;
    await forAged(warned, clock.now() - warnAfter, true, async (record) => {
      if (record.warnedAt === undefined) await settler.warn(record, record.acceptedAt + expireAfter);
    });
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
    const reached = (record: MessageRecord) => !unreachable.has(deps.upstreams.route(subjectOf(record)));
    await forAged(
      expired,
      clock.now() - expireAfter,
      false,
      async (record) => {
        const upstream = deps.upstreams.route(subjectOf(record));
        const text = unreachable.get(upstream);
        if (text !== undefined) await settler.expire(record, upstream, text);
      },
      reached,
    );
  }

  /**
   * Goes through the queued messages that are older than `before`, page by page, at most MOST_LOOKED_AT in one round: the
   * next one goes on from there, so that those which nothing can be done about do not hide the others.
   */
  async function forAged(
    place: Place,
    before: number,
    unwarnedOnly: boolean,
    act: (record: MessageRecord) => Promise<void>,
    skip: (record: MessageRecord) => boolean = () => false,
  ): Promise<void> {
    for (let looked = 0; looked < MOST_LOOKED_AT && !stopped; looked += PAGE) {
      const page = await storage.aged(lease.node(), before, unwarnedOnly, PAGE, place.after);
      place.after = page.length < PAGE ? undefined : page.at(-1);
      const wanted = page.filter((record) => !skip(record));
      for (let from = 0; from < wanted.length; from += AT_ONCE) {
        await Promise.all(wanted.slice(from, from + AT_ONCE).map((record) => change(record.id, act)));
      }
      for (const lane of new Set(wanted.map((record) => record.lane))) deps.more(lane);
      if (place.after === undefined) return;
    }
  }

  /**
   * Acts on a message as it is now, while nobody else can. What a page said is not enough: an attempt may have delivered it
   * meanwhile, and writing it back as it was would send it a second time.
   */
  async function change(id: string, act: (record: MessageRecord) => Promise<void>): Promise<void> {
    if (stopped || !memory.bar(id)) return;
    try {
      const record = await storage.find(id);
      if (record?.state === 'queued' && record.node === lease.node()) await act(record);
    } catch (error) {
      log.warn({ err: error, id }, 'A late message could not be dealt with; it is tried again');
    } finally {
      memory.unbar(id);
    }
  }

  async function purge(): Promise<void> {
    const { keepDelivered, keepBodies, keepFailed, keepHeld } = settings.current().queue;
    const now = clock.now();
    const limits = {
      finishedBefore: now - keepDelivered,
      bodiesBefore: now - keepBodies,
      failedBodiesBefore: now - Math.max(keepBodies, keepFailed),
      heldBefore: now - keepHeld,
    };
    for (let step = 0; step < 100 && !stopped; step += 1) {
      if ((await storage.purge(limits, PURGE_STEP)) < PURGE_STEP) break;
    }
    await sweep();
  }

  async function sweep(): Promise<void> {
    const [now, monotonic] = [clock.now(), clock.monotonic()];
    if (Math.abs(now - monotonic - offset) > CLOCK_STEP) steadySince = monotonic;
    offset = now - monotonic;
    // When the clock was set, the age of an id says nothing about a message that was begun before: it may be arriving still.
    if (monotonic - steadySince < DAY || (sweptAt !== undefined && monotonic - sweptAt < DAY)) return;
    sweptAt = monotonic;
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

import type { Upstreams } from '../delivery/upstreams.ts';
import type { SettingsSource } from '../settings/source.ts';
import type { Alerts } from '../shared/alerts.ts';
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Random } from '../shared/random.ts';
import type { AcceptedEnvelope, Accepting } from './accepting.ts';
import { BodyCache } from './body.ts';
import { createGroupCommit } from './group-commit.ts';
import { createHousekeeping } from './housekeeping.ts';
import { createIntaker } from './intaker.ts';
import type { Lease } from './lease.ts';
import { createLoader } from './loader.ts';
import { type MemoryBounds, QueueMemory } from './memory.ts';
import type { MessageRecord } from './message.ts';
import type { QueueOperations } from './operations.ts';
import { createPressureGauge } from './pressure-gauge.ts';
import type { Reporter } from './reports.ts';
import { type AttemptListener, createSettler } from './settler.ts';
import type { AcceptOperation, QueueStorage, StateCount } from './storage.ts';
import { createVerbs } from './verbs.ts';
import { createWorker } from './worker.ts';
import { ChunkWriter, type WrittenBody } from './writer.ts';

/** Bytes of small bodies kept in memory until they are delivered, and the largest of them. */
const CACHE_BUDGET = 48 * 1024 * 1024;
const CACHE_LARGEST = 64 * 1024;

export interface QueueDependencies {
  readonly storage: QueueStorage;
  readonly settings: SettingsSource;
  readonly upstreams: Upstreams;
  readonly reporter: Reporter;
  readonly lease: Lease;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly freeBytes: () => Promise<number | undefined>;
  readonly loopDelay: () => number;
  readonly alerts: Alerts;
  readonly onAttempt: AttemptListener;
  readonly onAccepted: (record: MessageRecord) => void;
  readonly bounds?: MemoryBounds;
}

/** The queue as app.ts joins it with its neighbours. */
export interface Queue extends Accepting {
  readonly operations: QueueOperations;
  start(): Promise<void>;
  /** Accepts nothing more, lets attempts under way finish within `deadline` milliseconds, writes what is left. */
  stop(deadline: number): Promise<void>;
  /** The lease was lost, or mail of another node was gained. */
  leaseLost(): void;
  leaseGained(): void;
  status(): QueueStatus;
}

export interface QueueStatus {
  /** Messages in memory and attempts under way. */
  readonly inMemory: number;
  readonly sending: number;
  /** Bytes of queued and held mail in the store. */
  readonly bytes: number;
  /** Unfinished messages by state, at most some seconds old. */
  readonly counts: readonly StateCount[];
}

/** Every accepted message that is not finished: keeps it, hands it out in fair order, records what became of it. */
export function createQueue(deps: QueueDependencies): Queue {
  const { storage, settings, upstreams, lease, clock, log } = deps;
  const cache = new BodyCache(CACHE_BUDGET, CACHE_LARGEST);
  const memory = new QueueMemory(cache, deps.bounds);
  const commit = createGroupCommit({ storage, clock, log });
  const pressure = createPressureGauge({
    storage,
    settings,
    clock,
    freeBytes: deps.freeBytes,
    loopDelay: deps.loopDelay,
    alerts: deps.alerts,
  });
  const loader = createLoader({
    storage,
    memory,
    node: lease.node,
    clock,
    log,
    place: load,
  });
  const intaker = createIntaker({ upstreams, newId: deps.newId, lease, clock, place });
  const settler = createSettler({
    memory,
    storage,
    commit,
    intaker,
    reporter: deps.reporter,
    settings,
    lease,
    clock,
    random: deps.random,
    log,
    dueAt: loader.dueAt,
    taken: loader.taken,
    onAttempt: deps.onAttempt,
    onFinished: (record) => pressure.queued(record.state === 'held' ? 0 : -record.size),
  });
  const worker = createWorker({ memory, storage, upstreams, settler, commit, lease, clock, log });
  const housekeeping = createHousekeeping({
    storage,
    memory,
    upstreams,
    settler,
    settings,
    lease,
    clock,
    log,
    more: loader.more,
  });
  const verbs = createVerbs({
    storage,
    memory,
    upstreams,
    lease,
    clock,
    more: loader.more,
    acceptance: intaker.acceptance,
    note: commit.note,
  });
  const stopWatching: (() => void)[] = [];
  let stopping = false;

  function routeOf(record: MessageRecord): string {
    return upstreams.route({
      sender: record.envelope.sender,
      recipients: record.recipients.map(({ address }) => address),
      client: record.origin.client,
      listener: record.origin.listener,
      ...(record.upstream === undefined ? {} : { upstream: record.upstream }),
    });
  }

  /** A message from the store comes into memory. */
  function load(record: MessageRecord): void {
    const upstream = routeOf(record);
    memory.add(record, upstream);
    worker.pump(upstream);
  }

  /** A message that has just become durable: into memory, unless its lane has older ones waiting in the store. */
  function place(record: MessageRecord, body: Buffer | undefined): void {
    pressure.queued(record.size);
    deps.onAccepted(record);
    // Under a lease that has run out meanwhile it is for whoever takes it over.
    if (record.node !== lease.node()) return;
    if (loader.hasMore(record.lane) || memory.room(record.lane) === 0) {
      loader.more(record.lane);
      return;
    }
    const upstream = routeOf(record);
    memory.add(record, upstream, body);
    worker.pump(upstream);
  }

  async function finish(id: string, body: WrittenBody, accepted: AcceptedEnvelope) {
    if (stopping) throw new RelayError('stopping', 'This relay is being stopped.');
    const record = intaker.toRecord(id, accepted, body.size, body.stored + body.rest.length);
    const operation: AcceptOperation = { message: record, chunks: body.rest, firstChunk: body.stored };
    try {
      await commit.accept(operation);
    } catch (error) {
      pressure.storeFailed();
      throw error;
    }
    try {
      intaker.accepted(operation);
    } catch (error) {
      // It is durable, so it is answered; a look-over of the store finds it.
      log.error({ err: error, id }, 'An accepted message could not be put into its lane');
    }
    return intaker.acceptance(record);
  }

  return {
    isTooLarge: (subject, size) => upstreams.refusesSize(subject, size),
    refusal: (size) => (stopping ? STOPPING : pressure.refusal(size)),
    begin() {
      const id = deps.newId();
      return new ChunkWriter(id, storage, (body, accepted) => finish(id, body, accepted), pressure);
    },
    operations: verbs,
    async start() {
      await lease.start();
      await pressure.start();
      stopWatching.push(
        settings.onChange(() => {
          memory.reroute(routeOf);
          worker.pumpAll();
        }),
        upstreams.onReady((upstream) => worker.pump(upstream)),
        storage.onWake(({ node, lane }) => {
          if (node === lease.node()) refresh(lane);
        }),
      );
      housekeeping.start();
      void loader.lookOver();
    },
    async stop(deadline) {
      stopping = true;
      housekeeping.stop();
      loader.stop();
      pressure.stop();
      for (const stop of stopWatching) stop();
      await worker.stop(deadline);
      commit.close();
      await commit.drain();
      await lease.stop();
    },
    leaseLost() {
      memory.clearWaiting();
    },
    leaseGained() {
      void loader.lookOver();
    },
    status: () => ({
      inMemory: memory.size,
      sending: worker.active(),
      bytes: pressure.queueBytes(),
      counts: pressure.counts(),
    }),
  };

  /** Another node has changed messages of this lane: what waits is read again. */
  function refresh(lane: string): void {
    memory.evictLane(lane);
    loader.more(lane);
  }
}

const STOPPING = {
  code: 451,
  enhanced: '4.3.2',
  text: 'This relay is being stopped, try again later',
} as const;

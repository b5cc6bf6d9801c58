import type { UpstreamStatus, Upstreams } from '../delivery/upstreams.ts';
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import type { Acceptance } from './accepting.ts';
import { storedBody } from './body.ts';
import { upstreamOf } from './lane-name.ts';
import type { Lease } from './lease.ts';
import type { QueueMemory } from './memory.ts';
import type { JournalEntry, JournalEvent, MessageRecord, MessageState } from './message.ts';
import type { QueueOperations, VerbResult } from './operations.ts';
import type { MessageFilter, QueueStorage, StateChange } from './storage.ts';

/** Messages that a verb changes in one transaction, and at most in all; a filter that matches more is worked off in several calls. */
const STEP = 200;
const MOST = 100_000;

type Verb = 'retry' | 'hold' | 'release' | 'delete';

const MAY_CHANGE: Readonly<Record<Verb, readonly MessageState[]>> = {
  retry: ['queued', 'failed'],
  hold: ['queued'],
  release: ['held'],
  delete: ['queued', 'held', 'failed'],
};

const REFUSED: Readonly<Record<MessageState, string>> = {
  queued: 'it is in the queue and not held',
  held: 'it is held; release sends it',
  delivered: 'it has been delivered',
  failed: 'it has failed',
  deleted: 'it has been deleted',
};

const CONTENT_GONE = 'it has failed, and its content is not kept any more';

function whyNot(verb: Verb, state: MessageState): string {
  return verb === 'hold' && state === 'held' ? 'it is held already' : REFUSED[state];
}

/** The verbs of operators. A message that is being sent at the moment is left alone, and the answer says so. */
export function createVerbs(deps: {
  storage: QueueStorage;
  memory: QueueMemory;
  upstreams: Upstreams;
  lease: Lease;
  clock: Clock;
  /** Something of this lane has become due. */
  more: (lane: string) => void;
  note: (entry: JournalEntry) => void;
  /** What the sender of a message was told. */
  acceptance: (record: MessageRecord) => Acceptance;
}): QueueOperations {
  const { storage, memory, upstreams, clock, lease } = deps;

  async function apply(
    verb: Verb,
    filter: MessageFilter,
    change: (records: readonly MessageRecord[]) => Promise<readonly string[]>,
  ): Promise<VerbResult> {
    // An id is looked up in whatever state it is, so that the answer can say why it was left alone.
    const wanted: MessageFilter =
      filter.ids === undefined && filter.states === undefined
        ? { ...filter, states: MAY_CHANGE[verb] }
        : filter;
    const changed: string[] = [];
    const unchanged: { id: string; reason: string }[] = [];
    const seen = new Set<string>();
    let before: string | undefined;
    for (let steps = 0; steps < MOST / STEP; steps += 1) {
      const page = await storage.list(wanted, STEP, before);
      for (const { id } of page.messages) seen.add(id);
      const done = await changeStep(page.messages, verb, change, unchanged);
      changed.push(...done);
      before = page.next;
      if (before === undefined) break;
    }
    for (const id of filter.ids ?? []) {
      if (!seen.has(id)) unchanged.push({ id, reason: 'there is no such message' });
    }
    return { changed, unchanged };
  }

  async function changeStep(
    records: readonly MessageRecord[],
    verb: Verb,
    change: (records: readonly MessageRecord[]) => Promise<readonly string[]>,
    unchanged: { id: string; reason: string }[],
  ): Promise<readonly string[]> {
    const candidates: MessageRecord[] = [];
    for (const record of records) {
      if (!MAY_CHANGE[verb].includes(record.state))
        unchanged.push({ id: record.id, reason: whyNot(verb, record.state) });
      else if (record.state === 'failed' && verb === 'retry' && record.chunks === 0)
        unchanged.push({ id: record.id, reason: CONTENT_GONE });
      else if (!memory.bar(record.id))
        unchanged.push({ id: record.id, reason: 'it is being sent at this moment' });
      else candidates.push(record);
    }
    try {
      const done = new Set(await change(candidates));
      for (const { id } of candidates) {
        if (!done.has(id)) unchanged.push({ id, reason: 'it has changed meanwhile; look again' });
      }
      return [...done];
    } finally {
      for (const { id } of candidates) memory.unbar(id);
      for (const lane of new Set(candidates.map((record) => record.lane))) deps.more(lane);
    }
  }

  async function changeState(
    records: readonly MessageRecord[],
    change: Pick<StateChange, 'from' | 'to' | 'event' | 'by'> & Partial<StateChange>,
  ): Promise<readonly string[]> {
    if (records.length === 0) return [];
    const changed = await storage.changeState({
      ids: records.map(({ id }) => id),
      at: clock.now(),
      ...change,
    });
    return changed.map(({ id }) => id);
  }

  /** The upstream that a message goes to: `upstream` where given, else what an operator chose before, else by the routes. */
  function targetOf(record: MessageRecord, upstream = record.upstream): string {
    return upstreams.route({
      sender: record.envelope.sender,
      recipients: record.recipients.map(({ address }) => address),
      client: record.origin.client,
      listener: record.origin.listener,
      ...(upstream === undefined ? {} : { upstream }),
    });
  }

  function refuseHoldingAgain(record: MessageRecord, upstream: string | undefined): void {
    const target = targetOf(record, upstream);
    if (upstreams.kindOf(target) !== 'test-relay') return;
    const known = upstreams.status().filter(({ kind }) => kind !== 'test-relay');
    throw new RelayError('bad-request', `The test relay would only hold ${record.id} again.`, {
      hint:
        known.length === 0
          ? 'Add an upstream to the settings first.'
          : `Name an upstream to send it to: ${known.map(({ name }) => name).join(', ')}.`,
    });
  }

  function requireUpstream(name: string | undefined): void {
    if (name === undefined || upstreams.status().some((upstream) => upstream.name === name)) return;
    throw new RelayError('bad-request', `There is no upstream named ${name}.`, {
      hint: `Known are: ${upstreams
        .status()
        .map((upstream) => upstream.name)
        .join(', ')}.`,
    });
  }

  /** Somebody who asks for mail to be sent now has mostly just mended what was in its way. */
  function probe(targets: ReadonlySet<string>): void {
    for (const target of targets) upstreams.probeNow(target);
  }

  function obstacle(message: MessageRecord): UpstreamStatus | undefined {
    if (message.state !== 'queued') return undefined;
    const target = targetOf(message);
    return upstreams.status().find(({ name, circuit }) => name === target && circuit !== 'closed');
  }

  /** The store does not know what the device was told; we do. */
  async function withOwnWords(message: MessageRecord): Promise<JournalEntry[]> {
    const entries = await storage.journal(message.id);
    return entries.map((entry) =>
      entry.event.type === 'accepted'
        ? { ...entry, event: { type: 'accepted', reply: deps.acceptance(message).text } }
        : entry,
    );
  }

  return {
    list: (filter, limit, before, within) => storage.list(filter, limit, before, within),
    counts: () => storage.counts(),
    note: (id, event) => deps.note({ message: id, at: clock.now(), node: lease.node(), event }),
    async waiting() {
      const messages = new Map<string, number>();
      for (const { lane, count } of await storage.lanes(lease.node())) {
        const upstream = upstreamOf(lane);
        messages.set(upstream, (messages.get(upstream) ?? 0) + count);
      }
      return [...messages].map(([upstream, count]) => {
        const forecast = upstreams.forecast(upstream, count);
        return {
          upstream,
          messages: count,
          ...(forecast && { lastLeavesAt: clock.now() + forecast.wait, limitedBy: forecast.limitedBy }),
        };
      });
    },
    async show(id) {
      const message = await storage.find(id);
      if (message === undefined) {
        throw new RelayError('not-found', `There is no message ${id}.`, {
          hint: 'Finished messages are kept for queue.keepDelivered of the settings.',
        });
      }
      const waitingFor = obstacle(message);
      const journal = await withOwnWords(message);
      return { message, journal, ...(waitingFor === undefined ? {} : { waitingFor }) };
    },
    async body(id) {
      const message = await storage.find(id);
      if (message === undefined) throw new RelayError('not-found', `There is no message ${id}.`);
      return message.chunks === 0 ? undefined : storedBody(storage, message);
    },
    async retry(filter, by) {
      const targets = new Set<string>();
      const result = await apply('retry', filter, async (records) => {
        for (const record of records) targets.add(targetOf(record));
        const event: JournalEvent = { type: 'retried', by };
        const queued = records.filter(({ state }) => state === 'queued');
        const failed = records.filter(({ state, chunks }) => state === 'failed' && chunks > 0);
        const now = { to: 'queued', nextAttemptAt: clock.now(), event, by } as const;
        return [
          ...(await changeState(queued, { from: ['queued'], ...now })),
          ...(await changeState(failed, { from: ['failed'], node: lease.node(), ...now })),
        ];
      });
      probe(targets);
      return result;
    },
    hold: (filter, by) =>
      apply('hold', filter, (records) =>
        changeState(records, { from: ['queued'], to: 'held', event: { type: 'held', by }, by }),
      ),
    async release(filter, by, upstream) {
      requireUpstream(upstream);
      const targets = new Set<string>();
      const result = await apply('release', filter, (records) => {
        for (const record of records) {
          refuseHoldingAgain(record, upstream);
          targets.add(targetOf(record, upstream));
        }
        return changeState(records, {
          from: ['held'],
          to: 'queued',
          node: lease.node(),
          nextAttemptAt: clock.now(),
          ...(upstream === undefined ? {} : { upstream }),
          event: { type: 'released', by, ...(upstream === undefined ? {} : { upstream }) },
          by,
        });
      });
      probe(targets);
      return result;
    },
    delete: (filter, by) =>
      apply('delete', filter, (records) =>
        changeState(records, {
          from: MAY_CHANGE.delete,
          to: 'deleted',
          finishedAt: clock.now(),
          dropBody: true,
          event: { type: 'deleted', by },
          by,
        }),
      ),
  };
}

import type { BodyCache } from './body.ts';
import { type LaneEntry, Lanes } from './lanes.ts';
import type { MessageRecord } from './message.ts';

/**
 * Messages in memory: of one stored lane, in all, and what a lane may have even when memory is full. A message with many
 * recipients counts for several, one for each RECIPIENTS_PER_PLACE of them, as it takes as much memory.
 */
export interface MemoryBounds {
  readonly perLane: number;
  readonly total: number;
  readonly reserved: number;
}

export const DEFAULT_BOUNDS: MemoryBounds = { perLane: 1000, total: 20_000, reserved: 50 };

const RECIPIENTS_PER_PLACE = 10;

/** Messages of a lane that are looked at for one that fits. */
const MOST_LOOKED_AT = 100;

interface Known {
  readonly entry: LaneEntry;
  /** What it counts in the bounds. */
  readonly places: number;
  upstream: string;
  sending: boolean;
}

/**
 * The part of the queue that is in memory: which messages wait in which upstream's lanes, and which are being sent.
 * Everything here is in the store as well; what does not fit stays there until its lane has room. No id is in here
 * twice, which is what keeps a message from being sent twice at once.
 */
export class QueueMemory {
  readonly #bounds: MemoryBounds;
  readonly #cache: BodyCache;
  readonly #upstreams = new Map<string, Lanes>();
  readonly #known = new Map<string, Known>();
  /** Messages in memory by the lane that the store knows them under. */
  readonly #lanes = new Map<string, { readonly messages: number; readonly places: number }>();
  #places = 0;
  /** Messages that somebody other than the worker is changing, and how many do. */
  readonly #barred = new Map<string, number>();
  /** For each look into the store that is under way: what has left memory or changed meanwhile. */
  readonly #looks = new Set<Set<string>>();

  constructor(cache: BodyCache, bounds: MemoryBounds = DEFAULT_BOUNDS) {
    this.#cache = cache;
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#known.size;
  }

  has(id: string): boolean {
    return this.#known.has(id);
  }

  isSending(id: string): boolean {
    return this.#known.get(id)?.sending ?? false;
  }

  /** How many messages of a stored lane are in memory. */
  inLane(lane: string): number {
    return this.#lanes.get(lane)?.messages ?? 0;
  }

  /** How many more messages of a stored lane may come into memory. */
  room(lane: string): number {
    const inLane = this.#lanes.get(lane)?.places ?? 0;
    const ownRoom = this.#bounds.perLane - inLane;
    const allRoom = Math.max(this.#bounds.total - this.#places, this.#bounds.reserved - inLane);
    return Math.max(0, Math.min(ownRoom, allRoom));
  }

  add(record: MessageRecord, upstream: string, body?: Buffer): void {
    if (this.#known.has(record.id) || this.#barred.has(record.id)) return;
    const kept = body !== undefined && this.#cache.take(body.length) ? body : undefined;
    const entry: LaneEntry = { record, body: kept };
    const places = Math.ceil(record.recipients.length / RECIPIENTS_PER_PLACE) || 1;
    this.#known.set(record.id, { entry, places, upstream, sending: false });
    this.#count(record.lane, 1, places);
    this.#lanesOf(upstream).push(entry);
  }

  /** Upstreams with something waiting. */
  waitingUpstreams(): string[] {
    return [...this.#upstreams].filter(([, lanes]) => lanes.size > 0).map(([upstream]) => upstream);
  }

  waiting(upstream: string): number {
    return this.#upstreams.get(upstream)?.size ?? 0;
  }

  peek(upstream: string): LaneEntry | undefined {
    return this.#upstreams.get(upstream)?.peek();
  }

  /** The next message of an upstream, from now on being sent. */
  take(upstream: string): LaneEntry | undefined {
    const entry = this.#upstreams.get(upstream)?.next();
    const known = entry && this.#known.get(entry.record.id);
    if (known) known.sending = true;
    return entry;
  }

  /** The first of the waiting messages that fits, from now on being sent; others that come first stay where they are. */
  takeThat(upstream: string, fits: (record: MessageRecord) => boolean): LaneEntry | undefined {
    const entry = this.#upstreams.get(upstream)?.nextThat(({ record }) => fits(record), MOST_LOOKED_AT);
    const known = entry && this.#known.get(entry.record.id);
    if (known) known.sending = true;
    return entry;
  }

  /** It could not be tried: it stays first in its lane. */
  putBack(entry: LaneEntry): void {
    const known = this.#known.get(entry.record.id);
    if (known === undefined) return;
    known.sending = false;
    this.#lanesOf(known.upstream).unshift(entry);
  }

  /** Takes out a message that is finished or waits for a later time. */
  forget(id: string): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    this.#known.delete(id);
    this.#changed(id);
    const { entry } = known;
    this.#count(entry.record.lane, -1, -known.places);
    if (entry.body !== undefined) this.#cache.release(entry.body.length);
    entry.body = undefined;
  }

  /** Takes out a waiting message for an operator; false when it is being sent at this moment. */
  evict(id: string): boolean {
    const known = this.#known.get(id);
    if (known === undefined) return true;
    if (known.sending) return false;
    this.#lanesOf(known.upstream).remove(known.entry.record.origin.client, id);
    this.forget(id);
    return true;
  }

  /**
   * Takes a waiting message out and keeps it out until `unbar`, for somebody who is about to change it in the store;
   * false when it is being sent at this moment. Several may bar the same message.
   */
  bar(id: string): boolean {
    if (!this.evict(id)) return false;
    this.#barred.set(id, (this.#barred.get(id) ?? 0) + 1);
    return true;
  }

  unbar(id: string): void {
    const left = (this.#barred.get(id) ?? 0) - 1;
    if (left > 0) this.#barred.set(id, left);
    else this.#barred.delete(id);
    this.#changed(id);
  }

  isBarred(id: string): boolean {
    return this.#barred.has(id);
  }

  /**
   * Begins a look into the store; `changed` collects the ids whose rows may be older than what has happened since, because
   * an answer of a database can arrive behind that of a later transaction. `end` has to follow.
   */
  look(): { readonly changed: ReadonlySet<string>; end(): void } {
    const changed = new Set<string>();
    this.#looks.add(changed);
    return { changed, end: () => this.#looks.delete(changed) };
  }

  #changed(id: string): void {
    for (const look of this.#looks) look.add(id);
  }

  /** Takes out every waiting message of a stored lane. */
  evictLane(lane: string): void {
    const ids = [...this.#known].filter(([, known]) => known.entry.record.lane === lane && !known.sending);
    for (const [id] of ids) this.evict(id);
  }

  /** Puts every waiting message where it belongs by the routes of now; messages being sent stay. */
  reroute(route: (record: MessageRecord) => string): void {
    const waiting = [...this.#upstreams.values()].flatMap((lanes) => [...lanes.entries()]);
    this.#upstreams.clear();
    for (const entry of waiting) {
      const known = this.#known.get(entry.record.id);
      if (known === undefined) continue;
      known.upstream = route(entry.record);
      this.#lanesOf(known.upstream).push(entry);
    }
  }

  /** Forgets everything that is not being sent: another node may own it by now. */
  clearWaiting(): void {
    this.#upstreams.clear();
    for (const [id, known] of this.#known) {
      if (!known.sending) this.forget(id);
    }
  }

  #count(lane: string, messages: number, places: number): void {
    const before = this.#lanes.get(lane);
    const after = {
      messages: (before?.messages ?? 0) + messages,
      places: (before?.places ?? 0) + places,
    };
    this.#places += places;
    if (after.messages > 0) this.#lanes.set(lane, after);
    else this.#lanes.delete(lane);
  }

  #lanesOf(upstream: string): Lanes {
    let lanes = this.#upstreams.get(upstream);
    if (lanes === undefined) {
      lanes = new Lanes();
      this.#upstreams.set(upstream, lanes);
    }
    return lanes;
  }
}

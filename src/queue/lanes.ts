import type { MessageRecord } from './message.ts';

/** A message in memory, waiting for its turn. */
export interface LaneEntry {
  record: MessageRecord;
  /** The whole body, where it is small and memory allows; otherwise it is read from the store. */
  body?: Buffer | undefined;
}

/**
 * The messages of one upstream that are in memory, a lane for each client. `next` serves the lanes in turn, so a client
 * with ten thousand messages and a client with one wait equally long for theirs. Order within a lane is first in, first
 * out. Every operation takes constant time, but for `remove`, which is linear in its lane and used by operators only.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  /** Clients with something waiting, in the order of their turn. */
  readonly #turn: Lane[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(entry: LaneEntry): void {
    const lane = this.#lane(entry.record.origin.client);
    lane.entries.push(entry);
    this.#added(lane);
  }

  /** Puts back what was taken and not tried: it stays first in its lane. */
  unshift(entry: LaneEntry): void {
    const lane = this.#lane(entry.record.origin.client);
    if (lane.first > 0) {
      lane.first -= 1;
      lane.entries[lane.first] = entry;
    } else {
      lane.entries.unshift(entry);
    }
    this.#added(lane);
  }

  /** What `next` would give. */
  peek(): LaneEntry | undefined {
    const lane = this.#turn[0];
    return lane?.entries[lane.first];
  }

  next(): LaneEntry | undefined {
    const lane = this.#turn.shift();
    const entry = lane?.entries[lane.first];
    if (lane === undefined || entry === undefined) return undefined;
    lane.first += 1;
    this.#size -= 1;
    this.#compact(lane);
    if (lane.entries.length > lane.first) this.#turn.push(lane);
    else this.#drop(lane);
    return entry;
  }

  /** Takes the first message that fits, lane by lane in the order of their turn; looks at so many of each lane. */
  nextThat(fits: (entry: LaneEntry) => boolean, most: number): LaneEntry | undefined {
    for (const lane of this.#turn) {
      const end = Math.min(lane.entries.length, lane.first + most);
      for (let index = lane.first; index < end; index += 1) {
        const entry = lane.entries[index];
        if (entry !== undefined && fits(entry)) return this.remove(lane.client, entry.record.id);
      }
    }
    return undefined;
  }

  remove(client: string, id: string): LaneEntry | undefined {
    const lane = this.#lanes.get(client);
    const index = lane?.entries.findIndex((entry) => entry?.record.id === id) ?? -1;
    if (lane === undefined || index < 0) return undefined;
    const [entry] = lane.entries.splice(index, 1);
    this.#size -= 1;
    if (lane.entries.length === lane.first) {
      this.#turn.splice(this.#turn.indexOf(lane), 1);
      this.#drop(lane);
    }
    return entry;
  }

  *entries(): IterableIterator<LaneEntry> {
    for (const lane of this.#lanes.values()) {
      for (const entry of lane.entries) if (entry !== undefined) yield entry;
    }
  }

  #lane(client: string): Lane {
    let lane = this.#lanes.get(client);
    if (lane === undefined) {
      lane = { client, entries: [], first: 0 };
      this.#lanes.set(client, lane);
    }
    return lane;
  }

  #added(lane: Lane): void {
    this.#size += 1;
    if (lane.entries.length - lane.first === 1) this.#turn.push(lane);
  }

  /** Lets go of served entries now and then rather than shifting the array for each. */
  #compact(lane: Lane): void {
    if (lane.first < 256 || lane.first * 2 < lane.entries.length) {
      // The served entry must not keep its body alive.
      lane.entries[lane.first - 1] = undefined;
      return;
    }
    lane.entries.splice(0, lane.first);
    lane.first = 0;
  }

  #drop(lane: Lane): void {
    this.#lanes.delete(lane.client);
  }
}

interface Lane {
  readonly client: string;
  readonly entries: (LaneEntry | undefined)[];
  /** Index of the first entry that has not been served. */
  first: number;
}

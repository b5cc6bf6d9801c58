import { sql } from 'kysely';
import type { MessageRecord } from '../queue/message.ts';
import type { MessageFilter, QueueStorage } from '../queue/storage.ts';
import type { Clock } from '../shared/clock.ts';
import { firstMessageIdAt } from '../shared/ids.ts';
import type { Engine } from './engine.ts';
import { plainText } from './plain-text.ts';
import { matchesFilter, matchingMessages } from './queue-filter.ts';
import { messageOf } from './rows.ts';

/** Messages that one query looks at; small enough that accepting mail does not wait noticeably behind it. */
const WINDOW = 5_000;

/** Messages that one call looks at; a page that ends here is short, and says where to read on. */
const MOST_SCANNED = 200_000;

/**
 * Longest time between the making of an id, when content begins, and the acceptance, in ms; and then some for the clocks of
 * several nodes.
 */
const LONGEST_RECEIVING = 24 * 3_600_000;

/** Above the first character of every id. */
const BEYOND_ALL_IDS = '~';

/** A stretch of messages that the next query is confined to. */
interface Window {
  /** Only these, where an index named them. */
  readonly ids?: readonly string[];
  /** The oldest id in it; absent when it reaches to the oldest message of all. */
  readonly floor?: string;
}

/**
 * Lists newest first. A search by parts of texts goes through the messages in windows, so that it never holds the store
 * for long; after MOST_SCANNED messages, or when its time is over, it returns what it has, perhaps nothing, with `next` to go on from.
 */
export function createQueueListing(engine: Engine, clock: Clock): Pick<QueueStorage, 'list'> {
  return {
    async list(filter, limit, before, within = Number.POSITIVE_INFINITY) {
      const until = clock.monotonic() + within;
      const lowest = lowestId(filter);
      const messages: MessageRecord[] = [];
      if (limit <= 0 || matchesNothing(filter)) return { messages };
      let cursor = start(filter, before);
      for (let scanned = 0; scanned < MOST_SCANNED; scanned += WINDOW) {
        const window = await nextWindow(engine, filter, cursor, limit);
        let exhausted = false;
        while (!exhausted) {
          const wanted = limit + 1 - messages.length;
          const rows = await matchingMessages(engine, filter, {
            ...window,
            ...(lowest > (window.floor ?? '') ? { floor: lowest } : {}),
            before: cursor,
            limit: wanted,
          }).execute();
          for (const message of rows.map(messageOf)) {
            if (matchesFilter(message, filter)) messages.push(message);
            if (messages.length > limit)
              return { messages: messages.slice(0, limit), next: messages[limit - 1]?.id ?? '' };
            cursor = message.id;
          }
          exhausted = rows.length < wanted;
        }
        if (window.floor === undefined || window.floor <= lowest) return { messages };
        cursor = window.floor;
        if (clock.monotonic() >= until) break;
      }
      return { messages, next: cursor };
    },
  };
}

/** Nothing is stored with characters that the databases do not take, so nothing has to be asked about them either. */
function matchesNothing(filter: MessageFilter): boolean {
  if (filter.ids?.length === 0 || filter.states?.length === 0) return true;
  return Object.values(filter).some((value) => typeof value === 'string' && value !== plainText(value));
}

/** An id is never younger than the acceptance, so nothing accepted before a time has an id from behind it. */
function start(filter: MessageFilter, before: string | undefined): string {
  const latest =
    filter.acceptedBefore === undefined ? BEYOND_ALL_IDS : firstMessageIdAt(filter.acceptedBefore);
  return before !== undefined && before < latest ? before : latest;
}

/** Nothing that matches has a smaller id; empty where that cannot be told. */
function lowestId({ acceptedAfter, fromId = '' }: MessageFilter): string {
  if (acceptedAfter === undefined) return fromId;
  const earliest = firstMessageIdAt(acceptedAfter - LONGEST_RECEIVING);
  return earliest > fromId ? earliest : fromId;
}

async function nextWindow(
  engine: Engine,
  filter: MessageFilter,
  before: string,
  limit: number,
): Promise<Window> {
  const { ids, states, fromId: _from, ...others } = filter;
  const narrow = Object.values(others).every((value) => value === undefined);
  if (ids !== undefined) return { ids };
  if (states?.every((state) => state === 'queued' || state === 'held') === true) {
    return openWindow(engine, states, before, narrow ? limit + 1 : WINDOW);
  }
  if (states === undefined && narrow) return {};
  const floor = await engine.db
    .selectFrom('messages')
    .select('id')
    .where('id', '<', before)
    .orderBy('id', 'desc')
    .offset(WINDOW - 1)
    .limit(1)
    .executeTakeFirst();
  return floor === undefined ? {} : { floor: floor.id };
}

/** Unfinished messages from their partial indexes: however many finished ones there are, they are not looked at. */
async function openWindow(
  engine: Engine,
  states: readonly string[],
  before: string,
  size: number,
): Promise<Window> {
  // As an expression the id cannot be taken from the primary key, which would mean reading every message.
  const id = sql<string>`id || ''`;
  const found: string[] = [];
  for (const state of new Set(states)) {
    const rows = await engine.db
      .selectFrom('messages')
      .select('id')
      .where('state', '=', state === 'held' ? sql.lit('held') : sql.lit('queued'))
      .where(id, '<', before)
      .orderBy(id, 'desc')
      .limit(size)
      .execute();
    found.push(...rows.map((row) => row.id));
  }
  const ids = found.toSorted((a, b) => (a < b ? 1 : -1)).slice(0, size);
  const floor = ids.length === size ? ids.at(-1) : undefined;
  return floor === undefined ? { ids } : { ids, floor };
}

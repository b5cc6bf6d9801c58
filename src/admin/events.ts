/*
 * Word of changes, for pages that are open: which rooms to look at again, never what is in them. A subscriber hears of each
 * topic at most once in half a second, however often it changes, so nothing piles up for one that reads slowly; one that does
 * not read at all is cut off. Several nodes do not tell each other: what another one does is seen within 15 s, when everything
 * is announced.
 */
import type { Clock, Timer } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import type { Topic } from './contract-overview.ts';

export interface EventStream {
  /** Bytes of text/event-stream, until the hub closes, the subscriber leaves or is not let go on. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Aborts when the stream has to be cut because nobody reads it, or waits for a reader at the end. */
  readonly cut: AbortSignal;
  /** For a stream that nobody begins to read. */
  leave(): void;
}

export interface EventHub {
  /** Something of this topic is different now. Costs next to nothing; never throws. */
  publish(topic: Topic): void;
  /** Throws RelayError `overloaded` when there are too many, or too many of one; `stopping` once the hub is closed. */
  subscribe(subscription: {
    /** Whose it is, so that one alone does not take all places. */
    readonly who?: string;
    /** Sent first, with the event `hello`. */
    readonly hello: Readonly<Record<string, string>>;
    /** What it hears of. */
    readonly topics: ReadonlySet<Topic>;
    /** What it may hear of now; undefined ends it. Asked every 25 s. */
    readonly recheck?: () => Promise<ReadonlySet<Topic> | undefined>;
    /** Aborts when the subscriber has gone. */
    readonly gone?: AbortSignal;
  }): EventStream;
  /** Ends every stream, and takes no more. */
  close(): void;
  readonly subscribers: number;
}

/** Milliseconds between two `changed` events of one subscriber. */
const APART = 500;
/** Milliseconds between two comments that keep the connection alive. */
const KEEP_ALIVE = 15_000;
const RECHECK_EVERY = 25_000;
/** Milliseconds that something may wait for its reader. */
const PATIENCE = 30_000;
const MOST_SUBSCRIBERS = 100;
const MOST_OF_ONE = 25;

interface Subscriber {
  readonly who: string | undefined;
  announce(topic: Topic): void;
  end(): void;
}

export function createEventHub({
  clock,
  severalNodes = () => false,
}: {
  readonly clock: Clock;
  /** Others work on the same store: what they do is not heard of here, so every topic is announced every 15 s. */
  readonly severalNodes?: () => boolean;
}): EventHub {
  const subscribers = new Set<Subscriber>();
  let closed = false;

  return {
    publish(topic) {
      for (const subscriber of subscribers) subscriber.announce(topic);
    },
    subscribe({ who, hello, topics, recheck, gone }) {
      if (closed) throw new RelayError('stopping', 'Postern is stopping.');
      if (subscribers.size >= MOST_SUBSCRIBERS) {
        throw new RelayError('overloaded', `${MOST_SUBSCRIBERS} pages listen for changes already.`, {
          hint: 'Close pages that are not needed; they ask for changes by themselves meanwhile.',
        });
      }
      const own = [...subscribers].filter((other) => who !== undefined && other.who === who);
      if (own.length >= MOST_OF_ONE) {
        throw new RelayError('overloaded', `${MOST_OF_ONE} pages of yours listen for changes already.`, {
          hint: 'Close pages that are not needed; they ask for changes by themselves meanwhile.',
        });
      }
      const subscriber = createSubscriber({
        who,
        clock,
        hello,
        topics,
        severalNodes,
        left: () => subscribers.delete(subscriber),
        ...(recheck === undefined ? {} : { recheck }),
      });
      subscribers.add(subscriber);
      gone?.addEventListener('abort', () => subscriber.end(), { once: true });
      if (gone?.aborted === true) subscriber.end();
      return { chunks: subscriber.chunks, cut: subscriber.cut, leave: () => subscriber.end() };
    },
    close() {
      closed = true;
      for (const subscriber of subscribers) subscriber.end();
    },
    get subscribers() {
      return subscribers.size;
    },
  };
}

function createSubscriber({
  who,
  clock,
  hello,
  topics: first,
  severalNodes,
  recheck,
  left,
}: {
  readonly who: string | undefined;
  readonly clock: Clock;
  readonly hello: Readonly<Record<string, string>>;
  readonly topics: ReadonlySet<Topic>;
  readonly severalNodes: () => boolean;
  readonly recheck?: () => Promise<ReadonlySet<Topic> | undefined>;
  readonly left: () => void;
}): Subscriber & Pick<EventStream, 'chunks' | 'cut'> {
  const cut = new AbortController();
  const pending = new Set<Topic>();
  const timers = new Set<Timer>();
  let topics = first;
  let quietUntil = Number.NEGATIVE_INFINITY;
  let commentDue = false;
  let ended = false;
  /** The reader waits for more. */
  let wake: (() => void) | undefined;
  /** Counts down while the reader has something that it does not take. */
  let patience: Timer | undefined;

  function after(delay: number, run: () => void): Timer {
    const timer = clock.after(delay, () => {
      timers.delete(timer);
      run();
    });
    timers.add(timer);
    return timer;
  }

  function end(): void {
    if (ended) return;
    ended = true;
    for (const timer of timers) timer.cancel();
    timers.clear();
    pending.clear();
    left();
    if (wake === undefined) cut.abort();
    else wake();
  }

  function impatient(): void {
    patience ??= after(PATIENCE, end);
  }

  /** Lets the reader go on where there is something for it to take. */
  function stir(): void {
    if (wake === undefined) impatient();
    else wake();
  }

  function keepAlive(): void {
    after(KEEP_ALIVE, () => {
      if (severalNodes()) {
        for (const topic of topics) pending.add(topic);
      } else {
        commentDue = true;
      }
      stir();
      keepAlive();
    });
  }

  function checkAgain(): void {
    after(RECHECK_EVERY, () => {
      void (async () => {
        // Who cannot be asked about may not listen on.
        const allowed = await recheck?.().catch(() => undefined);
        if (ended) return;
        if (allowed === undefined) return end();
        topics = allowed;
        checkAgain();
      })();
    });
  }

  function nextText(): string | undefined {
    if (commentDue) {
      commentDue = false;
      return ': still here\n\n';
    }
    if (pending.size === 0) return undefined;
    const now = clock.monotonic();
    // A timer may fire a hair early.
    if (now < quietUntil - 5) return undefined;
    quietUntil = now + APART;
    const allowed = [...pending].filter((topic) => topics.has(topic));
    pending.clear();
    return allowed.length === 0 ? undefined : eventText('changed', { topics: allowed });
  }

  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield Buffer.from(eventText('hello', hello));
      while (!ended) {
        patience?.cancel();
        patience = undefined;
        const text = nextText();
        if (text !== undefined) {
          yield Buffer.from(text);
          continue;
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await promise;
        wake = undefined;
      }
    } finally {
      end();
    }
  }

  keepAlive();
  if (recheck !== undefined) checkAgain();
  return {
    who,
    chunks: chunks(),
    cut: cut.signal,
    announce(topic) {
      if (ended || !topics.has(topic)) return;
      if (pending.size === 0) after(Math.max(0, quietUntil - clock.monotonic()), stir);
      pending.add(topic);
    },
    end,
  };
}

/** HTML Standard, section 9.2 "Server-sent events": one line of data, since JSON has no line ends. */
function eventText(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * Live updates: the server says which rooms have changed, and whoever shows them asks again. While that stream is away,
 * everything is asked for every 10 s. A hidden tab lets go of its stream: browsers allow few connections to one server. While somebody
 * has to sign in again nothing is asked for: such requests would wait, one more every 10 s, and all go out at once afterwards.
 */
import type { Topic } from '../admin/contract-overview.ts';
import { reachable } from './reachable.ts';
import { signInNeeded } from './sign-in-again.ts';
import { createStore } from './store.ts';

/** `live`: changes arrive by themselves; `polling`: they are asked for; `away`: Postern cannot be reached. */
export type LiveState = 'live' | 'polling' | 'away';

/** The list of the contract, whose values the page cannot import; the compiler says when one is missing. */
const TOPICS: Readonly<Record<Topic, true>> = {
  messages: true,
  upstreams: true,
  settings: true,
  alerts: true,
  authorizations: true,
  devices: true,
  certificates: true,
  access: true,
};

const POLL = 10_000;
const TRY_AGAIN = 15_000;

export const liveState = createStore<LiveState>('polling');

type Listener = (topics: readonly Topic[] | 'all') => void;
const listeners = new Set<Listener>();

let source: EventSource | undefined;
let polling: number | undefined;
let retry: number | undefined;
let opened = false;

/** Calls with the rooms that have changed; answers how to stop. */
export function onChanged(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Begins to listen, once somebody is signed in; answers how to stop. */
export function startLive(): () => void {
  document.addEventListener('visibilitychange', openOrClose);
  const unwatch = reachable.watch((yes) => {
    if (!yes) liveState.set('away');
    else if (liveState.get() === 'away') liveState.set(opened ? 'live' : 'polling');
  });
  openOrClose();
  return () => {
    document.removeEventListener('visibilitychange', openOrClose);
    unwatch();
    close();
  };
}

function openOrClose(): void {
  if (document.hidden) close();
  else open();
}

function open(): void {
  if (source !== undefined) return;
  const stream = new EventSource('/api/v1/events');
  source = stream;
  poll(true);
  stream.addEventListener('hello', () => {
    opened = true;
    liveState.set('live');
    poll(false);
    // Whatever happened in between is asked for.
    tell('all');
  });
  stream.addEventListener('changed', ({ data }) => tell(topicsOf(data)));
  stream.addEventListener('error', () => {
    opened = false;
    poll(true);
    if (reachable.get()) liveState.set('polling');
    if (stream.readyState !== EventSource.CLOSED) return;
    // The server said no; the browser does not try again by itself.
    source = undefined;
    retry = window.setTimeout(() => (document.hidden ? undefined : open()), TRY_AGAIN);
  });
}

function close(): void {
  window.clearTimeout(retry);
  poll(false);
  source?.close();
  source = undefined;
  opened = false;
}

function poll(on: boolean): void {
  if (!on) {
    window.clearInterval(polling);
    polling = undefined;
  } else {
    polling ??= window.setInterval(() => tell('all'), POLL);
  }
}

function tell(topics: readonly Topic[] | 'all'): void {
  if (signInNeeded.get() !== undefined) return;
  for (const listener of listeners) listener(topics);
}

function isTopic(value: unknown): value is Topic {
  return typeof value === 'string' && Object.hasOwn(TOPICS, value);
}

function topicsOf(data: unknown): readonly Topic[] | 'all' {
  try {
    const event: unknown = JSON.parse(String(data));
    if (typeof event !== 'object' || event === null || !('topics' in event)) return 'all';
    return Array.isArray(event.topics) ? event.topics.filter(isTopic) : 'all';
  } catch {
    return 'all';
  }
}

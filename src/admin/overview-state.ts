import type { Overview } from './contract-overview.ts';

/** Mail that has waited for longer than this waits longer than it should, whatever the reason, ms. */
const TOO_LONG = 3_600_000;

/** What the state of the whole is decided by. */
export interface OverviewFacts {
  /** Mail is refused for now: disk, memory, store, or Postern is stopping. */
  readonly refusing: boolean;
  readonly listeners: readonly Pick<Overview['listeners'][number], 'open'>[];
  readonly mode: Overview['mode'];
  /** Those that mail goes to by the settings, without test relays. */
  readonly upstreams: readonly {
    readonly name: string;
    /** It, or its fallback, takes mail as far as is known. */
    readonly takesMail: boolean;
    /** Messages that wait for it. */
    readonly waiting: number;
  }[];
  readonly ages: Overview['ages'];
  /** A message has ever been accepted. */
  readonly seenMail: boolean;
}

/**
 * Whether mail flows, in one word. The first that fits, worst for the devices first: they are told to come back later; all
 * is held on purpose; nothing leaves; some of it is late; nothing came yet; it flows. Pure.
 */
export function overviewState(facts: OverviewFacts): Overview['state'] {
  const { refusing, listeners, mode, upstreams, ages, seenMail } = facts;
  if (refusing || listeners.every(({ open }) => !open)) return 'not-accepting';
  if (mode === 'test-relay') return 'test-relay';
  if (upstreams.every((upstream) => !upstream.takesMail)) return 'stopped';
  const stuck = upstreams.some((upstream) => !upstream.takesMail && upstream.waiting > 0);
  const late = ages.some(({ upTo = Number.POSITIVE_INFINITY, count }) => upTo > TOO_LONG && count > 0);
  if (stuck || late) return 'delayed';
  return seenMail ? 'flowing' : 'idle';
}

type Upstream = Overview['upstreams'][number];

/** Whether an upstream takes mail as far as is known: its circuit is closed, and nobody has to sign in first. */
export function takesMail(
  circuit: Upstream['circuit'],
  authorization: Pick<NonNullable<Upstream['authorization']>, 'state' | 'flow'> | undefined,
): boolean {
  if (circuit !== 'closed') return false;
  if (authorization === undefined) return true;
  const { state, flow } = authorization;
  // An application gets its first token with the first mail.
  if (state === 'none') return flow === 'client-credentials' || flow === 'service-account';
  return state !== 'void' && state !== 'stale';
}

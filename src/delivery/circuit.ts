import type { Clock } from '../shared/clock.ts';
import type { Random } from '../shared/random.ts';
import type { Unavailable, UnavailableReason } from './outcome.ts';
import type { CircuitState, Wait } from './upstreams.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** First and longest pause for each reason, ms; doubled from one to the other. */
const PAUSES: Readonly<Record<UnavailableReason, { readonly first: number; readonly longest: number }>> = {
  unreachable: { first: 5 * SECOND, longest: 5 * MINUTE },
  authentication: { first: MINUTE, longest: 15 * MINUTE },
  configuration: { first: MINUTE, longest: 15 * MINUTE },
  quota: { first: HOUR, longest: HOUR },
  throttled: { first: 10 * SECOND, longest: 10 * SECOND },
};

/** Where trying again is cheap and locks nobody out: mail moves within a minute of the remedy. */
const CHEAP_PAUSES = { first: 15 * SECOND, longest: 45 * SECOND } as const;

const JITTER = 0.1;

/** Consent to one attempt; says later which state of the circuit it belongs to. */
export interface Ticket {
  readonly generation: number;
  readonly probe: boolean;
}

export interface CircuitView {
  readonly state: CircuitState;
  readonly cause?: Unavailable;
  /** ms since 1970: when it opened. */
  readonly since?: number;
  readonly nextProbeAt?: number;
}

/**
 * Whether an upstream may be used. Closed: yes. Open: no, until the pause is over. Half-open: one attempt is on its way to find
 * out. An attempt that began before the circuit last changed says nothing about it any more.
 */
export interface Circuit {
  /** The time that has to pass, or undefined when the attempt may be made. */
  obstacle(): Wait | undefined;
  /** Begins an attempt; only while there is no obstacle. */
  begin(): Ticket;
  /** The upstream dealt with a message. */
  worked(ticket: Ticket): void;
  /** The upstream cannot be used. */
  failed(ticket: Ticket, cause: Unavailable): void;
  /** The attempt ended without word about the upstream. */
  abandoned(ticket: Ticket): void;
  /** Ends the pause: the next message tries. */
  probeNow(): void;
  view(): CircuitView;
}

export interface CircuitDependencies {
  readonly clock: Clock;
  readonly random: Random;
  /** Signing in again costs next to nothing, as with a token; a password that is tried too often is locked. */
  readonly cheapSignIn?: () => boolean;
  /** Called after every change of state. */
  readonly onChange: (view: CircuitView, previous: CircuitState) => void;
}

interface Opened {
  readonly cause: Unavailable;
  readonly since: number;
  /** Failures in a row for the same reason. */
  readonly failures: number;
  /** By the monotonic clock and by the wall. */
  readonly until: number;
  readonly nextProbeAt: number;
}

/**
 * A circuit, closed at first. The pause doubles with each failure in a row for the same reason, up to the longest of
 * PAUSES; the upstream's own `retryAfter` (ms) goes before both, but for sign-ins that are cheap; one that is short and comes
 * again and again is stretched.
 */
export function createCircuit({ clock, random, cheapSignIn, onChange }: CircuitDependencies): Circuit {
  let generation = 0;
  let opened: Opened | undefined;
  let probing = false;

  const state = (): CircuitState => (opened === undefined ? 'closed' : probing ? 'half-open' : 'open');

  function view(): CircuitView {
    if (opened === undefined) return { state: 'closed' };
    return { state: state(), cause: opened.cause, since: opened.since, nextProbeAt: opened.nextProbeAt };
  }

  function change(action: () => void): void {
    const previous = state();
    action();
    onChange(view(), previous);
  }

  /** A probe always counts; any other attempt only for the state in which it began. */
  const counts = (ticket: Ticket): boolean => ticket.generation === generation;

  function open(cause: Unavailable): void {
    const failures = opened?.cause.reason === cause.reason ? opened.failures + 1 : 1;
    const pause = pauseFor(cause, failures, random, cheapSignIn?.() === true);
    opened = {
      cause,
      failures,
      since: opened?.since ?? clock.now(),
      until: clock.monotonic() + pause,
      nextProbeAt: clock.now() + pause,
    };
    probing = false;
    generation += 1;
  }

  return {
    view,
    obstacle() {
      if (opened === undefined) return undefined;
      if (probing) return { wait: Number.POSITIVE_INFINITY, reason: opened.cause.reason };
      const left = opened.until - clock.monotonic();
      return left <= 0 ? undefined : { wait: Math.ceil(left), reason: opened.cause.reason };
    },
    begin() {
      if (opened === undefined) return { generation, probe: false };
      change(() => {
        probing = true;
      });
      return { generation, probe: true };
    },
    worked(ticket) {
      if (opened === undefined || !counts(ticket)) return;
      change(() => {
        opened = undefined;
        probing = false;
        generation += 1;
      });
    },
    failed(ticket, cause) {
      if (counts(ticket)) change(() => open(cause));
    },
    abandoned(ticket) {
      if (!ticket.probe || !counts(ticket) || !probing) return;
      change(() => {
        probing = false;
      });
    },
    probeNow() {
      if (opened === undefined || probing) return;
      opened = { ...opened, failures: 0, until: clock.monotonic(), nextProbeAt: clock.now() };
      onChange(view(), 'open');
    },
  };
}

function pauseFor(cause: Unavailable, failures: number, random: Random, cheap: boolean): number {
  const quick = cheap && (cause.reason === 'authentication' || cause.reason === 'configuration');
  const { first, longest } = quick ? CHEAP_PAUSES : PAUSES[cause.reason];
  const doubled = Math.min(longest, first * 2 ** Math.min(failures - 1, 20));
  const wanted = cause.retryAfter === undefined ? doubled : stretched(cause.retryAfter, failures);
  const pause = quick ? Math.min(longest, cause.retryAfter ?? doubled) : wanted;
  // Never earlier than asked for; spread, so that nodes and upstreams do not all come at the same moment.
  return Math.round(pause * (1 + JITTER * random.fraction()));
}

/** As long as it asks for; who asks for a moment again and again is let alone for up to a minute. */
function stretched(asked: number, failures: number): number {
  return failures < 3 ? asked : Math.max(asked, Math.min(MINUTE, SECOND * 2 ** Math.min(failures - 1, 6)));
}

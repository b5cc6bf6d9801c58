/** A row of the table of what upstreams answer, and the few kinds that rows are of. */
import type { Behaviour } from '../../src/simulator/simulator.ts';

/**
 * `retried`: tried again by itself, nobody is told. `held`: waits with its attempts untouched and goes out by itself after the remedy.
 * `bounced`: the sender gets a report. `rewritten`: leaves as another sender. `delivered`: nobody notices anything.
 */
export type Fate = 'retried' | 'held' | 'bounced' | 'rewritten' | 'delivered';

export interface FailureRow {
  /** The answer, as the table of failures names it. */
  readonly row: string;
  readonly play: readonly Behaviour[];
  readonly upstream: string;
  readonly fate: Fate;
  /** In the journal: the server's words and what they mean. */
  readonly words: RegExp;
  /** `waiting REASON`, or what became of the (last) recipient: `deferred REASON`, `rejected REASON`, `delivered`. */
  readonly journal: string;
  readonly remedy?: RegExp;
  /** Keys of the alerts that it raises. */
  readonly alerts?: readonly string[];
  /** Seconds until the alerts come, at least; at once if absent. */
  readonly alertAfter?: number;
  /** Attempts that the message has spent when it is met. */
  readonly attempts: number;
  /** Before: the token that Postern has is used up, or is about to be. */
  readonly token?: 'ended' | 'ageing';
  readonly sender?: string;
  /** Local parts. */
  readonly recipients?: readonly string[];
  readonly content?: string;
  /** Seconds from the remedy until the message is there. */
  readonly within?: number;
  /** Seconds that it waits at least. */
  readonly notBefore?: number;
  /** Times that the message arrives. */
  readonly copies?: number;
  /** Requests for tokens that it costs until it is met. */
  readonly tokenRequests?: number;
  readonly tokenRequestsAtLeast?: number;
}

/** Pauses of a circuit over tokens are at most 45 s, and a tenth of jitter. */
export const A_MINUTE = 60;
export const HOUR = 3600;
export const SCANNER = 'scanner@example.com';

export const play = (scenario: string, more: Omit<Behaviour, 'scenario'> = {}) => [{ scenario, ...more }];

/** The upstream is out of order until somebody has done something. */
export function held(
  upstream: string,
  reason: string,
  words: RegExp,
  remedy: RegExp,
): Pick<FailureRow, 'upstream' | 'fate' | 'journal' | 'words' | 'remedy' | 'alerts' | 'attempts' | 'within'> {
  return {
    upstream,
    fate: 'held',
    journal: `waiting ${reason}`,
    words,
    remedy,
    alerts: [`upstream ${upstream}`],
    attempts: 0,
    within: A_MINUTE,
  };
}

/** Each with a sender of its own: one that is known is not told again. */
export function senderRefused(upstream: string, scenario: string) {
  const sender = `${scenario}@example.com`;
  const alerts = [`upstream ${upstream} sender ${sender} of this machine`];
  return { upstream, alerts, sender, attempts: 1 };
}

export const bounced = { fate: 'bounced', journal: 'rejected sender', words: /SendAsDenied/ } as const;
export const rewritten = { fate: 'rewritten', journal: 'delivered', words: /OK|accepted/i } as const;
/** What waits for the upstream: the circuit opens, and nobody is told within minutes. */
export const away = { fate: 'retried', attempts: 0, within: 30 } as const;

import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';
import type { Random } from '../../shared/random.ts';
import type { NoToken } from '../token-source.ts';
import { pauseAfter } from './retry-pauses.ts';

/** Subjects whose troubles are remembered; senders can make many up. */
const MOST_REMEMBERED = 1000;

/** Why there is no new token, inside the room. */
export class TokenTrouble extends Error {
  readonly problem: NoToken;
  /** An old token that still lives may be used; not so when the consent itself is gone. */
  readonly oldMayServe: boolean;
  /** What an administrator has to hear, where nobody who asked does: the grant is void, or renewal fails for good. */
  readonly tell: 'void' | 'fails' | undefined;

  constructor(problem: NoToken, oldMayServe: boolean, tell?: 'void' | 'fails') {
    super(problem.text);
    this.name = 'TokenTrouble';
    this.problem = problem;
    this.oldMayServe = oldMayServe;
    this.tell = tell;
  }
}

interface Trouble {
  readonly upstream: string;
  readonly problem: NoToken;
  readonly failures: number;
  /** By the monotonic clock. */
  readonly until: number;
}

/** What went wrong lately in this process, so that nobody is asked again too soon. */
export interface Troubles {
  /** The problem, with the rest of its pause, while that lasts. */
  current(id: string): NoToken | undefined;
  /** One more failure; `pause` (ms) where it does not follow from the reason. Returns the problem as `current` does. */
  note(id: string, upstream: string, problem: NoToken, pause?: (failures: number) => number): NoToken;
  /** It works. */
  over(id: string): void;
  /** Something has changed: the next caller may try. The failures in a row are still known. */
  tryAgain(upstream?: string): void;
}

/** Remembers troubles, the last thousand of them. */
export function createTroubles({
  clock,
  random,
}: {
  readonly clock: Clock;
  readonly random: Random;
}): Troubles {
  const troubles = new LRUCache<string, Trouble>({ max: MOST_REMEMBERED });
  return {
    current(id) {
      const trouble = troubles.get(id);
      const rest = trouble === undefined ? 0 : trouble.until - clock.monotonic();
      return trouble === undefined || rest <= 0 ? undefined : withRest(trouble.problem, rest);
    },
    note(id, upstream, problem, pause) {
      const failures = (troubles.get(id)?.failures ?? 0) + 1;
      const wait = pause?.(failures) ?? pauseAfter(problem, failures, random.fraction());
      troubles.set(id, { upstream, problem, failures, until: clock.monotonic() + wait });
      return withRest(problem, wait);
    },
    over: (id) => void troubles.delete(id),
    tryAgain(upstream) {
      for (const [id, trouble] of Array.from(troubles.entries())) {
        if (upstream === undefined || trouble.upstream === upstream)
          troubles.set(id, { ...trouble, until: 0 });
      }
    },
  };
}

/** Only what passes by itself says when; a person's remedy comes whenever it comes. */
function withRest(problem: NoToken, rest: number): NoToken {
  const passes = problem.reason === 'unreachable' || problem.reason === 'throttled';
  return passes || problem.retryAfter !== undefined ? { ...problem, retryAfter: Math.ceil(rest) } : problem;
}

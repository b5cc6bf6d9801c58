/**
 * How fast somebody may guess. Promises that a stranger locks nobody out: attempts from a browser in which the user has signed in before
 * are counted by that browser alone (OWASP, Slow Down Online Guessing Attacks with Device Cookies), all others by address and by name, with a
 * pause for a name that stays short. That holds for codes too: who knows the password alone must not keep its owner from changing it.
 * An attempt counts from its beginning, so that many at once gain nothing. Bounded, and names that are made up push out no count of
 * somebody who is near; of this node.
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import { networkOf } from '../shared/network-of.ts';
import { TooManyAttempts } from './too-many-attempts.ts';

/** Failures that are free, and the pauses behind them in ms: twice as long each time. */
interface Pace {
  readonly free: number;
  readonly first: number;
  readonly longest: number;
}

const BY_ADDRESS: Pace = { free: 5, first: 5000, longest: 15 * 60_000 };
/** Anybody can cause it for anybody's name. */
const BY_NAME: Pace = { free: 10, first: 5000, longest: 60_000 };
/** Only those cause it who have signed in, or know the password. */
const BY_BROWSER: Pace = { free: 5, first: 5000, longest: 15 * 60_000 };
const BY_CODE: Pace = { free: 5, first: 30_000, longest: 15 * 60_000 };
/** Failures are forgotten after so long without another, ms. */
const FORGOTTEN = 60 * 60_000;
const MOST_REMEMBERED = 10_000;
const LONGEST_NAME = 64;

interface Failures {
  readonly count: number;
  readonly last: number;
  readonly until: number;
}

export interface Attempt {
  /** It went well, or had nothing to do with guessing: it does not count. */
  forget(): void;
}

/** Each begins an attempt, and throws TooManyAttempts while there is a pause. */
export interface Attempts {
  /** `browser`: names a browser in which this user has signed in before. */
  password(who: {
    readonly name: string;
    readonly address: string;
    readonly browser?: string | undefined;
  }): Attempt;
  /** A code of the second factor; whoever gets so far knows the password. `browser` as above. */
  code(user: string, browser?: string): Attempt;
  /** The password of one's own, asked for again by what changes the way in. */
  own(user: string): Attempt;
  /** A token of a setup link. */
  setup(address: string): Attempt;
}

export function createAttempts(clock: Clock): Attempts {
  const ofStrangers = new LRUCache<string, Failures>({ max: MOST_REMEMBERED });
  const ofUsers = new LRUCache<string, Failures>({ max: MOST_REMEMBERED });

  function begin(keys: readonly (readonly [string, Pace])[], failures = ofStrangers): Attempt {
    const now = clock.monotonic();
    const until = Math.max(...keys.map(([key]) => failures.get(key)?.until ?? 0));
    if (until > now) throw new TooManyAttempts(Math.ceil((until - now) / 1000));
    const undo = keys.map(([key, pace]) => count(failures, key, pace, now));
    return {
      forget() {
        for (const each of undo) each();
      },
    };
  }

  /** Counts a failure; answers how to take that back. */
  function count(failures: typeof ofUsers, key: string, pace: Pace, now: number): () => void {
    const known = failures.get(key);
    const before = known !== undefined && now - known.last < FORGOTTEN ? known.count : 0;
    const beyond = before + 1 - pace.free;
    const pause = beyond < 0 ? 0 : Math.min(pace.first * 2 ** Math.min(beyond, 20), pace.longest);
    const until = now + pause;
    failures.set(key, { count: before + 1, last: now, until });
    return () => {
      const current = failures.get(key);
      if (current === undefined) return;
      if (current.count <= 1) failures.delete(key);
      // A pause that others have caused meanwhile stays.
      else
        failures.set(key, {
          ...current,
          count: current.count - 1,
          until: current.until === until ? 0 : current.until,
        });
    };
  }

  return {
    password({ name, address, browser }) {
      if (browser !== undefined) return begin([[`browser ${browser}`, BY_BROWSER]], ofUsers);
      const key = name.slice(0, LONGEST_NAME).normalize('NFKC').toLowerCase();
      return begin([
        [`address ${networkOf(address)}`, BY_ADDRESS],
        [`name ${key}`, BY_NAME],
      ]);
    },
    code: (user, browser) =>
      begin([[browser === undefined ? `code ${user}` : `code browser ${browser}`, BY_CODE]], ofUsers),
    own: (user) => begin([[`own ${user}`, BY_CODE]], ofUsers),
    setup: (address) => begin([[`setup ${networkOf(address)}`, BY_ADDRESS]]),
  };
}

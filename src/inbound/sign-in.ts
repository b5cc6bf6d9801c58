/*
 * Checks passwords, slowly for who guesses. Failures are counted per address (IPv6: per /64); from the fifth on the
 * address waits, twice as long each time, up to 15 minutes. Checks are costly on purpose (argon2id), so only a few run at
 * once. Bounded: at most 10,000 addresses are remembered.
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import { errorText } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { sourceKey } from './networks.ts';
import { reply, type SmtpReply } from './replies.ts';

/** Answers whether the password belongs to the user; costs the same for a user that does not exist. */
export type VerifyPassword = (user: string, password: string) => Promise<boolean>;

export interface SignIn {
  /** Undefined when the password is right, otherwise what the client is told. Never throws. */
  attempt(address: string, user: string, password: string): Promise<SmtpReply | undefined>;
}

interface Failures {
  count: number;
  /** Reading of the monotonic clock. */
  blockedUntil: number;
}

const FREE_FAILURES = 5;
const FIRST_WAIT = 5_000;
const LONGEST_WAIT = 15 * 60_000;
const REMEMBERED_ADDRESSES = 10_000;
const CHECKS_AT_ONCE = 32;
const CHECKS_AT_ONCE_PER_ADDRESS = 8;

const WRONG = reply(535, '5.7.8', 'User name or password is wrong');
const BUSY = reply(454, '4.7.0', 'Too many sign-ins at once; try again in a moment');
const BROKEN = reply(454, '4.7.0', 'The password cannot be checked now; try again later');

/** One for all listeners, so that guessing on several does not help. */
export function createSignIn(verifyPassword: VerifyPassword, clock: Clock, log: Log): SignIn {
  const failures = new LRUCache<string, Failures>({ max: REMEMBERED_ADDRESSES });
  const running = new Map<string, number>();
  let runningInAll = 0;

  function fail(key: string): void {
    const known = failures.get(key) ?? { count: 0, blockedUntil: 0 };
    known.count += 1;
    const beyond = known.count - FREE_FAILURES;
    if (beyond >= 0) {
      known.blockedUntil = clock.monotonic() + Math.min(FIRST_WAIT * 2 ** Math.min(beyond, 20), LONGEST_WAIT);
    }
    failures.set(key, known);
  }

  async function verify(key: string, address: string, user: string, password: string) {
    try {
      if (await verifyPassword(user, password)) {
        failures.delete(key);
        return undefined;
      }
      fail(key);
      log.info({ address, user }, 'A sign-in was refused: wrong user name or password');
      return WRONG;
    } catch (error) {
      log.error({ address, user, err: errorText(error) }, 'A password could not be checked');
      return BROKEN;
    }
  }

  return {
    async attempt(address, user, password) {
      const key = sourceKey(address);
      const wait = (failures.get(key)?.blockedUntil ?? 0) - clock.monotonic();
      if (wait > 0) {
        const seconds = Math.ceil(wait / 1000);
        return reply(
          454,
          '4.7.0',
          `Too many wrong passwords from your address; try again in ${seconds} seconds`,
        );
      }
      const ofAddress = running.get(key) ?? 0;
      if (runningInAll >= CHECKS_AT_ONCE || ofAddress >= CHECKS_AT_ONCE_PER_ADDRESS) return BUSY;
      runningInAll += 1;
      running.set(key, ofAddress + 1);
      try {
        return await verify(key, address, user, password);
      } finally {
        runningInAll -= 1;
        const left = (running.get(key) ?? 1) - 1;
        if (left > 0) running.set(key, left);
        else running.delete(key);
      }
    },
  };
}

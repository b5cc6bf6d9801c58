import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import { Secret } from '../shared/secret.ts';
import { passwordMatches } from './passwords.ts';
import type { PasswordSource } from './schema-values.ts';

/** How long a right password is remembered, ms: a device that sends all day is hashed once a minute. */
const REMEMBERED = 60_000;
const CACHE_SIZE = 1000;
/** Hashes computed at once; each takes 19 MiB and a core, and the thread pool has other work. */
const PARALLEL = 2;
/** Attempts that may wait for one; some seconds of work. Beyond it is an attack, and the device tries again. */
const WAITING = 100;
/** Nobody has a longer password; it is wrong without being looked at. */
const MAX_ATTEMPT = 1024;

/** Costs what a real comparison costs, for a user that does not exist: of the password of nobody, 19 MiB, two passes. */
const NOBODY = {
  hash: '$argon2id$v=19$m=19456,t=2,p=1$cG9zdGVybi1ub2JvZHk$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
} as const;

export interface SecretVerifierDeps {
  readonly read: (source: PasswordSource) => Promise<Secret>;
  readonly clock: Clock;
}

export type VerifySecret = (source: PasswordSource | undefined, attempt: string) => Promise<boolean>;

/**
 * Compares passwords in constant time. Right ones are remembered for a minute under a key that only this process has,
 * bound to the stored hash, so a changed password counts at once; wrong ones never are. `undefined` for a user that does
 * not exist: takes as long as a wrong password and is false. Throws RelayError `secret-unavailable` when the source does
 * not answer and `overloaded` when too many attempts wait; neither says anything about the attempt.
 */
export function createSecretVerifier({ read, clock }: SecretVerifierDeps): VerifySecret {
  const key = randomBytes(32);
  const digest = (text: string) => createHmac('sha256', key).update(text).digest();
  const right = new LRUCache<string, true>({
    max: CACHE_SIZE,
    ttl: REMEMBERED,
    ttlResolution: 0,
    perf: { now: () => clock.monotonic() },
  });
  const underway = new Map<string, Promise<boolean>>();
  const limited = createLimit(PARALLEL, WAITING);

  const compare = async (source: PasswordSource, attempt: string): Promise<boolean> => {
    if ('hash' in source) return limited(() => passwordMatches(source.hash, new Secret(attempt)));
    const expected = await read(source);
    // Digests are of one length, which the texts are not.
    return timingSafeEqual(digest(expected.reveal()), digest(attempt));
  };

  return async (source, attempt) => {
    const tried = source ?? NOBODY;
    if (attempt.length > MAX_ATTEMPT) return false;
    if (!('hash' in tried) && !('command' in tried)) return compare(tried, attempt);
    const remembered = digest(JSON.stringify([tried, attempt])).toString('base64');
    if (right.has(remembered)) return true;
    // A device that opens twenty connections at once asks twenty times the same.
    const current = underway.get(remembered);
    if (current) return current;
    const started = compare(tried, attempt).finally(() => underway.delete(remembered));
    underway.set(remembered, started);
    const matches = (await started) && source !== undefined;
    if (matches) right.set(remembered, true);
    return matches;
  };
}

function createLimit(parallel: number, waiting: number): <T>(work: () => Promise<T>) => Promise<T> {
  const queue: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= parallel) {
      if (queue.length >= waiting) throw new RelayError('overloaded', 'too many passwords are being checked');
      await new Promise<void>((resolve) => queue.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = queue.shift();
      // The place is handed on, not given back: nobody can slip in between.
      if (next) next();
      else running -= 1;
    }
  };
}

/**
 * Bearer tokens (RFC 6750). Promises that comparing takes the same time whatever is sent, that a wrong token never
 * reaches the log, and that failures are limited by address: after MAX_FAILURES in a minute they are answered 429 and not
 * logged any more. The right token is always let in, because a token of at least 24 characters cannot be guessed, and a
 * stranger on the same machine must not be able to lock the operator out.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Secret } from '../shared/secret.ts';
import { HttpError } from './errors.ts';

const MAX_FAILURES = 10;
/** Milliseconds. */
const WINDOW = 60_000;
/** Addresses that are remembered. */
const MAX_ADDRESSES = 1000;
const LONGEST_TOKEN = 1024;

export interface Authentication {
  /** Throws RelayError `unauthenticated`, and HttpError 429 when there were too many failures. */
  check(authorization: string | undefined, address: string): void;
}

export function createAuthentication(options: {
  /** The tokens that are valid now; asked every time, so that a changed one counts at once. */
  readonly tokens: () => readonly Secret[];
  readonly clock: Clock;
  readonly log: Log;
}): Authentication {
  const { tokens, clock, log } = options;
  const failures = new LRUCache<string, { count: number; since: number }>({ max: MAX_ADDRESSES });

  function fail(address: string, message: string): never {
    const now = clock.monotonic();
    const known = failures.get(address);
    const current = known && now - known.since < WINDOW ? known : { count: 0, since: now };
    current.count += 1;
    failures.set(address, current);
    if (current.count > MAX_FAILURES) {
      const wait = String(Math.ceil((current.since + WINDOW - now) / 1000));
      throw new HttpError(
        429,
        'unauthenticated',
        'Too many failed attempts from this address; wait a minute.',
        {
          headers: { 'Retry-After': wait, 'WWW-Authenticate': 'Bearer' },
        },
      );
    }
    log.warn({ address, failures: current.count }, 'A request to the admin interface had no valid token');
    throw new RelayError('unauthenticated', message, {
      hint: 'Send the header "Authorization: Bearer TOKEN" with the token in admin.token of the data directory.',
    });
  }

  return {
    check(authorization, address) {
      const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
      if (given === undefined || given.length > LONGEST_TOKEN) fail(address, 'A bearer token is needed.');
      const digest = digestOf(given);
      let valid = false;
      // Every token is compared, so that time does not tell which one was near.
      for (const token of tokens()) valid = timingSafeEqual(digest, digestOf(token.reveal())) || valid;
      if (!valid) fail(address, 'The bearer token is not valid.');
    },
  };
}

/** Digests have one length, which timingSafeEqual needs. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

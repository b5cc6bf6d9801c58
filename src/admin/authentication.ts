/**
 * Who makes a request. Promises that comparing takes the same time whatever is sent, that nothing secret reaches the log, and that wrong
 * tokens are limited by address: after MAX_FAILURES in a minute they are answered 429 and not logged any more. The right one is always
 * let in: it cannot be guessed, and a stranger on the same machine must not be able to lock the operator out.
 *
 * A bearer token (RFC 6750) alone counts where one is sent: who sends both means the token, and a session does not make up for one that
 * is wrong. Other schemes, such as the Basic of a proxy in front, are not ours. A session counts for requests that change something only
 * where the browser says that our own page made them.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Caller } from '../access/caller.ts';
import { callerOfMachine, callerOfSession } from '../access/callers.ts';
import type { Access } from '../access/create-access.ts';
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Secret } from '../shared/secret.ts';
import { HttpError } from './errors.ts';
import { createFailureCount } from './failure-count.ts';
import { sessionCookie } from './session-cookies.ts';

/** In a minute, of one address. */
const MAX_FAILURES = 10;
const LONGEST_TOKEN = 1024;
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What a request says of itself; `address` and `secure` as they are believed. */
export interface Credentials {
  readonly method: string;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  /** Who acts, as whoever has the machine's token says: the command line names the system's user. */
  readonly saidName: string | undefined;
  /** Nobody did anything: the page asks by itself. */
  readonly background: boolean;
  readonly origin: string | undefined;
  /** The `Sec-Fetch-Site` header. */
  readonly site: string | undefined;
  readonly address: string;
  readonly secure: boolean;
}

export interface Authentication {
  /** Throws RelayError `unauthenticated` and `forbidden`, and HttpError 429 when there were too many failures. */
  caller(credentials: Credentials): Promise<Caller>;
}

export function createAuthentication(options: {
  /** The tokens of the machine that are valid now; asked every time, so that a changed one counts at once. */
  readonly tokens: () => readonly Secret[];
  /** Sessions and API tokens; without it the machine alone gets in. */
  readonly access?: Pick<Access, 'sessions' | 'tokens'>;
  readonly clock: Clock;
  readonly log: Log;
}): Authentication {
  const { tokens, access, clock, log } = options;
  const failures = createFailureCount(clock);

  function fail(address: string): never {
    const { count, wait } = failures.add(address);
    if (count > MAX_FAILURES) {
      throw new HttpError(
        429,
        'unauthenticated',
        'Too many failed attempts from this address; wait a minute.',
        {
          headers: { 'Retry-After': String(wait), 'WWW-Authenticate': 'Bearer' },
        },
      );
    }
    log.warn({ address, failures: count }, 'A request to the admin interface had no valid token');
    throw new RelayError('unauthenticated', 'The bearer token is not valid.', { hint: HINT });
  }

  function isMachine(token: string): boolean {
    const digest = digestOf(token);
    let valid = false;
    // Every token is compared, so that time does not tell which one was near.
    for (const each of tokens()) valid = timingSafeEqual(digest, digestOf(each.reveal())) || valid;
    return valid;
  }

  async function callerOfBearer(token: string, { address, saidName }: Credentials): Promise<Caller> {
    if (token === '' || token.length > LONGEST_TOKEN) fail(address);
    if (isMachine(token)) return callerOfMachine(plainName(saidName));
    return (await access?.tokens.caller(token)) ?? fail(address);
  }

  return {
    async caller(credentials) {
      const { authorization = '', background } = credentials;
      const bearer = /^\s*Bearer(?:\s+(.*))?$/i.exec(authorization);
      if (bearer !== null) return callerOfBearer((bearer[1] ?? '').trim(), credentials);
      const cookie = sessionCookie(credentials);
      if (cookie === undefined) {
        // A scheme that is none of ours may be a guess; sending nothing at all is none.
        if (authorization !== '') fail(credentials.address);
        throw new RelayError('unauthenticated', 'Sign in first, or send a bearer token.', { hint: HINT });
      }
      const session = await access?.sessions.find(cookie, { background });
      if (session === undefined)
        throw new RelayError('unauthenticated', 'This session has ended; sign in again.');
      if (!READING.has(credentials.method)) requireOwnPage(credentials);
      return callerOfSession(session);
    },
  };
}

const HINT =
  'People sign in on the page. Programs send the header "Authorization: Bearer TOKEN" with an API token, or with the token in admin.token of the data directory.';

/** Pages of other origins are refused before this; here the browser has to say that it is ours. */
function requireOwnPage({ origin, site }: Credentials): void {
  if (origin !== undefined || site === 'same-origin') return;
  throw new RelayError('forbidden', 'With a session, changes are taken from our own page only.', {
    hint: 'Programs use an API token; browsers send Origin or Sec-Fetch-Site by themselves.',
  });
}

/** Who acts, as the caller says; the token is what was checked. */
function plainName(said = ''): string {
  return /^[\x20-\x7e]{1,64}$/.test(said) ? said : 'API token';
}

/** Digests have one length, which timingSafeEqual needs. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

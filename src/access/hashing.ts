/**
 * Passwords of people: argon2id, at most two at once, so that guessing takes neither memory nor the threads that files and names are
 * read with. Promises that a check takes the same for a user that does not exist.
 */
import { hashIsCurrent, hashPassword, passwordMatches } from '../settings/passwords.ts';
import { RelayError } from '../shared/errors.ts';
import { Secret } from '../shared/secret.ts';

/** Each takes 19 MiB and a core. */
const PARALLEL = 2;
/** That may wait for one; a second or two of work. Beyond it is an attack. */
const WAITING = 60;
/** A password of nobody, made with the cost of today. */
const NOBODY =
  '$argon2id$v=19$m=19456,t=2,p=1$cG9zdGVybi1ub2JvZHk$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

export interface Hashing {
  /** Throws RelayError `overloaded`. */
  hash(password: string): Promise<string>;
  /**
   * Whether the password has this hash; `undefined` is the hash of nobody. Those who are `known` wait in front of strangers, and beside
   * them. Throws RelayError `overloaded`.
   */
  matches(hash: string | undefined, password: string, known: boolean): Promise<boolean>;
  /** The hash was made with another cost than today's. */
  isOld(hash: string): boolean;
}

export function createHashing(): Hashing {
  const waiting = { known: new Array<() => void>(), strangers: new Array<() => void>() };
  let running = 0;

  async function limited<T>(known: boolean, work: () => Promise<T>): Promise<T> {
    if (running >= PARALLEL) {
      const queue = known ? waiting.known : waiting.strangers;
      if (queue.length >= WAITING) {
        throw new RelayError('overloaded', 'Too many passwords are being checked; try again in a moment.');
      }
      await new Promise<void>((resolve) => queue.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = waiting.known.shift() ?? waiting.strangers.shift();
      // The place is handed on, not given back: nobody can slip in between.
      if (next) next();
      else running -= 1;
    }
  }

  return {
    hash: (password) => limited(true, () => hashPassword(new Secret(password.normalize('NFC')))),
    async matches(hash, password, known) {
      const right = await limited(known, () =>
        passwordMatches(hash ?? NOBODY, new Secret(password.normalize('NFC'))),
      );
      return right && hash !== undefined;
    },
    isOld: (hash) => !hashIsCurrent(hash),
  };
}

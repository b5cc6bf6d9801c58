/**
 * API tokens for programs. Promises that nobody gives more than they hold, that a token is known only in the answer that makes it, and
 * that one which is over or revoked is refused by every node at once.
 */
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import { ownCommand } from '../shared/own-commands.ts';
import type { Random } from '../shared/random.ts';
import { Secret } from '../shared/secret.ts';
import type { Caller } from './caller.ts';
import { callerOfToken } from './callers.ts';
import { digestOf } from './digest.ts';
import { ACCESS_LIMITS } from './limits.ts';
import type { Permission } from './permissions.ts';
import type { AccessStorage, StoredToken } from './storage.ts';

export interface NewToken {
  readonly name: string;
  readonly scopes: readonly Permission[];
  /** Days until it ends; never if absent. */
  readonly days?: number | undefined;
}

/** All throw RelayError: `forbidden`, `not-allowed`, `not-found`. */
export interface Tokens {
  list(): Promise<readonly StoredToken[]>;
  add(token: NewToken, by: Caller): Promise<{ readonly token: StoredToken; readonly secret: Secret }>;
  /** Answers with what it was. */
  remove(id: string): Promise<StoredToken>;
  /** Who a token is; undefined when there is none such, or it is over. */
  caller(secret: string): Promise<Caller | undefined>;
}

/** So that people, and programs that look for leaked secrets, know one when they see it. */
const PREFIX = 'postern_';
const FORM = /^postern_[\w-]{43}$/;
const DAY = 86_400_000;
/** How exactly it is stored when a token was used last, ms. */
const USED_EVERY = 60_000;

export function createTokens(deps: {
  readonly storage: AccessStorage;
  readonly clock: Clock;
  readonly random: Random;
}): Tokens {
  const { storage, clock, random } = deps;
  return {
    list: () => storage.tokens(),

    async add({ name, scopes, days }, by) {
      const missing = scopes.filter((scope) => !by.permissions.has(scope));
      if (missing.length > 0) {
        throw new RelayError('forbidden', `That is more than you hold: ${missing.join(', ')}.`, {
          faults: [{ path: 'scopes', message: `is more than you hold: ${missing.join(', ')}` }],
          hint: missing.includes('settings.machine-secrets')
            ? `A token with settings.machine-secrets is made on the machine itself: ${ownCommand('tokens create')}.`
            : 'Somebody who holds all of that can make the token.',
        });
      }
      if ((await storage.tokens()).length >= ACCESS_LIMITS.tokens) {
        throw new RelayError('not-allowed', `There are ${ACCESS_LIMITS.tokens} tokens, and no more fit.`, {
          hint: 'Revoke those that are not used.',
        });
      }
      const secret = PREFIX + random.bytes(32).toString('base64url');
      const now = clock.now();
      const token: StoredToken = {
        id: random.bytes(12).toString('base64url'),
        name,
        hash: digestOf(secret),
        scopes: [...new Set(scopes)],
        createdAt: now,
        createdBy: by.name,
        ...(days === undefined ? {} : { expiresAt: now + days * DAY }),
      };
      if (!(await storage.addToken(token))) {
        throw new RelayError('not-allowed', `The name ${name} is taken.`, {
          faults: [{ path: 'name', message: 'is taken' }],
        });
      }
      return { token, secret: new Secret(secret) };
    },

    async remove(id) {
      const removed = await storage.removeToken(id);
      if (removed === undefined) throw new RelayError('not-found', 'There is no such token.');
      return removed;
    },

    async caller(secret) {
      if (!FORM.test(secret)) return undefined;
      const token = await storage.findToken(digestOf(secret));
      const now = clock.now();
      if (token === undefined || (token.expiresAt ?? Number.POSITIVE_INFINITY) <= now) return undefined;
      if (now - (token.usedAt ?? 0) >= USED_EVERY) await storage.touchToken(token.id, now);
      return callerOfToken(token);
    },
  };
}

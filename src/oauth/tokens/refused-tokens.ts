import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';
import type { Secret } from '../../shared/secret.ts';

/** A server that refuses every token must not make us ask for a new one with each message: ms, and a share of a short lifetime. */
const FORCED_AT_MOST_EVERY = 30_000;
const SHARE_OF_LIFETIME = 0.5;

const MOST_REMEMBERED = 1000;

/** Access tokens that a server did not take. */
export interface RefusedTokens {
  /** False when one was refused just before: then this one goes on being used. `lifetime`: of this token, ms. */
  refuse(id: string, token: Secret, lifetime: number): boolean;
  has(id: string, token: Secret): boolean;
  /** The provider gave this one; where it is the refused one again, it is the only one that there is. */
  given(id: string, token: Secret): void;
}

/** Remembers the last refused token of each id, as a hash. */
export function createRefusedTokens(clock: Clock): RefusedTokens {
  const refused = new LRUCache<string, { readonly hash: string | undefined; readonly at: number }>({
    max: MOST_REMEMBERED,
  });
  return {
    refuse(id, token, lifetime) {
      const now = clock.monotonic();
      const last = refused.get(id);
      // Servers reckon in whole seconds: one that lives for seconds may be refused shortly before its end, each time.
      const pause = Math.min(FORCED_AT_MOST_EVERY, lifetime * SHARE_OF_LIFETIME);
      if (last !== undefined && now - last.at < pause) return false;
      refused.set(id, { hash: hashOf(token), at: now });
      return true;
    },
    has: (id, token) => refused.get(id)?.hash === hashOf(token),
    given(id, token) {
      const last = refused.get(id);
      if (last?.hash === hashOf(token)) refused.set(id, { hash: undefined, at: last.at });
    },
  };
}

function hashOf(token: Secret): string {
  return createHash('sha256').update(token.reveal()).digest('base64url');
}

import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import type { Secret } from '../shared/secret.ts';

/** A server that refuses every token must not make us ask for a new one with each message. */
const FORCED_AT_MOST_EVERY = 30_000;

const MOST_REMEMBERED = 1000;

/** Access tokens that a server did not take. */
export interface RefusedTokens {
  /** False when one was refused just before: then this one goes on being used. */
  refuse(id: string, token: Secret): boolean;
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
    refuse(id, token) {
      const now = clock.monotonic();
      const last = refused.get(id);
      if (last !== undefined && now - last.at < FORCED_AT_MOST_EVERY) return false;
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

import type { Clock, Timer } from '../../shared/clock.ts';
import { errorText } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { pause } from '../pause.ts';
import { type AuthorizationStorage, rowId, type StoredAuthorization } from '../storage.ts';
import type { AuthorizationAlerts } from './authorization-alerts.ts';

/** Pauses between two tries to store what could not be stored, ms. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

/** Tries at the end, and the pause between them. */
const LAST_TRIES = 6;
const LAST_PAUSE = 500;

/** Times that a save is tried again because somebody else was faster. */
const MOST_RACES = 5;

/** Refresh tokens that one chain of unsaved renewals remembers; the first and the last ones matter. */
const LONGEST_CHAIN = 100;

/**
 * What became of the tokens. `kept`: on stable storage. `unsaved`: in memory, and stored later where that matters. `superseded`: the
 * row holds another, newer consent or token, or none, since it was forgotten; these are of no use.
 */
export type Kept =
  | { readonly kind: 'kept' | 'unsaved'; readonly row: StoredAuthorization }
  | { readonly kind: 'superseded' };

export interface GrantKeeper {
  /** The row as this process has to believe it: what could not be stored yet goes before what is stored. */
  find(upstream: string, subject: string): Promise<StoredAuthorization | undefined>;
  /** Stores `next`, which came of `read`. Never throws. */
  keep(next: StoredAuthorization, read: StoredAuthorization | undefined): Promise<Kept>;
  /** A last chance for what is not stored. */
  stop(): Promise<void>;
}

interface Unsaved {
  next: StoredAuthorization;
  /** The sealed refresh tokens that it came of, oldest first: a row that holds one of these is older than `next`. */
  chain: readonly (string | undefined)[];
  pause: number;
  timer?: Timer;
  saving?: Promise<boolean>;
}

interface Dependencies {
  readonly storage: AuthorizationStorage;
  readonly alerts: AuthorizationAlerts;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Brings new tokens to the store and loses none on the way.
 *
 * A row is the offspring of the refresh token that it came of. When somebody else has written meanwhile, the sealed
 * refresh token in the row decides: where it is still the one that ours came of (others have only noted a failure, or nothing
 * but a new access token), ours is newer and is written over it; where it is another one, it came later, and ours is dropped
 * with a word in the log. Sealed texts can stand for their tokens here because each sealing is unlike all others.
 *
 * A new refresh token that the store does not take stays in memory, is used, and is brought there as soon as it can be.
 */
export function createGrantKeeper({ storage, alerts, clock, log }: Dependencies): GrantKeeper {
  const unsaved = new Map<string, Unsaved>();
  let stopped = false;

  async function save(
    next: StoredAuthorization,
    chain: readonly (string | undefined)[],
    after: number,
  ): Promise<Kept> {
    let version = after;
    let row = next;
    for (let race = 0; race < MOST_RACES; race += 1) {
      if (await storage.save(row, version)) return { kind: 'kept', row: { ...row, version: version + 1 } };
      const found = await storage.find(next.upstream, next.subject);
      if (found === undefined && version > 0) return superseded(next, chain, 'it was forgotten');
      if (found !== undefined && isSame(found, next)) return { kind: 'kept', row: found };
      if (found !== undefined && !chain.includes(found.refreshToken)) {
        return superseded(next, chain, 'a newer one is stored');
      }
      if (found !== undefined) row = merged(next, found);
      version = found?.version ?? 0;
    }
    return superseded(next, chain, 'others kept writing');
  }

  function superseded(next: StoredAuthorization, chain: readonly (string | undefined)[], why: string): Kept {
    if (!chain.includes(next.refreshToken)) {
      log.warn({ upstream: next.upstream }, `a refresh token came too late and was not kept: ${why}`);
    }
    return { kind: 'superseded' };
  }

  /** Another try for what is in memory only; true when that is over, either way. */
  function flush(id: string): Promise<boolean> {
    const entry = unsaved.get(id);
    if (entry === undefined) return Promise.resolve(true);
    entry.saving ??= flushOnce(id, entry).finally(() => {
      delete entry.saving;
    });
    return entry.saving;
  }

  async function flushOnce(id: string, entry: Unsaved): Promise<boolean> {
    entry.timer?.cancel();
    const { upstream } = entry.next;
    try {
      await save(entry.next, entry.chain, entry.next.version);
    } catch (error) {
      log.debug({ err: error, upstream }, 'a refresh token could still not be stored');
      if (!stopped) entry.timer = clock.after(entry.pause, () => void flush(id));
      entry.pause = Math.min(entry.pause * 2, LONGEST_PAUSE);
      return false;
    }
    unsaved.delete(id);
    alerts.saved(upstream);
    log.info({ upstream }, 'the refresh token that could not be stored is stored now');
    return true;
  }

  function remember(id: string, next: StoredAuthorization, chain: readonly (string | undefined)[]): void {
    const entry: Unsaved = { next, chain, pause: FIRST_PAUSE };
    unsaved.get(id)?.timer?.cancel();
    unsaved.set(id, entry);
    entry.timer = clock.after(entry.pause, () => void flush(id));
    alerts.unsaved(next.upstream);
  }

  return {
    async find(upstream, subject) {
      const id = rowId(upstream, subject);
      if (await flush(id)) return storage.find(upstream, subject);
      return unsaved.get(id)?.next;
    },

    async keep(next, read) {
      const id = rowId(next.upstream, next.subject);
      await unsaved.get(id)?.saving;
      const before = unsaved.get(id);
      before?.timer?.cancel();
      const chain = [...(before?.chain ?? []), read?.refreshToken];
      const after = read?.version ?? 0;
      try {
        const kept = await save(next, chain, after);
        if (before !== undefined) {
          unsaved.delete(id);
          alerts.saved(next.upstream);
        }
        return kept;
      } catch (error) {
        log.error(
          { err: error, upstream: next.upstream },
          `new tokens could not be stored: ${errorText(error)}`,
        );
        const row = { ...next, version: after };
        // An access token alone can be got again, and a refresh token that did not change is stored already.
        if (before !== undefined || !chain.includes(next.refreshToken)) remember(id, row, shortened(chain));
        return { kind: 'unsaved', row };
      }
    },

    async stop() {
      stopped = true;
      for (let round = 0; round < LAST_TRIES && unsaved.size > 0; round += 1) {
        if (round > 0) await pause(clock, LAST_PAUSE);
        await Promise.all([...unsaved.keys()].map(flush));
      }
      for (const { next, timer } of unsaved.values()) {
        timer?.cancel();
        log.error(
          { upstream: next.upstream },
          'a refresh token could not be stored before the end: the upstream may have to be authorized again',
        );
      }
    },
  };
}

/** The store had taken it, only its word did not reach us. */
function isSame(found: StoredAuthorization, next: StoredAuthorization): boolean {
  return found.accessToken !== undefined && found.accessToken === next.accessToken;
}

/** `next` over a row that came of the same refresh token: of two access tokens the one that lives longer. */
function merged(next: StoredAuthorization, found: StoredAuthorization): StoredAuthorization {
  if (found.key !== next.key || found.accessToken === undefined) return next;
  if ((found.accessExpiresAt ?? 0) <= (next.accessExpiresAt ?? 0)) return next;
  return {
    ...next,
    accessToken: found.accessToken,
    ...(found.accessExpiresAt === undefined ? {} : { accessExpiresAt: found.accessExpiresAt }),
    renewedAt: Math.max(found.renewedAt, next.renewedAt),
  };
}

function shortened(chain: readonly (string | undefined)[]): readonly (string | undefined)[] {
  return chain.length <= LONGEST_CHAIN ? chain : [...chain.slice(0, 1), ...chain.slice(1 - LONGEST_CHAIN)];
}

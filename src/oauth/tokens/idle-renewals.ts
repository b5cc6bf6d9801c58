import type { SettingsSource } from '../../settings/source.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import { errorText } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Random } from '../../shared/random.ts';
import { type AuthorizationStorage, rowId, type StoredAuthorization } from '../storage.ts';
import { isIdle } from './held-token.ts';
import { restOfRefusal } from './retry-pauses.ts';
import { type Wanted, wantedOf } from './wanted.ts';

/** Pauses between two looks at all authorizations, and before the first, ms. */
const LOOK_EVERY = 3_600_000;
const FIRST_LOOK = 60_000;

interface Dependencies {
  readonly storage: AuthorizationStorage;
  readonly settings: SettingsSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Never throws. */
  readonly renew: (wanted: Wanted) => Promise<void>;
}

export interface IdleRenewals {
  start(): void;
  stop(): void;
}

/**
 * Looks every hour at all authorizations of people and renews those that nobody has used for a week, so that no refresh token
 * dies of old age while no mail is sent, and tries again those that were called void. Several nodes do so at different
 * times; the lock of a renewal, and the row read under it, see to it that one of them asks.
 */
export function createIdleRenewals({
  storage,
  settings,
  clock,
  random,
  log,
  renew,
}: Dependencies): IdleRenewals {
  let timer: Timer | undefined;
  let stopped = true;

  async function look(): Promise<void> {
    try {
      const rows = new Map((await storage.list()).map((row) => [rowId(row.upstream, row.subject), row]));
      for (const upstream of settings.current().upstreams) {
        const wanted = wantedOf(upstream);
        const row = wanted?.person === true ? rows.get(rowId(wanted.upstream, wanted.subject)) : undefined;
        if (!stopped && wanted !== undefined && row?.key === wanted.key && isDue(row)) await renew(wanted);
      }
    } catch (error) {
      log.warn(`idle authorizations could not be looked at: ${errorText(error)}`);
    }
    schedule(LOOK_EVERY);
  }

  function isDue(row: StoredAuthorization): boolean {
    const now = clock.now();
    if (row.refreshToken === undefined) return false;
    if (row.failure !== undefined) return restOfRefusal(row.failure, now) === 0;
    return isIdle(row.renewedAt, now);
  }

  function schedule(after: number): void {
    if (!stopped) timer = clock.after(after * (0.8 + random.fraction() * 0.2), () => void look());
  }

  return {
    start() {
      if (!stopped) return;
      stopped = false;
      schedule(FIRST_LOOK);
    },
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}

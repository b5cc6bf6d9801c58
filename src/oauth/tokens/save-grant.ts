import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';
import type { Sealer } from '../../settings/sealer.ts';
import type { Clock } from '../../shared/clock.ts';
import { RelayError } from '../../shared/errors.ts';
import { pause } from '../pause.ts';
import type { Grant } from '../provider.ts';
import type { AuthorizationStorage } from '../storage.ts';
import { renewed } from './ask-provider.ts';
import { wantedOf } from './wanted.ts';

/** How long a renewal that is under way is waited for, and how long the save may take, ms. */
const LONGEST_WAIT = 10_000;
const LOOK_EVERY = 200;
const LOCKED_FOR = 10_000;

const MOST_RACES = 20;

interface Dependencies {
  readonly storage: AuthorizationStorage;
  readonly sealer: Sealer;
  readonly holder: string;
  readonly clock: Clock;
}

/**
 * Stores what a person's consent gave, in the place of what was there before. A renewal that is under way is let finish first,
 * so that its answer is not on its way when the new consent is stored; should it come later still, it finds another refresh token in
 * the row and is dropped. Throws RelayError `store-unavailable` and the like; `not-allowed` where there is no OAuth.
 */
export async function saveGrant(
  { storage, sealer, holder, clock }: Dependencies,
  upstream: UpstreamSettings,
  grant: Grant,
  by: string,
): Promise<void> {
  const wanted = wantedOf(upstream);
  if (wanted === undefined) {
    throw new RelayError('not-allowed', `Upstream ${upstream.name} does not sign in with OAuth 2.0.`);
  }
  const { subject } = wanted;
  const name = `${holder} consent`;
  const end = clock.monotonic() + LONGEST_WAIT;
  while (!(await storage.lock(wanted.upstream, subject, name, LOCKED_FOR)) && clock.monotonic() < end) {
    await pause(clock, LOOK_EVERY);
  }
  try {
    for (let race = 0; race < MOST_RACES; race += 1) {
      const row = await storage.find(wanted.upstream, subject);
      const now = clock.now();
      // Google gives a refresh token with the first consent only: where it is the same account again, the old one stays good.
      const sameAccount = grant.account !== undefined && grant.account === row?.account;
      const kept = grant.refreshToken !== undefined || sameAccount ? row : undefined;
      const next = {
        ...renewed(wanted, kept, grant, now, sealer),
        authorizedAt: now,
        authorizedBy: by,
      };
      if (await storage.save(next, row?.version ?? 0)) return;
    }
  } finally {
    await storage.unlock(wanted.upstream, subject, name).catch(() => undefined);
  }
  throw new RelayError('internal', 'The authorization could not be stored, others kept changing it.');
}

/**
 * One renewal of one authorization, over all nodes.
 *
 * Why the steps come in this order. Many providers void a refresh token the moment they have given the next one, and some
 * take the use of an old one for theft and void the whole consent. So:
 * 1. The row is read first: where another node has renewed, its access token is used and nobody is asked.
 * 2. The lock is taken before the refresh token is read for use, and the row is read again under it: a token read before could
 *    have been used up by whoever had the lock until then.
 * 3. The provider is asked once. From here on the new refresh token may exist in this process alone.
 * 4. It is stored, by compare-and-set, before anything else is done with the answer: before the access token is handed out, so
 *    before a message can depend on it, and before the lock is given back, so before anybody can read the old one for use.
 * 5. Only then are others let in. Where an answer comes so late that the lock has run out, step 4 still holds: grant-keeper.ts
 *    decides by descent whether the answer or the row is newer.
 * What no order can cure is the death of this process between 3 and 4. Then the old refresh token is tried after
 * the next start; where the provider takes it no more, that is told after three tries, and a person authorizes again.
 */
import type { Sealer } from '../../settings/sealer.ts';
import type { Clock } from '../../shared/clock.ts';
import { errorText, RelayError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Random } from '../../shared/random.ts';
import { nobodyAuthorized, notNow, otherSettings } from '../authorization-words.ts';
import { pause, within } from '../pause.ts';
import type { AuthorizationStorage, StoredAuthorization } from '../storage.ts';
import { type AskProvider, refusedBefore } from './ask-provider.ts';
import type { AuthorizationAlerts } from './authorization-alerts.ts';
import type { GrantKeeper } from './grant-keeper.ts';
import { ageOf, type HeldToken, heldToken } from './held-token.ts';
import type { RefusedTokens } from './refused-tokens.ts';
import { TokenTrouble, type Troubles } from './token-trouble.ts';
import type { Wanted } from './wanted.ts';

/** Longer than a provider's deadline (20 s) and the write behind it; shorter than an asker's patience, so that a dead holder costs no failure. */
const LOCKED_FOR = 30_000;

/** A provider that keeps its promise has answered or failed by then. Its answer is kept even when it comes later. */
const PROVIDER_DEADLINE = 22_000;

/** While another node renews: how long to wait for it, and between two looks, ms. */
const LONGEST_WAIT = 34_000;
const FIRST_LOOK = 25;
const LONGEST_LOOK = 1000;

/** Times that the row may turn out to have changed under our hands. */
const MOST_ROUNDS = 3;

interface Dependencies {
  readonly storage: AuthorizationStorage;
  readonly keeper: GrantKeeper;
  readonly sealer: Sealer;
  readonly ask: AskProvider;
  readonly troubles: Troubles;
  readonly refused: RefusedTokens;
  readonly alerts: AuthorizationAlerts;
  readonly holder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Renewal {
  /** A fresh token, from the row or from the provider. Rejects with TokenTrouble, and with nothing else; within 60 s. */
  obtain(wanted: Wanted): Promise<HeldToken>;
  /**
   * Resolves when no answer is outstanding any more that may bring a new refresh token, at the latest after `patience` ms. Locks
   * of other requests are given back: nothing is lost with their answers, and other nodes need not wait.
   */
  stop(patience: number): Promise<void>;
}

export function createRenewal(dependencies: Dependencies): Renewal {
  const { storage, keeper, sealer, ask, troubles, refused, alerts, holder, clock, random, log } =
    dependencies;
  /** What is asked under the lock. */
  const underWay = new Map<Promise<unknown>, { readonly wanted: Wanted; readonly name: string }>();
  let renewals = 0;

  /** The row, and its token where it is fresh. Throws TokenTrouble where the provider is not to be asked. */
  async function look(wanted: Wanted): Promise<{ row?: StoredAuthorization; held?: HeldToken }> {
    const row = await keeper.find(wanted.upstream, wanted.subject);
    if (wanted.person && row === undefined) throw new TokenTrouble(nobodyAuthorized(wanted.upstream), false);
    if (wanted.person && row?.key !== wanted.key)
      throw new TokenTrouble(otherSettings(wanted.upstream), false);
    if (row !== undefined && row.key === wanted.key) {
      const held = heldToken(row, sealer);
      const good = held !== undefined && ageOf(held, clock.now()) === 'fresh';
      if (good && !refused.has(wanted.id, held.token)) {
        if (wanted.main) alerts.works(wanted.upstream);
        return { held };
      }
      const before = wanted.person ? refusedBefore(row, clock.now()) : undefined;
      if (before !== undefined) throw new TokenTrouble(before, true);
    }
    const trouble = troubles.current(wanted.id);
    if (trouble !== undefined) throw new TokenTrouble(trouble, true);
    return row === undefined ? {} : { row };
  }

  /** A fresh token that somebody else has got, or the lock under this name. */
  async function tokenOrLock(wanted: Wanted, name: string): Promise<HeldToken | undefined> {
    const end = clock.monotonic() + LONGEST_WAIT;
    let wait = FIRST_LOOK;
    for (;;) {
      const { held } = await look(wanted);
      if (held !== undefined) return held;
      if (await storage.lock(wanted.upstream, wanted.subject, name, LOCKED_FOR)) return undefined;
      if (clock.monotonic() >= end) {
        throw new TokenTrouble(
          notNow(
            `The token of upstream ${wanted.upstream} is being renewed elsewhere for a long time.`,
            1000,
          ),
          true,
        );
      }
      await pause(clock, wait * (0.5 + random.fraction()));
      wait = Math.min(wait * 2, LONGEST_LOOK);
    }
  }

  async function unlock(wanted: Wanted, name: string): Promise<void> {
    await storage
      .unlock(wanted.upstream, wanted.subject, name)
      .catch((error: unknown) => log.debug({ err: error }, 'a renewal lock will run out by itself'));
  }

  /** Looks and asks under the lock, which is given back when the provider's answer has been dealt with, however late. */
  async function askLocked(wanted: Wanted, name: string): Promise<HeldToken | undefined> {
    const asked = (async () => {
      try {
        const { row, held } = await look(wanted);
        return held ?? (await ask(wanted, row));
      } finally {
        await unlock(wanted, name);
      }
    })();
    const settled = asked.catch(() => undefined).finally(() => underWay.delete(settled));
    underWay.set(settled, { wanted, name });
    return within(clock, PROVIDER_DEADLINE, asked, () => {
      const problem = notNow(`The token server of upstream ${wanted.upstream} does not answer.`);
      throw new TokenTrouble(troubles.note(wanted.id, wanted.upstream, problem), true);
    });
  }

  async function renew(wanted: Wanted): Promise<HeldToken> {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      renewals += 1;
      // A name of its own for each renewal: two of one process keep each other out as well.
      const name = `${holder} ${renewals}`;
      const held = (await tokenOrLock(wanted, name)) ?? (await askLocked(wanted, name));
      if (held !== undefined) return held;
    }
    throw new TokenTrouble(
      notNow(`The authorization of upstream ${wanted.upstream} is being changed elsewhere.`, 1000),
      true,
    );
  }

  return {
    obtain: (wanted) =>
      renew(wanted).catch((error: unknown) => {
        if (error instanceof TokenTrouble) throw error;
        if (!(error instanceof RelayError)) log.error({ err: error }, `renewing failed: ${errorText(error)}`);
        const why = error instanceof RelayError ? error.publicMessage : 'An error in Postern; see the log.';
        const problem = notNow(`The authorization of upstream ${wanted.upstream} cannot be read: ${why}`);
        throw new TokenTrouble(troubles.note(wanted.id, wanted.upstream, problem), true);
      }),
    async stop(patience) {
      const all = [...underWay].map(([settled, { wanted, name }]) => ({ settled, wanted, name }));
      const persons = all.filter(({ wanted }) => wanted.person).map(({ settled }) => settled);
      await within(clock, patience, Promise.all(persons), () => undefined);
      const others = all.filter(({ settled, wanted }) => !wanted.person && underWay.has(settled));
      await Promise.all(others.map(({ wanted, name }) => unlock(wanted, name)));
    },
  };
}

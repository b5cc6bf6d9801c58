import { PASSWORD_HASH_VARIABLE } from '../config/serve-options.ts';
import type { Sealer } from '../settings/sealer.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Meter } from '../shared/meter.ts';
import type { Random } from '../shared/random.ts';
import type { Secret } from '../shared/secret.ts';
import { createAttempts } from './attempts.ts';
import type { AuditTrail } from './audit.ts';
import type { Caller } from './caller.ts';
import { callerNow } from './callers.ts';
import { applyPasswordHash } from './environment-administrator.ts';
import { createHashing, type Hashing } from './hashing.ts';
import { createKnownBrowsers } from './known-browsers.ts';
import { createProfile, type Profile } from './profile.ts';
import { createSecondFactor } from './second-factor.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { createSetup, type Setup, type SetupLink } from './setup.ts';
import { createSignIn, type SignIn } from './sign-in.ts';
import type { AccessStorage } from './storage.ts';
import { createTokens, type Tokens } from './tokens.ts';
import { createUsers, type Users } from './users.ts';

/** Who may use the admin. */
export interface Access {
  readonly setup: Setup;
  readonly signIn: SignIn;
  readonly sessions: Sessions;
  readonly profile: Profile;
  readonly users: Users;
  readonly tokens: Tokens;
  /** The caller as they are now; undefined once their session, token or user is gone. For streams. */
  readonly callerNow: (caller: Caller) => Promise<Caller | undefined>;
  /**
   * Puts the password hash of the environment into force, and makes a setup link where nobody could sign in without one; the link is
   * for the terminal, not for the log. Call it when the address of the page is known. Throws RelayError.
   */
  start(): Promise<SetupLink | undefined>;
  close(): void;
}

export interface AccessDeps {
  readonly storage: AccessStorage;
  readonly sealer: Sealer;
  readonly audit: Pick<AuditTrail, 'record'>;
  /** Address of the page, as people open it: the access URL, or that of the admin. */
  readonly pageUrl: () => string;
  readonly hostname: () => string;
  readonly dataDirectory: string;
  /** Of the administrator `admin`, from the environment. */
  readonly adminPasswordHash?: Secret | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly meter: Meter;
  /** For tests, which check hundreds of passwords. */
  readonly hashing?: Hashing;
}

/** How often what is over is removed, ms. */
const CLEAN_EVERY = 15 * 60_000;

/** Joins the parts of who may use the admin. */
export function createAccess(deps: AccessDeps): Access {
  const { audit, clock, log, adminPasswordHash } = deps;
  const { hashing = createHashing() } = deps;
  const attempts = createAttempts(clock);
  const secondFactor = createSecondFactor(deps);
  const sessions = createSessions(deps);
  const pageUrl = () => deps.pageUrl().replace(/\/+$/, '');
  const setup = createSetup({ ...deps, pageUrl, sessions, hashing, attempts });
  let closed = false;
  let timer = clock.after(CLEAN_EVERY, clean);

  function clean(): void {
    void Promise.all([sessions.clean(), setup.clean()])
      .catch((error: unknown) =>
        log.warn({ error }, 'Sessions that are over could not be removed; that is tried again'),
      )
      .finally(() => {
        if (!closed) timer = clock.after(CLEAN_EVERY, clean);
      });
  }

  return {
    setup,
    sessions,
    signIn: createSignIn({
      ...deps,
      sessions,
      hashing,
      attempts,
      secondFactor,
      browsers: createKnownBrowsers(deps),
    }),
    profile: createProfile({ ...deps, sessions, hashing, attempts, secondFactor }),
    users: createUsers({ ...deps, hashing }),
    tokens: createTokens(deps),
    callerNow: (caller) => callerNow(caller, { sessions, storage: deps.storage, now: clock.now() }),

    async start() {
      if (adminPasswordHash !== undefined && (await applyPasswordHash(adminPasswordHash, deps))) {
        await audit.record({
          caller: { kind: 'machine', name: 'start' },
          address: 'this machine',
          action: 'user.changed',
          subject: 'admin',
          text: `The administrator admin has the password of ${PASSWORD_HASH_VARIABLE}`,
        });
      }
      await setup.clean();
      if (!(await setup.needed())) return undefined;
      const link = await setup.makeLink();
      log.info('Nobody may sign in yet: open the link in setup.link of the data directory');
      return link;
    },

    close() {
      closed = true;
      timer.cancel();
    },
  };
}

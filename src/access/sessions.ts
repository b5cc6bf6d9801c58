/**
 * Who is signed in. Promises that nothing in the store signs anybody in (only digests are kept), that a session ends for every node the
 * moment its row is gone (nothing is remembered beside the store), and that requests which the page makes by itself keep none alive.
 */
import type { Clock } from '../shared/clock.ts';
import type { Random } from '../shared/random.ts';
import { Secret } from '../shared/secret.ts';
import { digestOf } from './digest.ts';
import { ACCESS_LIMITS } from './limits.ts';
import type { AccessStorage, StoredSession, StoredUser } from './storage.ts';

/** Where a session is used from, for its owner to know it again. */
export interface SessionOrigin {
  readonly address: string;
  /** The `User-Agent` header. */
  readonly agent: string;
}

export interface LiveSession {
  readonly id: string;
  readonly user: StoredUser;
  readonly idleEndsAt: number;
  readonly endsAt: number;
}

/** A session with the value of its cookie, which is known only now. */
export interface NewSession {
  readonly session: LiveSession;
  readonly cookie: Secret;
}

export interface Sessions {
  /** Undefined when the user may not sign in any more, or has another password by now. */
  begin(user: StoredUser, origin: SessionOrigin): Promise<NewSession | undefined>;
  /** The session of a cookie; undefined when it has ended. `background`: nobody did anything, so that it is kept alive no longer. */
  find(cookie: string, options: { readonly background: boolean }): Promise<LiveSession | undefined>;
  /** The latest first. */
  list(user: string): Promise<readonly StoredSession[]>;
  /** Ends one session of the user. False when it had ended. */
  end(user: string, id: string): Promise<boolean>;
  /** Ends all of the user's sessions but one; answers how many there were. */
  endOthers(user: string, except: string): Promise<number>;
  /** Removes what is over from the store. */
  clean(): Promise<void>;
}

const COOKIE = /^[\w-]{43}$/;
const LONGEST_AGENT = 200;
const { idle, lifetime, seenEvery } = ACCESS_LIMITS;

export function createSessions(deps: {
  readonly storage: AccessStorage;
  readonly clock: Clock;
  readonly random: Random;
}): Sessions {
  const { storage, clock, random } = deps;

  return {
    async begin(user, { address, agent }) {
      const now = clock.now();
      const cookie = random.bytes(32).toString('base64url');
      const session: StoredSession = {
        id: random.bytes(12).toString('base64url'),
        hash: digestOf(cookie),
        user: user.id,
        createdAt: now,
        seenAt: now,
        expiresAt: now + lifetime,
        address,
        agent: agent.slice(0, LONGEST_AGENT),
      };
      const added = await storage.addSession(session, user.passwordHash, ACCESS_LIMITS.sessions);
      return added ? { session: live(session, user, now), cookie: new Secret(cookie) } : undefined;
    },

    async find(cookie, { background }) {
      if (!COOKIE.test(cookie)) return undefined;
      const found = await storage.findSession(digestOf(cookie));
      const now = clock.now();
      if (found === undefined || found.user.disabled || isOver(found.session, now)) return undefined;
      const { session, user } = found;
      if (background) return live(session, user, session.seenAt);
      if (now - session.seenAt >= seenEvery) await storage.touchSession(session.id, now);
      return live(session, user, now);
    },

    async list(user) {
      const now = clock.now();
      return (await storage.sessions(user)).filter((session) => !isOver(session, now));
    },

    async end(user, id) {
      const own = (await storage.sessions(user)).some((session) => session.id === id);
      return own && storage.removeSession(id);
    },

    endOthers: (user, except) => storage.removeSessions(user, except),

    clean: () => storage.removeExpiredSessions(clock.now(), clock.now() - idle),
  };
}

function live(session: StoredSession, user: StoredUser, seenAt: number): LiveSession {
  const { id, expiresAt } = session;
  return { id, user, idleEndsAt: Math.min(seenAt + idle, expiresAt), endsAt: expiresAt };
}

function isOver(session: StoredSession, now: number): boolean {
  return session.expiresAt <= now || session.seenAt + idle <= now;
}

/** What people do with their own way in: password and second factor. Each asks for the password again and begins a new session. */
import type { Sealer } from '../settings/sealer.ts';
import { RelayError } from '../shared/errors.ts';
import { Secret } from '../shared/secret.ts';
import type { Attempts } from './attempts.ts';
import type { Hashing } from './hashing.ts';
import { passwordFault } from './password-rules.ts';
import type { Enrolment, SecondFactor } from './second-factor.ts';
import type { NewSession, SessionOrigin, Sessions } from './sessions.ts';
import type { AccessStorage, StoredUser, UserChange } from './storage.ts';

/** The changes end all sessions of the user, and answer with a new one in place of the one that asked. */
export interface Profile {
  /** Throws RelayError `bad-request` with the fields that are wrong, and TooManyAttempts. */
  changePassword(
    user: StoredUser,
    current: string,
    password: string,
    origin: SessionOrigin,
  ): Promise<NewSession>;
  /** What an app needs; nothing is kept of it. */
  newSecondFactor(user: StoredUser): Enrolment;
  setSecondFactor(
    user: StoredUser,
    given: { readonly password: string; readonly secret: string; readonly code: string },
    origin: SessionOrigin,
  ): Promise<NewSession>;
  removeSecondFactor(user: StoredUser, password: string, origin: SessionOrigin): Promise<NewSession>;
}

export function createProfile(deps: {
  readonly storage: AccessStorage;
  readonly sessions: Sessions;
  readonly hashing: Hashing;
  readonly attempts: Attempts;
  readonly secondFactor: SecondFactor;
  readonly sealer: Sealer;
  /** Name of this machine, for people with several. */
  readonly hostname: () => string;
}): Profile {
  const { storage, sessions, hashing, attempts, secondFactor, sealer, hostname } = deps;

  async function proveSelf(user: StoredUser, password: string, field: string): Promise<void> {
    const attempt = attempts.own(user.id);
    if (!(await hashing.matches(user.passwordHash, password, true))) {
      throw faulty(field, 'is wrong', 'The password is wrong.');
    }
    attempt.forget();
  }

  async function changed(user: StoredUser, change: UserChange, origin: SessionOrigin): Promise<NewSession> {
    const options = { endSessions: true, ifPasswordHash: user.passwordHash };
    const done = await storage.changeUser(user.id, change, options);
    const { passwordHash = user.passwordHash } = change;
    const found = done === 'done' ? await storage.findUser(user.id) : undefined;
    const begun = found?.passwordHash === passwordHash ? await sessions.begin(found, origin) : undefined;
    if (begun !== undefined) return begun;
    throw new RelayError('unauthenticated', 'Somebody else has changed this user meanwhile; sign in again.');
  }

  return {
    async changePassword(user, current, password, origin) {
      await proveSelf(user, current, 'current');
      const fault =
        current === password ? 'is the one that you have; choose another one' : passwordFault(password, user);
      if (fault !== undefined) throw faulty('password', fault, `The password ${fault}.`);
      const passwordHash = await hashing.hash(password);
      return changed(user, { passwordHash, mustChangePassword: false }, origin);
    },

    newSecondFactor: (user) => secondFactor.make(`${user.name}@${hostname()}`),

    async setSecondFactor(user, { password, secret, code }, origin) {
      await proveSelf(user, password, 'password');
      const step = secondFactor.step(secret, code);
      if (step === undefined) {
        const text =
          'The code is wrong. Wait for the next one; if none is taken, see that the clocks of the phone and of this machine are right.';
        throw faulty('code', 'is wrong', text);
      }
      const totp = sealer.seal('second-factor', new Secret(secret), user.id);
      return changed(user, { totp, totpStep: step }, origin);
    },

    async removeSecondFactor(user, password, origin) {
      await proveSelf(user, password, 'password');
      return changed(user, { totp: undefined, totpStep: undefined }, origin);
    },
  };
}

function faulty(path: string, message: string, text: string): RelayError {
  return new RelayError('bad-request', text, { faults: [{ path, message }] });
}

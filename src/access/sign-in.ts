/**
 * Signing in with name, password and, where there is one, a code. Promises that a wrong name, a wrong password and a user who may not
 * sign in sound and take the same; that no code is good twice; and that what strangers type is recorded in bounded amounts and never in
 * full: people type passwords into the wrong field.
 */
import type { Sealer } from '../settings/sealer.ts';
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Meter } from '../shared/meter.ts';
import { ownCommand } from '../shared/own-commands.ts';
import type { Attempts } from './attempts.ts';
import type { AuditTrail } from './audit.ts';
import type { Hashing } from './hashing.ts';
import type { KnownBrowsers } from './known-browsers.ts';
import type { SecondFactor } from './second-factor.ts';
import type { NewSession, SessionOrigin, Sessions } from './sessions.ts';
import type { AccessStorage, StoredUser } from './storage.ts';
import { TooManyAttempts } from './too-many-attempts.ts';

export interface SignInRequest {
  readonly name: string;
  readonly password: string;
  readonly code?: string | undefined;
  readonly origin: SessionOrigin;
  /** What the browser keeps of an earlier sign-in. */
  readonly mark?: string | undefined;
  /** The cookie that the browser has, whose session ends with the new one. */
  readonly previous?: string | undefined;
}

export type SignInAnswer =
  | { readonly state: 'code-needed' }
  | ({ readonly state: 'signed-in' /** For the browser to keep. */; readonly mark: string } & NewSession);

export interface SignIn {
  /** Throws RelayError `unauthenticated`, TooManyAttempts and `overloaded`. */
  attempt(request: SignInRequest): Promise<SignInAnswer>;
}

/** Refused sign-ins that are recorded and logged in a minute; the metric counts them all. */
const MOST_RECORDED = 20;
const MINUTE = 60_000;

export function createSignIn(deps: {
  readonly storage: AccessStorage;
  readonly sessions: Sessions;
  readonly hashing: Hashing;
  readonly attempts: Attempts;
  readonly browsers: KnownBrowsers;
  readonly secondFactor: SecondFactor;
  readonly sealer: Sealer;
  readonly audit: Pick<AuditTrail, 'record'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}): SignIn {
  const { storage, sessions, hashing, attempts, browsers, secondFactor, sealer, audit, clock, log } = deps;
  const results = deps.meter.counter(
    'postern_sign_ins_total',
    'Attempts to sign in at the admin: signed-in, code-needed, refused, paused.',
    ['result'],
  );
  let recorded = { since: 0, count: 0 };

  async function recordRefusal(user: StoredUser | undefined, address: string, why: string): Promise<void> {
    const now = clock.monotonic();
    if (now - recorded.since >= MINUTE) recorded = { since: now, count: 0 };
    recorded = { ...recorded, count: recorded.count + 1 };
    if (recorded.count > MOST_RECORDED) return;
    const text = `A sign-in ${user === undefined ? 'with an unknown name' : `as ${user.name}`} was refused: ${why}`;
    log.warn({ address, user: user?.name }, text);
    await audit.record({
      caller: { kind: 'nobody', name: 'nobody' },
      address,
      action: 'user.sign-in-refused',
      ...(user === undefined ? {} : { subject: user.name }),
      text,
    });
  }

  async function codeIsGood(
    user: StoredUser,
    totp: string,
    code: string,
    browser: string | undefined,
  ): Promise<boolean> {
    const tried = attempts.code(user.id, browser);
    const step = secondFactor.step(sealer.open('second-factor', totp, user.id).reveal(), code);
    if (step === undefined || !(await storage.useTotpStep(user.id, step))) return false;
    tried.forget();
    return true;
  }

  /** The user with a hash of today's cost; as it was where that could not be stored. */
  async function rehashed(user: StoredUser, password: string): Promise<StoredUser> {
    if (!hashing.isOld(user.passwordHash)) return user;
    const passwordHash = await hashing.hash(password);
    const options = { ifPasswordHash: user.passwordHash };
    const changed = await storage.changeUser(user.id, { passwordHash }, options);
    return changed === 'done' ? { ...user, passwordHash } : user;
  }

  async function attempt(request: SignInRequest): Promise<SignInAnswer> {
    const { name, password, code, origin, mark, previous } = request;
    const user = await storage.findUserByName(name);
    const browser = user === undefined ? undefined : browsers.name(user.id, mark);
    const current = attempts.password({ name, address: origin.address, browser });
    const right = await hashing
      .matches(user?.passwordHash, password, browser !== undefined)
      .catch((error: unknown) => {
        current.forget();
        throw error;
      });
    if (user === undefined || !right || user.disabled) {
      const why = right ? 'this user may not sign in' : 'wrong password';
      await recordRefusal(user, origin.address, user === undefined ? 'nobody has this name' : why);
      throw refused();
    }
    if (user.totp !== undefined) {
      if (code === undefined) {
        current.forget();
        return { state: 'code-needed' };
      }
      if (!(await codeIsGood(user, user.totp, code, browser))) {
        await recordRefusal(user, origin.address, 'wrong code of the second factor');
        throw codeRefused();
      }
    }
    current.forget();
    const begun = await sessions.begin(await rehashed(user, password), origin);
    if (begun === undefined) throw refused();
    if (previous !== undefined) {
      const old = await sessions.find(previous, { background: true });
      if (old !== undefined) await sessions.end(old.user.id, old.id);
    }
    await storage.changeUser(user.id, { lastSignInAt: clock.now() });
    await audit.record({
      caller: { kind: 'user', name: user.name },
      address: origin.address,
      action: 'user.signed-in',
      subject: user.name,
      text: `${user.name} signed in${user.totp === undefined ? '' : ' with a second factor'}`,
    });
    return { state: 'signed-in', ...begun, mark: browsers.mark(user.id) };
  }

  return {
    async attempt(request) {
      try {
        const answer = await attempt(request);
        results.add(1, answer.state);
        return answer;
      } catch (error) {
        if (error instanceof TooManyAttempts) results.add(1, 'paused');
        else if (error instanceof RelayError && error.code === 'unauthenticated') results.add(1, 'refused');
        throw error;
      }
    },
  };
}

function refused(): RelayError {
  return new RelayError('unauthenticated', 'The name or the password is wrong.', {
    hint: `An administrator can give you a new password. Whoever may use the machine itself makes a link with ${ownCommand('setup-link')}.`,
  });
}

function codeRefused(): RelayError {
  return new RelayError('unauthenticated', 'The code is wrong, or was used already.', {
    faults: [{ path: 'code', message: 'is wrong, or was used already' }],
    hint: 'Wait for the next code. If none is taken, see that the clocks of the phone and of this machine are right.',
  });
}

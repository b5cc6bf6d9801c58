/**
 * Users, as others manage them. Promises that nobody makes somebody who may do more than themselves, that an administrator who may sign
 * in is always left, and that what takes rights away ends the user's sessions in the same transaction.
 */
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import type { Random } from '../shared/random.ts';
import type { Caller } from './caller.ts';
import type { Hashing } from './hashing.ts';
import { ACCESS_LIMITS } from './limits.ts';
import { newPassword } from './new-password.ts';
import { passwordFault } from './password-rules.ts';
import { permissionsOf, type Role } from './permissions.ts';
import type { AccessStorage, StoredUser, UserChange, UserChanged } from './storage.ts';

export interface NewUser {
  readonly name: string;
  readonly email?: string | undefined;
  readonly role: Role;
  readonly password?: string | undefined;
}

export interface UserRequest {
  readonly name?: string | undefined;
  /** Empty: none. */
  readonly email?: string | undefined;
  readonly role?: Role | undefined;
  readonly disabled?: boolean | undefined;
  readonly resetPassword?: true | undefined;
  readonly resetSecondFactor?: true | undefined;
}

/** A user with the password that was made, which is known only now. */
export interface ChangedUser {
  readonly user: StoredUser;
  readonly before?: StoredUser;
  readonly password?: string;
}

/** All throw RelayError: `forbidden`, `not-allowed`, `not-found`, `bad-request`. */
export interface Users {
  list(): Promise<readonly StoredUser[]>;
  find(id: string): Promise<StoredUser>;
  add(user: NewUser, by: Caller): Promise<ChangedUser>;
  change(id: string, request: UserRequest, by: Caller): Promise<ChangedUser>;
  /** Answers with who it was. */
  remove(id: string, by: Caller): Promise<StoredUser>;
}

export function createUsers(deps: {
  readonly storage: AccessStorage;
  readonly hashing: Hashing;
  readonly clock: Clock;
  readonly random: Random;
}): Users {
  const { storage, hashing, clock, random } = deps;

  async function find(id: string): Promise<StoredUser> {
    const user = await storage.findUser(id);
    if (user === undefined) throw unknownUser();
    return user;
  }

  return {
    list: () => storage.users(),
    find,

    async add({ name, email, role, password }, by) {
      mayGive(role, by);
      const users = await storage.users();
      if (users.length === 0 && role !== 'administrator') {
        throw new RelayError('not-allowed', 'The first user has to be an administrator.', {
          hint: 'Open the setup link, or add an administrator first.',
        });
      }
      if (users.length >= ACCESS_LIMITS.users) {
        throw new RelayError('not-allowed', `There are ${ACCESS_LIMITS.users} users, and no more fit.`);
      }
      const fault = password === undefined ? undefined : passwordFault(password, { name, email });
      if (fault !== undefined) throw faultyPassword(fault);
      const chosen = password ?? newPassword(random);
      const user: StoredUser = {
        id: random.bytes(12).toString('base64url'),
        name,
        ...(email === undefined ? {} : { email }),
        role,
        passwordHash: await hashing.hash(chosen),
        disabled: false,
        createdAt: clock.now(),
        createdBy: by.name,
        // Whoever has given it knows it.
        mustChangePassword: true,
      };
      if (!(await storage.addUser(user))) throw nameTaken(name);
      return { user, ...(password === undefined ? { password: chosen } : {}) };
    },

    async change(id, request, by) {
      const before = await find(id);
      const { name, email, role, disabled, resetPassword, resetSecondFactor } = request;
      mayGive(before.role, by);
      if (role !== undefined) mayGive(role, by);
      if (by.user === id && (resetPassword ?? resetSecondFactor ?? false)) {
        throw new RelayError('not-allowed', 'Change your own password and second factor in your profile.', {
          hint: 'There the password is asked for, so that a page left open is not enough.',
        });
      }
      const password = resetPassword ? newPassword(random) : undefined;
      const change: UserChange = {
        ...(name === undefined ? {} : { name }),
        ...(email === undefined ? {} : { email: email === '' ? undefined : email }),
        ...(role === undefined ? {} : { role }),
        ...(disabled === undefined ? {} : { disabled }),
        ...(password === undefined
          ? {}
          : { passwordHash: await hashing.hash(password), mustChangePassword: true }),
        ...(resetSecondFactor ? { totp: undefined, totpStep: undefined } : {}),
      };
      const less = (role !== undefined && role !== before.role) || (disabled ?? false);
      const endSessions = less || password !== undefined || resetSecondFactor === true;
      done(await storage.changeUser(id, change, { endSessions }), name ?? before.name);
      return { user: await find(id), before, ...(password === undefined ? {} : { password }) };
    },

    async remove(id, by) {
      const user = await find(id);
      mayGive(user.role, by);
      done(await storage.removeUser(id), user.name);
      return user;
    },
  };
}

/** Whoever manages users of a role could act as one of them. */
function mayGive(role: Role, by: Caller): void {
  const missing = permissionsOf(role).filter((permission) => !by.permissions.has(permission));
  if (missing.length === 0) return;
  throw new RelayError(
    'forbidden',
    `Users with the role ${role} may do more than you: ${missing.join(', ')}.`,
    {
      hint: 'Whoever holds all of that can do it.',
    },
  );
}

function done(changed: UserChanged, name: string): void {
  switch (changed) {
    case 'done':
      return;
    case 'unknown':
      throw unknownUser();
    case 'name-taken':
      throw nameTaken(name);
    case 'last-administrator':
      throw new RelayError('not-allowed', `Without ${name} no administrator would be left who may sign in.`, {
        hint: 'Give another user the role administrator first.',
      });
  }
}

/** A new password that is refused. */
export function faultyPassword(fault: string): RelayError {
  return new RelayError('bad-request', `The password ${fault}.`, {
    faults: [{ path: 'password', message: fault }],
  });
}

/** Another user has this name. */
export function nameTaken(name: string): RelayError {
  return new RelayError('not-allowed', `The name ${name} is taken.`, {
    faults: [{ path: 'name', message: 'is taken' }],
  });
}

function unknownUser(): RelayError {
  return new RelayError('not-found', 'There is no such user.');
}

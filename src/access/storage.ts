import type { Role } from './permissions.ts';

/** A person who may sign in. Names are compared without regard to case; times are ms since 1970. */
export interface StoredUser {
  readonly id: string;
  readonly name: string;
  readonly email?: string;
  readonly role: Role;
  /** PHC string of argon2id. */
  readonly passwordHash: string;
  /** Sealed secret of the second factor; absent while there is none. */
  readonly totp?: string;
  /** The last step of the second factor that was used, so that no code is good twice (RFC 6238 section 5.2). */
  readonly totpStep?: number;
  /** May not sign in. */
  readonly disabled: boolean;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly lastSignInAt?: number;
  /** Has to choose a password before anything else. */
  readonly mustChangePassword: boolean;
}

export interface StoredSession {
  readonly id: string;
  /** SHA-256 of what the cookie holds. */
  readonly hash: string;
  readonly user: string;
  readonly createdAt: number;
  readonly seenAt: number;
  /** The absolute end. */
  readonly expiresAt: number;
  readonly address: string;
  readonly agent: string;
}

export interface StoredToken {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the token. */
  readonly hash: string;
  /** Permissions, as they were called when it was made. */
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt?: number;
  readonly usedAt?: number;
}

/** One change, for the audit trail. Nothing in it is secret. */
export interface AuditEntry {
  /** Grows with time; of entries with one time the later is greater. */
  readonly id: string;
  readonly at: number;
  readonly by: string;
  readonly kind: 'user' | 'token' | 'machine' | 'nobody';
  /** Where the request came from. */
  readonly address: string;
  /** What was done, such as `settings.changed` or `user.signed-in`. */
  readonly action: string;
  /** To what, such as the name of a user or upstream. */
  readonly subject?: string;
  /** One line for people. */
  readonly text: string;
  /** What differs, a line each: where, before, after. */
  readonly changes?: readonly { readonly path: string; readonly before?: string; readonly after?: string }[];
}

/** Which entries are meant; all that are given have to match. */
export interface AuditFilter {
  /** Part of the name, without regard to case (A to Z). */
  readonly by?: string;
  /** An action such as `user.added`, or the part in front of the dot for all of an area. */
  readonly action?: string;
  /** Part of the subject, without regard to case (A to Z). */
  readonly subject?: string;
}

/** What is removed from the audit trail. */
export interface AuditLimits {
  /** Entries from before this time. */
  readonly before: number;
  /** How many there may be; of more, the oldest of whoever has the most go. */
  readonly keep: number;
  /** Of entries that nobody in particular caused, all but the latest so many: strangers push nothing else out. */
  readonly keepOfNobody: number;
}

/** The storage of the audit trail; store/audit.ts implements it. */
export interface AuditStorage {
  addAudit(entry: AuditEntry): Promise<void>;
  /** Latest first, before the entry `before` where given. */
  audit(filter: AuditFilter, limit: number, before?: string): Promise<readonly AuditEntry[]>;
  /** Removes at most `most` entries beyond the limits; answers how many. */
  removeAudit(limits: AuditLimits, most: number): Promise<number>;
}

/** With a change of a user, in the same transaction. */
export interface UserChangeOptions {
  /** All sessions of the user end. */
  readonly endSessions?: boolean;
  /** The change is made only while this is the user's password hash; else the user counts as unknown. */
  readonly ifPasswordHash?: string;
}

/** `last-administrator`: nobody would be left who may sign in and manage users. */
export type UserChanged = 'done' | 'unknown' | 'name-taken' | 'last-administrator';

/** The one setup token that is good now, on every node. */
export interface StoredSetup {
  /** SHA-256 of the token. */
  readonly hash: string;
  /** `first`: good only while there is no user. `again`: made on the machine, for somebody who lost their way in. */
  readonly kind: 'first' | 'again';
  /** Absent: as long as there is no user. */
  readonly expiresAt?: number;
}

/** The storage that access/ needs; store/access.ts implements it. */
export interface AccessStorage extends AuditStorage {
  /** By name. */
  users(): Promise<readonly StoredUser[]>;
  findUser(id: string): Promise<StoredUser | undefined>;
  findUserByName(name: string): Promise<StoredUser | undefined>;
  /** False when the name is taken. */
  addUser(user: StoredUser): Promise<boolean>;
  changeUser(id: string, change: UserChange, options?: UserChangeOptions): Promise<UserChanged>;
  /** With its sessions. */
  removeUser(id: string): Promise<UserChanged>;
  /** Marks a step of the second factor as used; false when it or a later one was used already. */
  useTotpStep(id: string, step: number): Promise<boolean>;

  /**
   * False when the user is gone, may not sign in any more, or has another password by now. Of a user's sessions the latest `most` stay.
   */
  addSession(session: StoredSession, passwordHash: string, most: number): Promise<boolean>;
  findSession(
    hash: string,
  ): Promise<{ readonly session: StoredSession; readonly user: StoredUser } | undefined>;
  /** The latest first. */
  sessions(user: string): Promise<readonly StoredSession[]>;
  touchSession(id: string, seenAt: number): Promise<void>;
  /** False when it had ended. */
  removeSession(id: string): Promise<boolean>;
  /** All of a user's, but for one where given; answers how many there were. */
  removeSessions(user: string, except?: string): Promise<number>;
  /** Those whose time is over or that were last seen before `idleSince`. */
  removeExpiredSessions(now: number, idleSince: number): Promise<void>;

  /** By name. */
  tokens(): Promise<readonly StoredToken[]>;
  /** False when the name is taken. */
  addToken(token: StoredToken): Promise<boolean>;
  findToken(hash: string): Promise<StoredToken | undefined>;
  touchToken(id: string, usedAt: number): Promise<void>;
  /** What was removed. */
  removeToken(id: string): Promise<StoredToken | undefined>;

  setup(): Promise<StoredSetup | undefined>;
  setSetup(setup: StoredSetup | undefined): Promise<void>;
  /**
   * Uses the setup token up and adds the user, both or neither. `invalid`: the token is not the one that is good now, its time is over,
   * or it was for the first user and there is one.
   */
  redeemSetup(hash: string, now: number, user: StoredUser): Promise<'added' | 'name-taken' | 'invalid'>;

  /** SHA-256 of the password hash from the environment that was put into force last. */
  appliedHash(): Promise<string | undefined>;
  setAppliedHash(hash: string): Promise<void>;
}

/** What is absent stays; what is `undefined` is taken away. */
export interface UserChange extends Partial<Omit<StoredUser, 'id' | 'email' | 'totp' | 'totpStep'>> {
  readonly email?: string | undefined;
  readonly totp?: string | undefined;
  readonly totpStep?: number | undefined;
}

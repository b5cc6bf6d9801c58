import type { Permission, Role } from './permissions.ts';

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
  readonly scopes: readonly Permission[];
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
  /** All but the latest so many. */
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

/** The storage that access/ needs; store/access.ts implements it. */
export interface AccessStorage extends AuditStorage {
  users(): Promise<readonly StoredUser[]>;
  findUser(id: string): Promise<StoredUser | undefined>;
  findUserByName(name: string): Promise<StoredUser | undefined>;
  /** False when the name is taken. */
  addUser(user: StoredUser): Promise<boolean>;
  /** The first administrator: false when there is any user already. */
  addFirstUser(user: StoredUser): Promise<boolean>;
  /** False when there is no such user, the name is taken, or no administrator would be left who may sign in. */
  changeUser(id: string, change: Partial<Omit<StoredUser, 'id'>>): Promise<boolean>;
  /** With its sessions. False when there is no such user, or no administrator would be left who may sign in. */
  removeUser(id: string): Promise<boolean>;
  /** Marks a step of the second factor as used; false when it or a later one was used already. */
  useTotpStep(id: string, step: number): Promise<boolean>;

  addSession(session: StoredSession): Promise<void>;
  findSession(
    hash: string,
  ): Promise<{ readonly session: StoredSession; readonly user: StoredUser } | undefined>;
  sessions(user: string): Promise<readonly StoredSession[]>;
  touchSession(id: string, seenAt: number): Promise<void>;
  removeSession(id: string): Promise<void>;
  /** All of a user's, but for one where given. */
  removeSessions(user: string, except?: string): Promise<void>;
  /** Those whose time is over or that were last seen before `idleSince`. */
  removeExpiredSessions(now: number, idleSince: number): Promise<void>;

  tokens(): Promise<readonly StoredToken[]>;
  /** False when the name is taken. */
  addToken(token: StoredToken): Promise<boolean>;
  findToken(hash: string): Promise<StoredToken | undefined>;
  touchToken(id: string, usedAt: number): Promise<void>;
  removeToken(id: string): Promise<boolean>;

  /** SHA-256 of the setup token that is good now, on every node. */
  setupHash(): Promise<string | undefined>;
  setSetupHash(hash: string | undefined): Promise<void>;
}

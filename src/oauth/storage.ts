/**
 * The consent behind an upstream as it is kept: one row for each upstream and subject, over all nodes. Tokens are sealed
 * (purpose `token`) before they come here. Times are ms since 1970.
 */
export interface StoredAuthorization {
  readonly upstream: string;
  /** Empty; for service accounts the mailbox. */
  readonly subject: string;
  /** Which settings it was given for (authorization-key.ts); another one makes it useless. */
  readonly key: string;
  readonly account?: string;
  readonly scopes?: string;
  /** Sealed; absent where the flow needs none. Never removed on account of an error. */
  readonly refreshToken?: string;
  /** Sealed; so that nodes share one token. */
  readonly accessToken?: string;
  readonly accessExpiresAt?: number;
  /** When a person consented, and who. */
  readonly authorizedAt: number;
  readonly authorizedBy: string;
  /** When the provider last gave a token. */
  readonly renewedAt: number;
  /** Last failure to renew; cleared by a success. */
  readonly failure?: StoredFailure;
  /** Counts up with every change. */
  readonly version: number;
}

/** What a row is known by in memory. */
export function rowId(upstream: string, subject: string): string {
  return JSON.stringify([upstream, subject]);
}

export interface StoredFailure {
  readonly at: number;
  readonly reason: 'unreachable' | 'authentication' | 'throttled' | 'configuration';
  readonly text: string;
  readonly remedy?: string;
  /** Times in a row that the provider called the grant void. */
  readonly refusals: number;
}

/** A sign-in that was begun and not finished. */
export interface PendingSignIn {
  /** What the browser or the caller knows it by; random, 128 bits and more. */
  readonly id: string;
  /** SHA-256 of the OAuth state, hex; absent for device codes. */
  readonly stateHash?: string;
  readonly upstream: string;
  readonly flow: 'authorization-code' | 'device-code';
  /** Sealed (purpose `session`): code verifier, device code, redirect URI, key of the authorization. */
  readonly sealed: string;
  readonly by: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly state: 'pending' | 'redeeming' | 'authorized' | 'failed';
  /** Account or failure, once it is over. */
  readonly result?: string;
  readonly remedy?: string;
}

/** Storage that oauth/ needs; store/ implements it. Throws RelayError `store-unavailable` and the like. */
export interface AuthorizationStorage {
  find(upstream: string, subject: string): Promise<StoredAuthorization | undefined>;
  list(): Promise<readonly StoredAuthorization[]>;
  /**
   * Writes the row if the stored version is `after` (0: there is none), with version `after + 1`; false when somebody else was
   * faster. On stable storage when it resolves.
   */
  save(authorization: StoredAuthorization, after: number): Promise<boolean>;
  remove(upstream: string): Promise<void>;
  /**
   * Takes the right to renew for `holder` for so many ms, by the database's clock; false while another holder has it. A holder that died loses it
   * when the time is over (SQLite: at the next start).
   */
  lock(upstream: string, subject: string, holder: string, milliseconds: number): Promise<boolean>;
  unlock(upstream: string, subject: string, holder: string): Promise<void>;

  addPending(pending: PendingSignIn): Promise<void>;
  findPending(id: string): Promise<PendingSignIn | undefined>;
  /** Finds by state and moves from `pending` to `redeeming` in one step, so that a code is redeemed once (AADSTS54005). */
  takePending(stateHash: string, now: number): Promise<PendingSignIn | undefined>;
  endPending(id: string, state: 'authorized' | 'failed', result: string, remedy?: string): Promise<void>;
  removeExpiredPending(now: number): Promise<void>;

  /** Another node, or this one, saved or removed an authorization; this one tells before `save` resolves. A callback must not throw. */
  onChange(callback: (upstream: string) => void): () => void;
}

import { type Selectable, sql, type Transaction } from 'kysely';
import type { AuthorizationStorage, PendingSignIn, StoredAuthorization } from '../oauth/storage.ts';
import type { Engine } from './engine.ts';
import { plainText } from './plain-text.ts';
import type { AuthorizationTable, Schema, SignInTable } from './schema.ts';
import { storedFailure } from './stored-json.ts';

/** Upstreams that this process is told of when word from other nodes was missed. */
const MOST_KNOWN = 10_000;

/**
 * Consents and tokens on either engine.
 *
 * `save` is compare-and-set: one statement that finds the row only in the version that the caller has read, so that of two
 * writers one learns that it was late. It resolves after the commit, which both engines sync. Locks follow the
 * database's clock, so that nodes whose own clocks differ agree on them.
 */
export function createAuthorizationStorage(engine: Engine): AuthorizationStorage {
  const { db, databaseNow } = engine;
  const callbacks = new Set<(upstream: string) => void>();
  const known = new Set<string>();

  /** Runs the change, tells other nodes with its commit and everybody here after it. */
  async function changing(
    upstream: string,
    change: (transaction: Transaction<Schema>) => Promise<bigint | undefined>,
  ): Promise<boolean> {
    const changed = await db.transaction().execute(async (transaction) => {
      const rows = await change(transaction);
      if (rows === undefined || rows === 0n) return false;
      await engine.announceAuthorization(transaction, upstream);
      return true;
    });
    if (changed) tell(upstream);
    return changed;
  }

  function tell(upstream: string): void {
    for (const callback of callbacks) callback(upstream);
  }

  engine.onAuthorization((upstream) => {
    for (const each of upstream === undefined ? known : [upstream]) tell(each);
  });

  return {
    async find(upstream, subject) {
      if (known.size < MOST_KNOWN) known.add(upstream);
      const row = await db
        .selectFrom('authorizations')
        .selectAll()
        .where('upstream', '=', upstream)
        .where('subject', '=', subject)
        .executeTakeFirst();
      return row === undefined ? undefined : authorizationOf(row);
    },

    async list() {
      const rows = await db
        .selectFrom('authorizations')
        .selectAll()
        .orderBy('upstream')
        .orderBy('subject')
        .execute();
      return rows.map(authorizationOf);
    },

    save(authorization, after) {
      const row = rowOf({ ...authorization, version: after + 1 });
      return changing(row.upstream, async (transaction) => {
        if (after === 0) {
          const added = await transaction
            .insertInto('authorizations')
            .values(row)
            .onConflict((key) => key.columns(['upstream', 'subject']).doNothing())
            .executeTakeFirst();
          return added.numInsertedOrUpdatedRows;
        }
        const { upstream, subject, ...columns } = row;
        const updated = await transaction
          .updateTable('authorizations')
          .set(columns)
          .where('upstream', '=', upstream)
          .where('subject', '=', subject)
          .where('version', '=', after)
          .executeTakeFirst();
        return updated.numUpdatedRows;
      });
    },

    async remove(upstream) {
      await changing(upstream, async (transaction) => {
        const removed = await transaction
          .deleteFrom('authorizations')
          .where('upstream', '=', upstream)
          .executeTakeFirst();
        return removed.numDeletedRows;
      });
    },

    async lock(upstream, subject, holder, milliseconds) {
      const until = sql<number>`${databaseNow} + ${milliseconds}`;
      const taken = await db
        .insertInto('renewal_locks')
        .values({ upstream, subject, holder, until })
        .onConflict((key) =>
          key
            .columns(['upstream', 'subject'])
            .doUpdateSet({ holder, until })
            .where(({ or, eb }) =>
              or([eb('renewal_locks.holder', '=', holder), eb('renewal_locks.until', '<=', databaseNow)]),
            ),
        )
        .executeTakeFirst();
      return (taken.numInsertedOrUpdatedRows ?? 0n) > 0n;
    },

    async unlock(upstream, subject, holder) {
      await db
        .deleteFrom('renewal_locks')
        .where('upstream', '=', upstream)
        .where('subject', '=', subject)
        .where('holder', '=', holder)
        .execute();
    },

    async addPending(pending) {
      await db.insertInto('sign_ins').values(signInRow(pending)).execute();
    },

    async findPending(id) {
      const row = await db.selectFrom('sign_ins').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : pendingOf(row);
    },

    async takePending(stateHash, now) {
      const row = await db
        .updateTable('sign_ins')
        .set({ state: 'redeeming' })
        .where('state_hash', '=', stateHash)
        .where('state', '=', 'pending')
        .where('expires_at', '>', now)
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? undefined : pendingOf(row);
    },

    async endPending(id, state, result, remedy) {
      // What a sign-in ended with stays: a late second word about it changes nothing.
      await db
        .updateTable('sign_ins')
        .set({ state, result: plainText(result), remedy: remedy === undefined ? null : plainText(remedy) })
        .where('id', '=', id)
        .where('state', 'in', ['pending', 'redeeming'])
        .execute();
    },

    async removeExpiredPending(now) {
      await db.deleteFrom('sign_ins').where('expires_at', '<=', now).execute();
    },

    onChange(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
  };
}

function rowOf(authorization: StoredAuthorization): Selectable<AuthorizationTable> {
  const { failure } = authorization;
  return {
    upstream: authorization.upstream,
    subject: plainText(authorization.subject),
    key: authorization.key,
    account: authorization.account === undefined ? null : plainText(authorization.account),
    scopes: authorization.scopes === undefined ? null : plainText(authorization.scopes),
    refresh_token: authorization.refreshToken ?? null,
    access_token: authorization.accessToken ?? null,
    access_expires_at: authorization.accessExpiresAt ?? null,
    authorized_at: authorization.authorizedAt,
    authorized_by: plainText(authorization.authorizedBy),
    renewed_at: authorization.renewedAt,
    failure: failure === undefined ? null : plainText(JSON.stringify(failure)),
    version: authorization.version,
  };
}

function authorizationOf(row: Selectable<AuthorizationTable>): StoredAuthorization {
  return {
    upstream: row.upstream,
    subject: row.subject,
    key: row.key,
    ...(row.account === null ? {} : { account: row.account }),
    ...(row.scopes === null ? {} : { scopes: row.scopes }),
    ...(row.refresh_token === null ? {} : { refreshToken: row.refresh_token }),
    ...(row.access_token === null ? {} : { accessToken: row.access_token }),
    ...(row.access_expires_at === null ? {} : { accessExpiresAt: row.access_expires_at }),
    authorizedAt: row.authorized_at,
    authorizedBy: row.authorized_by,
    renewedAt: row.renewed_at,
    ...(row.failure === null ? {} : { failure: storedFailure(row.failure) }),
    version: row.version,
  };
}

function signInRow(pending: PendingSignIn): Selectable<SignInTable> {
  return {
    id: pending.id,
    state_hash: pending.stateHash ?? null,
    upstream: pending.upstream,
    flow: pending.flow,
    sealed: pending.sealed,
    by: plainText(pending.by),
    created_at: pending.createdAt,
    expires_at: pending.expiresAt,
    state: pending.state,
    result: pending.result ?? null,
    remedy: pending.remedy ?? null,
  };
}

function pendingOf(row: Selectable<SignInTable>): PendingSignIn {
  return {
    id: row.id,
    ...(row.state_hash === null ? {} : { stateHash: row.state_hash }),
    upstream: row.upstream,
    flow: row.flow,
    sealed: row.sealed,
    by: row.by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    state: row.state,
    ...(row.result === null ? {} : { result: row.result }),
    ...(row.remedy === null ? {} : { remedy: row.remedy }),
  };
}

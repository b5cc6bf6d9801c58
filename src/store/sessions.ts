import type { Insertable, Kysely, Selectable } from 'kysely';
import type { AccessStorage, StoredSession } from '../access/storage.ts';
import type { Engine } from './engine.ts';
import { plainText } from './plain-text.ts';
import type { Schema, SessionTable } from './schema.ts';
import { userOf } from './user-row.ts';

/** The part of AccessStorage that is about sessions. */
export type SessionStorage = Pick<
  AccessStorage,
  | 'addSession'
  | 'findSession'
  | 'sessions'
  | 'touchSession'
  | 'removeSession'
  | 'removeSessions'
  | 'removeExpiredSessions'
>;

/** Sessions, on either engine. */
export function createSessionStorage({ db, locksRows }: Engine): SessionStorage {
  return {
    addSession(session, passwordHash, most) {
      return db.transaction().execute(async (transaction) => {
        const user = await transaction
          .selectFrom('users')
          .select('id')
          .where('id', '=', session.user)
          .where('password_hash', '=', passwordHash)
          .where('disabled', '=', 0)
          .$if(locksRows, (query) => query.forUpdate())
          .executeTakeFirst();
        if (user === undefined) return false;
        await transaction.insertInto('sessions').values(sessionRow(session)).execute();
        const kept = transaction
          .selectFrom('sessions')
          .select('id')
          .where('user_id', '=', session.user)
          .orderBy('created_at', 'desc')
          .orderBy('id')
          .limit(most);
        await transaction
          .deleteFrom('sessions')
          .where('user_id', '=', session.user)
          .where('id', '!=', session.id)
          .where('id', 'not in', kept)
          .execute();
        return true;
      });
    },

    async findSession(hash) {
      const row = await db.selectFrom('sessions').selectAll().where('hash', '=', hash).executeTakeFirst();
      if (row === undefined) return undefined;
      const user = await db.selectFrom('users').selectAll().where('id', '=', row.user_id).executeTakeFirst();
      return user === undefined ? undefined : { session: sessionOf(row), user: userOf(user) };
    },

    async sessions(user) {
      const rows = await db
        .selectFrom('sessions')
        .selectAll()
        .where('user_id', '=', user)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute();
      return rows.map(sessionOf);
    },

    async touchSession(id, seenAt) {
      await db
        .updateTable('sessions')
        .set({ seen_at: seenAt })
        .where('id', '=', id)
        .where('seen_at', '<', seenAt)
        .execute();
    },

    async removeSession(id) {
      const removed = await db.deleteFrom('sessions').where('id', '=', id).executeTakeFirst();
      return removed.numDeletedRows > 0n;
    },

    removeSessions: (user, except) => endSessions(db, user, except),

    async removeExpiredSessions(now, idleSince) {
      await db
        .deleteFrom('sessions')
        .where(({ or, eb }) => or([eb('expires_at', '<=', now), eb('seen_at', '<', idleSince)]))
        .execute();
    },
  };
}

/** Ends sessions of a user, all but one where given; answers how many there were. */
export async function endSessions(db: Kysely<Schema>, user: string, except?: string): Promise<number> {
  const removed = await db
    .deleteFrom('sessions')
    .where('user_id', '=', user)
    .$if(except !== undefined, (query) => query.where('id', '!=', except ?? ''))
    .executeTakeFirst();
  return Number(removed.numDeletedRows);
}

function sessionRow(session: StoredSession): Insertable<SessionTable> {
  return {
    id: session.id,
    hash: session.hash,
    user_id: session.user,
    created_at: session.createdAt,
    seen_at: session.seenAt,
    expires_at: session.expiresAt,
    address: plainText(session.address),
    agent: plainText(session.agent),
  };
}

function sessionOf(row: Selectable<SessionTable>): StoredSession {
  return {
    id: row.id,
    hash: row.hash,
    user: row.user_id,
    createdAt: row.created_at,
    seenAt: row.seen_at,
    expiresAt: row.expires_at,
    address: row.address,
    agent: row.agent,
  };
}

import type { Kysely, Transaction } from 'kysely';
import type { AccessStorage, StoredUser } from '../access/storage.ts';
import type { Engine } from './engine.ts';
import { nameKey } from './name-key.ts';
import type { Schema } from './schema.ts';
import { endSessions } from './sessions.ts';
import { userOf, userRow } from './user-row.ts';

/** The part of AccessStorage that is about users. */
export type UserStorage = Pick<
  AccessStorage,
  'users' | 'findUser' | 'findUserByName' | 'addUser' | 'changeUser' | 'removeUser' | 'useTotpStep'
>;

/** Users, on either engine; `lockUsers` keeps other nodes from changing them until the transaction ends. */
export function createUserStorage(
  { db }: Engine,
  lockUsers: (transaction: Transaction<Schema>) => Promise<void>,
): UserStorage {
  return {
    async users() {
      return (await db.selectFrom('users').selectAll().orderBy('name_key').execute()).map(userOf);
    },

    async findUser(id) {
      const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : userOf(row);
    },

    async findUserByName(name) {
      const row = await db
        .selectFrom('users')
        .selectAll()
        .where('name_key', '=', nameKey(name))
        .executeTakeFirst();
      return row === undefined ? undefined : userOf(row);
    },

    addUser: (user) => insertUser(db, user),

    changeUser(id, change, { endSessions: ends = false, ifPasswordHash } = {}) {
      return db.transaction().execute(async (transaction) => {
        await lockUsers(transaction);
        const row = await transaction.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
        if (row === undefined) return 'unknown';
        if (ifPasswordHash !== undefined && row.password_hash !== ifPasswordHash) return 'unknown';
        const before = userOf(row);
        const after = { ...before, ...change, id };
        const stays = after.role === 'administrator' && !after.disabled;
        if (isActingAdministrator(before) && !stays && !(await othersAdminister(transaction, id))) {
          return 'last-administrator';
        }
        const { id: _id, ...columns } = userRow(after);
        if (columns.name_key !== row.name_key && (await isTaken(transaction, columns.name_key))) {
          return 'name-taken';
        }
        await transaction.updateTable('users').set(columns).where('id', '=', id).execute();
        if (ends) await endSessions(transaction, id);
        return 'done';
      });
    },

    removeUser(id) {
      return db.transaction().execute(async (transaction) => {
        await lockUsers(transaction);
        const row = await transaction.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
        if (row === undefined) return 'unknown';
        if (isActingAdministrator(userOf(row)) && !(await othersAdminister(transaction, id))) {
          return 'last-administrator';
        }
        await transaction.deleteFrom('users').where('id', '=', id).execute();
        await endSessions(transaction, id);
        return 'done';
      });
    },

    async useTotpStep(id, step) {
      const used = await db
        .updateTable('users')
        .set({ totp_step: step })
        .where('id', '=', id)
        .where(({ or, eb }) => or([eb('totp_step', 'is', null), eb('totp_step', '<', step)]))
        .executeTakeFirst();
      return used.numUpdatedRows > 0n;
    },
  };
}

/** False when the name is taken. */
export async function insertUser(db: Kysely<Schema>, user: StoredUser): Promise<boolean> {
  const added = await db
    .insertInto('users')
    .values(userRow(user))
    .onConflict((key) => key.column('name_key').doNothing())
    .executeTakeFirst();
  return (added.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

async function isTaken(transaction: Transaction<Schema>, key: string): Promise<boolean> {
  const row = await transaction
    .selectFrom('users')
    .select('id')
    .where('name_key', '=', key)
    .executeTakeFirst();
  return row !== undefined;
}

function isActingAdministrator({ role, disabled }: StoredUser): boolean {
  return role === 'administrator' && !disabled;
}

/** Whether an administrator who may sign in is left without this one. */
async function othersAdminister(transaction: Transaction<Schema>, id: string): Promise<boolean> {
  const other = await transaction
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'administrator')
    .where('disabled', '=', 0)
    .where('id', '!=', id)
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}

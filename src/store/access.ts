import { type Kysely, sql, type Transaction } from 'kysely';
import type { AccessStorage, StoredSetup } from '../access/storage.ts';
import { createTokenStorage } from './api-tokens.ts';
import { createAuditStorage } from './audit.ts';
import type { Engine } from './engine.ts';
import type { Schema } from './schema.ts';
import { createSessionStorage } from './sessions.ts';
import { storedSetup } from './stored-json.ts';
import { createUserStorage, insertUser } from './users.ts';

const SETUP = 'setup';
const APPLIED_HASH = 'admin-password-hash';

/**
 * Who may use the admin, on either engine.
 *
 * Whatever decides on what is there before it changes it (the last administrator, the first user) holds the table of users against
 * other nodes until it has committed; a session is added only where the user's row still is what the password was checked against, and
 * a change that ends sessions locks that row first, so that no sign-in that was under way outlives it.
 */
export function createAccessStorage(engine: Engine): AccessStorage {
  const { db } = engine;

  /** SQLite runs one transaction at a time as it is. */
  async function lockUsers(transaction: Transaction<Schema>): Promise<void> {
    if (engine.locksRows) await sql`lock table users in share row exclusive mode`.execute(transaction);
  }

  return {
    ...createAuditStorage(engine),
    ...createUserStorage(engine, lockUsers),
    ...createSessionStorage(engine),
    ...createTokenStorage(engine),

    async setup() {
      const text = await fact(db, SETUP);
      return text === undefined ? undefined : storedSetup(text);
    },

    async setSetup(setup) {
      if (setup === undefined) await db.deleteFrom('facts').where('name', '=', SETUP).execute();
      else await setFact(db, SETUP, JSON.stringify(setup));
    },

    redeemSetup(hash, now, user) {
      return db.transaction().execute(async (transaction) => {
        await lockUsers(transaction);
        const text = await fact(transaction, SETUP);
        const setup = text === undefined ? undefined : storedSetup(text);
        const first = await transaction.selectFrom('users').select('id').limit(1).executeTakeFirst();
        if (setup === undefined || !isGood(setup, hash, now, first !== undefined)) return 'invalid';
        if (!(await insertUser(transaction, user))) return 'name-taken';
        await transaction.deleteFrom('facts').where('name', '=', SETUP).execute();
        return 'added';
      });
    },

    appliedHash: () => fact(db, APPLIED_HASH),
    setAppliedHash: (hash) => setFact(db, APPLIED_HASH, hash),
  };
}

function isGood(setup: StoredSetup, hash: string, now: number, usersExist: boolean): boolean {
  if (setup.hash !== hash || (setup.expiresAt ?? Number.POSITIVE_INFINITY) <= now) return false;
  return setup.kind === 'again' || !usersExist;
}

async function fact(db: Kysely<Schema>, name: string): Promise<string | undefined> {
  const row = await db.selectFrom('facts').select('value').where('name', '=', name).executeTakeFirst();
  return row?.value;
}

async function setFact(db: Kysely<Schema>, name: string, value: string): Promise<void> {
  await db
    .insertInto('facts')
    .values({ name, value })
    .onConflict((key) => key.column('name').doUpdateSet({ value }))
    .execute();
}

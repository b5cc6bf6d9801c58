import type { Insertable, Selectable } from 'kysely';
import type { AccessStorage, StoredToken } from '../access/storage.ts';
import type { Engine } from './engine.ts';
import { nameKey } from './name-key.ts';
import { plainText } from './plain-text.ts';
import type { TokenTable } from './schema.ts';
import { storedList } from './stored-json.ts';

/** The part of AccessStorage that is about API tokens. */
export type TokenStorage = Pick<
  AccessStorage,
  'tokens' | 'addToken' | 'findToken' | 'touchToken' | 'removeToken'
>;

/** API tokens, on either engine. */
export function createTokenStorage({ db }: Engine): TokenStorage {
  return {
    async tokens() {
      return (await db.selectFrom('api_tokens').selectAll().orderBy('name_key').execute()).map(tokenOf);
    },

    async addToken(token) {
      const added = await db
        .insertInto('api_tokens')
        .values(tokenRow(token))
        .onConflict((key) => key.column('name_key').doNothing())
        .executeTakeFirst();
      return (added.numInsertedOrUpdatedRows ?? 0n) > 0n;
    },

    async findToken(hash) {
      const row = await db.selectFrom('api_tokens').selectAll().where('hash', '=', hash).executeTakeFirst();
      return row === undefined ? undefined : tokenOf(row);
    },

    async touchToken(id, usedAt) {
      await db.updateTable('api_tokens').set({ used_at: usedAt }).where('id', '=', id).execute();
    },

    async removeToken(id) {
      const row = await db.deleteFrom('api_tokens').where('id', '=', id).returningAll().executeTakeFirst();
      return row === undefined ? undefined : tokenOf(row);
    },
  };
}

function tokenRow(token: StoredToken): Insertable<TokenTable> {
  return {
    id: token.id,
    name: plainText(token.name),
    name_key: nameKey(token.name),
    hash: token.hash,
    scopes: JSON.stringify(token.scopes),
    created_at: token.createdAt,
    created_by: plainText(token.createdBy),
    expires_at: token.expiresAt ?? null,
    used_at: token.usedAt ?? null,
  };
}

function tokenOf(row: Selectable<TokenTable>): StoredToken {
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    scopes: storedList(row.scopes),
    createdAt: row.created_at,
    createdBy: row.created_by,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.used_at === null ? {} : { usedAt: row.used_at }),
  };
}

import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema.ts';

/** Consents and tokens, the locks of their renewal, sign-ins under way. */
export async function createAuthorizations(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('authorizations')
    .addColumn('upstream', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('account', 'text')
    .addColumn('scopes', 'text')
    .addColumn('refresh_token', 'text')
    .addColumn('access_token', 'text')
    .addColumn('access_expires_at', 'bigint')
    .addColumn('authorized_at', 'bigint', (column) => column.notNull())
    .addColumn('authorized_by', 'text', (column) => column.notNull())
    .addColumn('renewed_at', 'bigint', (column) => column.notNull())
    .addColumn('failure', 'text')
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('authorizations_key', ['upstream', 'subject'])
    .execute();
  await db.schema
    .createTable('renewal_locks')
    .addColumn('upstream', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('holder', 'text', (column) => column.notNull())
    .addColumn('until', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('renewal_locks_key', ['upstream', 'subject'])
    .execute();
  await db.schema
    .createTable('sign_ins')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('state_hash', 'text')
    .addColumn('upstream', 'text', (column) => column.notNull())
    .addColumn('flow', 'text', (column) => column.notNull())
    .addColumn('sealed', 'text', (column) => column.notNull())
    .addColumn('by', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('result', 'text')
    .addColumn('remedy', 'text')
    .execute();
  await sql`create unique index sign_ins_state on sign_ins (state_hash) where state_hash is not null`.execute(
    db,
  );
}

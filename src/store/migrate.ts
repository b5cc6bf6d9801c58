import { type Kysely, sql } from 'kysely';
import { RelayError } from '../shared/errors.ts';
import type { Engine } from './engine.ts';
import { migrations as allMigrations, type Migration } from './migrations/migrations.ts';
import type { Schema } from './schema.ts';

/** A store that had data was brought to another schema version. */
export interface Migrated {
  readonly from: number;
  readonly to: number;
  /** The store as it was; undefined where the database makes its copies itself. */
  readonly copy: string | undefined;
}

/**
 * Brings the store to the schema of this code: forward only, everything in one transaction. A store that a newer Postern
 * has written is refused with `store-newer` and left as it is. A SQLite file that has data is copied first. Returns what
 * was done; undefined where the store was new or had this version already.
 */
export async function migrate(
  engine: Engine,
  migrations: readonly Migration[] = allMigrations,
): Promise<Migrated | undefined> {
  const known = migrations.at(-1)?.version ?? 0;
  const found = await readVersion(engine);
  refuseNewer(found, known);
  if (found === known) return undefined;
  const copy = found > 0 ? await engine.copyBeforeMigration(found) : undefined;
  const from = await engine.db.transaction().execute(async (transaction) => {
    await engine.lockMigrations(transaction);
    // Read again under the lock: another node may have migrated while we waited for it.
    const current = await newest(transaction);
    refuseNewer(current, known);
    for (const migration of migrations.filter((each) => each.version > current)) {
      await migration.up(transaction, engine);
      await transaction
        .insertInto('schema_versions')
        .values({ version: migration.version, name: migration.name, applied_at: engine.databaseNow })
        .execute();
    }
    return current;
  });
  return from > 0 && from < known ? { from, to: known, copy } : undefined;
}

/** The schema version of a store; 0 for an empty one, which has the table of versions afterwards. */
export function readVersion(engine: Engine): Promise<number> {
  return engine.db.transaction().execute(async (transaction) => {
    await engine.lockMigrations(transaction);
    await transaction.schema
      .createTable('schema_versions')
      .ifNotExists()
      .addColumn('version', 'integer', (column) => column.primaryKey().notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('applied_at', 'bigint', (column) => column.notNull())
      .execute();
    return newest(transaction);
  });
}

/** Throws `store-newer` when the store's version is beyond what this code knows. */
export function refuseNewer(found: number, known = allMigrations.at(-1)?.version ?? 0): void {
  if (found <= known) return;
  throw new RelayError(
    'store-newer',
    `The store has schema version ${found}; this Postern knows versions up to ${known}.`,
    {
      hint: 'Start the newer Postern that wrote the store, or restore a backup that this version made, such as postern.db.version-N beside a SQLite store.',
    },
  );
}

async function newest(db: Kysely<Schema>): Promise<number> {
  const row = await db
    .selectFrom('schema_versions')
    .select(sql<number>`coalesce(max(version), 0)`.as('version'))
    .executeTakeFirst();
  return row?.version ?? 0;
}

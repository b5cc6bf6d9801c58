import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Kysely, sql } from 'kysely';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Engine } from '../engine.ts';
import type { StoreFaults } from '../faults.ts';
import type { Schema } from '../schema.ts';
import { copyStore } from './backup.ts';
import { type EncodedBatch, encodeChunk, encodeCommit, hotStatements } from './commit.ts';
import { createSqliteDialect } from './dialect.ts';
import { prepareFile, sqlitePath } from './files.ts';
import { createGate } from './gate.ts';
import { createWorkerClient } from './worker-client.ts';

interface SqliteOptions {
  /** `sqlite:` or `sqlite:PATH`. */
  readonly database: string;
  readonly dataDirectory: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly faults?: StoreFaults | undefined;
  /** For measuring others than ours. */
  readonly pragmas?: string | undefined;
}

/**
 * How the file is written. `exclusive` before the first read: the lock is then kept, a second process is refused, and
 * the log's index stays in memory. The sizes were measured, see test/store/measure.ts.
 */
export const PRAGMAS = `
  pragma page_size = 16384;
  pragma locking_mode = exclusive;
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma cache_size = -8192;
  pragma wal_autocheckpoint = 1000;
  pragma journal_size_limit = 67108864;
  pragma temp_store = memory;
`;

/** Opens the SQLite engine; throws `store-busy` when another process has the file. */
export async function openSqlite(options: SqliteOptions): Promise<Engine> {
  const { log, clock, faults } = options;
  const path = sqlitePath(options.database, options.dataDirectory);
  const directory = dirname(path);
  await prepareFile(path);
  const client = await createWorkerClient({
    open: { kind: 'open', path, statements: hotStatements, pragmas: options.pragmas ?? PRAGMAS },
    directory,
    log,
    clock,
  });
  const gate = createGate();
  const db = new Kysely<Schema>({ dialect: createSqliteDialect(client, gate) });

  function run(batch: EncodedBatch, synced: boolean) {
    const fault = synced ? faults?.next() : undefined;
    return gate.pass(() =>
      client.batch({ kind: 'batch', ...batch, synced, ...(fault === undefined ? {} : { fault }) }),
    );
  }

  return {
    kind: 'sqlite',
    db,
    locksRows: false,
    bytesType: 'blob',
    databaseNow: sql<number>`cast(unixepoch('subsec') * 1000 as integer)`,
    idList: (ids) => sql<string>`(select value from json_each(${JSON.stringify(ids)}))`,

    async commit(work) {
      const [missed = []] = await run(encodeCommit(work), true);
      return { lost: missed.flatMap((index) => work.batch.settles[index]?.id ?? []) };
    },

    async writeChunk(id, number, data) {
      // Not synced: the sync of the commit that names the chunk covers everything in the log before it.
      await run(encodeChunk(id, number, data), false);
    },

    // One process has the file, so there is no other node to wake or to hear from.
    wake: () => Promise.resolve(),
    announceSettings: () => Promise.resolve(),
    announceAuthorization: () => Promise.resolve(),
    onWake: () => () => undefined,
    onSettings: () => () => undefined,
    onAuthorization: () => () => undefined,
    lockMigrations: () => Promise.resolve(),

    async copyBeforeMigration(version) {
      const copy = `${path}.version-${version}`;
      await copyStore(client, copy, true);
      return copy;
    },

    backup: (target) => copyStore(client, target),

    async freeBytes() {
      const [disk, free] = await Promise.all([
        statfs(directory),
        sql<{ bytes: number }>`select freelist_count * page_size as bytes
          from pragma_freelist_count, pragma_page_size`.execute(db),
      ]);
      return disk.bavail * disk.bsize + (free.rows[0]?.bytes ?? 0);
    },

    async close() {
      await db.destroy();
      await client.close();
    },
  };
}

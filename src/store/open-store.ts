import { sql } from 'kysely';
import type { AccessStorage } from '../access/storage.ts';
import type { UpstreamTestStorage } from '../delivery/upstream-tests.ts';
import type { DeniedStorage } from '../inbound/denied.ts';
import type { DeviceStorage } from '../inbound/devices.ts';
import type { AuthorizationStorage } from '../oauth/storage.ts';
import type { QueueStorage } from '../queue/storage.ts';
import type { TrafficStorage } from '../queue/traffic-storage.ts';
import type { SettingsStorage } from '../settings/storage.ts';
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { createAccessStorage } from './access.ts';
import { createAuthorizationStorage } from './authorizations.ts';
import { createDeniedStorage } from './denied.ts';
import { createDeviceStorage } from './devices.ts';
import type { Engine } from './engine.ts';
import type { StoreFaults } from './faults.ts';
import { type Migrated, migrate } from './migrate.ts';
import type { Migration } from './migrations/migrations.ts';
import { openPostgres } from './postgres/open-postgres.ts';
import { createQueueStorage } from './queue.ts';
import { createSettingsStorage } from './settings.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';
import { createTrafficStorage } from './traffic.ts';
import { createUpstreamTestStorage } from './upstream-tests.ts';

/** The store, opened and migrated. Everything it throws is a RelayError. */
export interface Store {
  readonly kind: 'sqlite' | 'postgres';
  readonly queue: QueueStorage;
  readonly settings: SettingsStorage;
  readonly denied: DeniedStorage;
  readonly devices: DeviceStorage;
  readonly traffic: TrafficStorage;
  readonly authorizations: AuthorizationStorage;
  readonly access: AccessStorage;
  readonly upstreamTests: UpstreamTestStorage;
  /** A consistent copy in a new file, made while the store works. Throws `not-allowed` on PostgreSQL. */
  backup(path: string): Promise<void>;
  /** Bytes that the store can still grow by; infinite on PostgreSQL, whose disk is not ours to see. */
  freeBytes(): Promise<number>;
  /** Resolves when the database answers; throws `store-unavailable` otherwise. Cheap. */
  healthy(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenStoreOptions {
  /** `sqlite:`, `sqlite:PATH` (relative to the data directory) or `postgres://…`. */
  readonly database: string;
  readonly dataDirectory: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Id of the node that opens it, as it is now; left out by tools that own no messages. */
  readonly node?: () => string;
  /** For tests only. */
  readonly faults?: StoreFaults;
  /** For tests only: another list of migrations. */
  readonly migrations?: readonly Migration[];
}

/**
 * Opens the store and brings it to this version's schema. Throws `configuration` for an address that is none,
 * `store-busy` when another process has the SQLite file, `store-newer` when a newer Postern wrote it.
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { clock, node = () => '' } = options;
  const engine = await openEngine(options);
  try {
    const migrated = await migrate(engine, options.migrations);
    if (migrated !== undefined) options.log.warn({ ...migrated }, migrationText(migrated));
    // Whoever was a node of this file is dead, for we have its lock: leases and locks need not run out first. With a condition, because
    // SQLite writes a page for a delete without one even where there is nothing, and the disk may be full.
    if (engine.kind === 'sqlite') {
      await engine.db.deleteFrom('nodes').where('id', 'is not', null).execute();
      await engine.db.deleteFrom('renewal_locks').where('holder', 'is not', null).execute();
    }
  } catch (error) {
    await engine.close();
    throw error;
  }
  return {
    kind: engine.kind,
    queue: createQueueStorage({ engine, clock, node }),
    settings: createSettingsStorage(engine),
    denied: createDeniedStorage(engine),
    devices: createDeviceStorage(engine),
    traffic: createTrafficStorage(engine),
    authorizations: createAuthorizationStorage(engine),
    access: createAccessStorage(engine),
    upstreamTests: createUpstreamTestStorage(engine),
    backup: (path) => engine.backup(path),
    freeBytes: () => engine.freeBytes(),
    healthy: async () => {
      await sql`select 1`.execute(engine.db);
    },
    close: () => engine.close(),
  };
}

function openEngine(options: OpenStoreOptions): Promise<Engine> {
  if (options.database.startsWith('sqlite:')) return openSqlite(options);
  if (/^postgres(ql)?:\/\//.test(options.database)) return openPostgres(options);
  // The address may hold a password, so it is not repeated.
  throw new RelayError('configuration', 'The database address is neither sqlite: nor postgres://.', {
    hint: 'Use --database sqlite: for a file in the data directory, or --database postgres://USER@HOST/NAME.',
  });
}

function migrationText({ from, to, copy }: Migrated): string {
  const done = `The store was brought from schema version ${from} to ${to}; an older Postern cannot open it any more.`;
  return copy === undefined ? done : `${done} The store as it was is in ${copy}; remove it when all is well.`;
}

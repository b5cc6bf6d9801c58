import { randomUUID } from 'node:crypto';
import { Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type pg from 'pg';
import type { CommitResult } from '../../queue/storage.ts';
import type { Clock } from '../../shared/clock.ts';
import { errorText, RelayError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { CommitWork, Engine, Wake } from '../engine.ts';
import type { StoreFault, StoreFaults } from '../faults.ts';
import type { Schema } from '../schema.ts';
import { insertChunks, writeCommit } from './commit.ts';
import { createPostgresDialect } from './dialect.ts';
import { isLockConflict, postgresError } from './errors.ts';
import { createListener } from './listener.ts';
import { createPool } from './pool.ts';

interface PostgresOptions {
  readonly database: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly faults?: StoreFaults | undefined;
}

const WAKE = 'postern_wake';
const SETTINGS = 'postern_settings';
const AUTHORIZATION = 'postern_authorization';

/** Any number, the same in every Postern: the advisory lock of migrations. */
const MIGRATION_LOCK = 7_062_525;

/** NOTIFY refuses 8,000 bytes and more. */
const LONGEST_PAYLOAD = 7_900;

/** Times that a transaction is run again after a lock conflict. */
const LOCK_RETRIES = 3;

/** Opens the PostgreSQL engine; throws `store-unavailable` when the server does not answer. */
export async function openPostgres({ database, log, clock, faults }: PostgresOptions): Promise<Engine> {
  const pool = createPool(database, log);
  const db = new Kysely<Schema>({ dialect: createPostgresDialect(pool) });
  const self = randomUUID();
  const wakeCallbacks = new Set<(wake: Wake) => void>();
  const settingsCallbacks = new Set<(revision: number) => void>();
  const authorizationCallbacks = new Set<(upstream: string | undefined) => void>();
  const listener = createListener({
    database,
    channels: [WAKE, SETTINGS, AUTHORIZATION],
    log,
    clock,
    onNotification: (channel, payload) => {
      const word = parsePayload(payload);
      if (word === undefined || word.from === self) return;
      if (channel === SETTINGS && word.revision !== undefined) heardSettings(word.revision);
      if (channel === AUTHORIZATION && word.upstream !== undefined) heardAuthorization(word.upstream);
      if (channel === WAKE && word.node !== undefined && word.lane !== undefined) {
        heardWake({ node: word.node, lane: word.lane });
      }
    },
    onReturn: () => void catchUp(),
  });

  function heardWake(wake: Wake): void {
    for (const callback of wakeCallbacks) callback(wake);
  }

  function heardSettings(revision: number): void {
    for (const callback of settingsCallbacks) callback(revision);
  }

  function heardAuthorization(upstream: string | undefined): void {
    for (const callback of authorizationCallbacks) callback(upstream);
  }

  /** What was said while we did not listen is in the database. */
  async function catchUp(): Promise<void> {
    heardAuthorization(undefined);
    try {
      const latest = await db
        .selectFrom('settings')
        .select(({ fn }) => fn.max('revision').as('revision'))
        .executeTakeFirst();
      if (typeof latest?.revision === 'number') heardSettings(latest.revision);
      const lanes = await db
        .selectFrom('messages')
        .select(['node', 'lane'])
        .distinct()
        .where('state', '=', sql.lit('queued'))
        .execute();
      for (const lane of lanes) heardWake(lane);
    } catch (error) {
      log.warn(`what other nodes have said meanwhile could not be read: ${errorText(error)}`);
    }
  }

  async function notify(transaction: Transaction<Schema>, channel: string, payload: object): Promise<void> {
    const text = JSON.stringify({ ...payload, from: self });
    if (Buffer.byteLength(text) > LONGEST_PAYLOAD) return;
    await sql`select pg_notify(${channel}, ${text})`.execute(transaction);
  }

  try {
    await warnUnlessDurable(db, log);
    await listener.start();
  } catch (error) {
    await listener.stop();
    await db.destroy();
    throw postgresError(error);
  }

  return {
    kind: 'postgres',
    db,
    locksRows: true,
    bytesType: 'bytea',
    databaseNow: sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`,
    idList: (ids): RawBuilder<string> => sql<string>`(select unnest(${[...ids]}::text[]))`,

    async commit(work): Promise<CommitResult> {
      const fault = faults?.next();
      for (let attempt = 0; ; attempt += 1) {
        try {
          return { lost: await commitOnce(pool, work, fault) };
        } catch (error) {
          if (attempt < LOCK_RETRIES && isLockConflict(error)) continue;
          throw postgresError(error);
        }
      }
    },

    async writeChunk(message, number, data) {
      try {
        await insertChunks(pool, [{ message, number, data }]);
      } catch (error) {
        throw postgresError(error);
      }
    },

    async wake(transaction, wakes) {
      const distinct = new Map(wakes.map((wake) => [JSON.stringify([wake.node, wake.lane]), wake]));
      for (const wake of distinct.values())
        await notify(transaction, WAKE, { node: wake.node, lane: wake.lane });
    },
    announceSettings: (transaction, revision) => notify(transaction, SETTINGS, { revision }),
    announceAuthorization: (transaction, upstream) => notify(transaction, AUTHORIZATION, { upstream }),

    onWake(callback) {
      wakeCallbacks.add(callback);
      return () => wakeCallbacks.delete(callback);
    },
    onSettings(callback) {
      settingsCallbacks.add(callback);
      return () => settingsCallbacks.delete(callback);
    },
    onAuthorization(callback) {
      authorizationCallbacks.add(callback);
      return () => authorizationCallbacks.delete(callback);
    },

    async lockMigrations(transaction) {
      await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(transaction);
    },
    // A migration is one transaction there, and copies are made by the database's own tools.
    copyBeforeMigration: () => Promise.resolve(undefined),
    backup: () =>
      Promise.reject(
        new RelayError('not-allowed', 'Postern does not copy a PostgreSQL database itself.', {
          hint: 'Use pg_dump, or the base backup that your PostgreSQL server has.',
        }),
      ),
    freeBytes: () => Promise.resolve(Number.POSITIVE_INFINITY),

    async close() {
      await listener.stop();
      await db.destroy();
    },
  };
}

async function commitOnce(
  pool: pg.Pool,
  work: CommitWork,
  fault: StoreFault | undefined,
): Promise<readonly string[]> {
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query('begin');
    const lost = await writeCommit(client, work);
    if (fault !== undefined) throw injected(fault);
    const { command } = await client.query('commit');
    // The server answers the commit of a transaction that has failed with a rollback, not with an error.
    if (command !== 'COMMIT')
      throw new RelayError('store-unavailable', 'The database did not keep a transaction.');
    broken = false;
    return lost;
  } catch (error) {
    // When the rollback does not get through either, the connection goes, and the server rolls back by itself.
    if (fault !== 'crash') {
      await client.query('rollback').then(
        () => (broken = false),
        () => undefined,
      );
    }
    throw error;
  } finally {
    client.release(broken);
  }
}

function injected(fault: StoreFault): Error {
  return Object.assign(new Error(`injected fault: ${fault}`), { code: fault === 'full' ? '53100' : '58030' });
}

/** A server that does not sync loses mail in a power cut, whatever we ask of it. */
async function warnUnlessDurable(db: Kysely<Schema>, log: Log): Promise<void> {
  const { rows } = await sql<{ fsync: string }>`select current_setting('fsync') as fsync`.execute(db);
  if (rows[0]?.fsync === 'on') return;
  log.warn('the PostgreSQL server runs with fsync=off: a power cut there can lose mail that was accepted');
}

interface Word {
  readonly from?: string;
  readonly node?: string;
  readonly lane?: string;
  readonly revision?: number;
  readonly upstream?: string;
}

/** Anybody who may connect to the database can send a notification, so its form is not taken for granted. */
function parsePayload(payload: string): Word | undefined {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  return {
    ...('from' in value && typeof value.from === 'string' ? { from: value.from } : {}),
    ...('node' in value && typeof value.node === 'string' ? { node: value.node } : {}),
    ...('lane' in value && typeof value.lane === 'string' ? { lane: value.lane } : {}),
    ...('revision' in value && typeof value.revision === 'number' ? { revision: value.revision } : {}),
    ...('upstream' in value && typeof value.upstream === 'string' ? { upstream: value.upstream } : {}),
  };
}

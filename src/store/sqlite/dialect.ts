import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { RelayError } from '../../shared/errors.ts';
import type { Gate } from './gate.ts';
import type { WorkerClient } from './worker-client.ts';

/** Kysely over the worker thread: its SQLite compiler, and a driver of ours that sends the statements there. */
export function createSqliteDialect(client: WorkerClient, gate: Gate): Dialect {
  return {
    createAdapter: () => new ThreadAdapter(),
    createDriver: () => createDriver(client, gate),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** Kysely would wait for each answer before it sends the next query; the thread takes them in order anyway. */
class ThreadAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** Every query gets a connection of its own; they share the thread, and `gate` keeps others out of a transaction. */
class SqliteConnection implements DatabaseConnection {
  readonly #client: WorkerClient;
  readonly #gate: Gate;
  /** The worker's life in which our transaction was begun. */
  #life: number | undefined;

  constructor(client: WorkerClient, gate: Gate) {
    this.#client = client;
    this.#gate = gate;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const run = () => this.#client.query(query.sql, query.parameters, this.#life);
    const { columns, rows, changes } = await (this.#life === undefined ? this.#gate.pass(run) : run());
    if (columns.length === 0) return { rows: [], numAffectedRows: BigInt(changes) };
    const objects: readonly unknown[] = rows.map((row) => objectOf(columns, row));
    // Kysely knows the shape of a row from its query; here it is only what SQLite returned.
    const typed = objects.filter((row): row is R => typeof row === 'object');
    return { rows: typed, numAffectedRows: BigInt(changes) };
  }

  streamQuery(): never {
    throw new RelayError('internal', 'The SQLite store does not stream rows.');
  }

  async begin(): Promise<void> {
    try {
      await this.#gate.enter(async () => {
        this.#life = this.#client.life();
        await this.#client.query('begin immediate', [], this.#life);
      });
    } catch (error) {
      this.#finish();
      throw error;
    }
  }

  async end(statement: 'commit' | 'rollback'): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    try {
      await this.#client.query(statement, [], life);
      this.#finish();
    } catch (error) {
      // Kysely rolls back after a commit that failed; whatever became of a rollback, the transaction is over.
      if (statement === 'commit') throw error;
      this.#finish();
    }
  }

  #finish(): void {
    this.#life = undefined;
    this.#gate.leave();
  }
}

function own(connection: DatabaseConnection): SqliteConnection {
  if (connection instanceof SqliteConnection) return connection;
  throw new RelayError('internal', 'A connection of another driver.');
}

function createDriver(client: WorkerClient, gate: Gate): Driver {
  return {
    init: () => Promise.resolve(),
    acquireConnection: () => Promise.resolve(new SqliteConnection(client, gate)),
    beginTransaction: (connection) => own(connection).begin(),
    commitTransaction: (connection) => own(connection).end('commit'),
    rollbackTransaction: (connection) => own(connection).end('rollback'),
    releaseConnection: () => Promise.resolve(),
    destroy: () => Promise.resolve(),
  };
}

function objectOf(columns: readonly string[], row: readonly unknown[]): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [index, column] of columns.entries()) object[column] = row[index];
  return object;
}

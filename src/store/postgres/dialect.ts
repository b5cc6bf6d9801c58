import { type DatabaseConnection, type Dialect, type Driver, PostgresDialect } from 'kysely';
import type pg from 'pg';
import { RelayError } from '../../shared/errors.ts';
import { plainText } from '../plain-text.ts';
import { postgresError } from './errors.ts';

/** Kysely's own PostgreSQL dialect, but that everything it throws is a RelayError. */
export function createPostgresDialect(pool: pg.Pool): Dialect {
  const dialect = new PostgresDialect({ pool });
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => translating(dialect.createDriver()),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

class TranslatingConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;

  constructor(inner: DatabaseConnection) {
    this.inner = inner;
  }

  executeQuery: DatabaseConnection['executeQuery'] = (query, options) =>
    translated(
      this.inner.executeQuery({ ...query, parameters: query.parameters.map(plainParameter) }, options),
    );

  streamQuery(): never {
    throw new RelayError('internal', 'The PostgreSQL store does not stream rows.');
  }
}

/** PostgreSQL refuses some characters with an error; an id or a search that has them is simply not found. */
function plainParameter(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value);
  return Array.isArray(value) ? value.map(plainParameter) : value;
}

function translating(driver: Driver): Driver {
  return {
    init: (options) => translated(driver.init(options)),
    acquireConnection: async (options) =>
      new TranslatingConnection(await translated(driver.acquireConnection(options))),
    beginTransaction: (connection, settings) =>
      translated(driver.beginTransaction(innerOf(connection), settings)),
    commitTransaction: (connection) => translated(driver.commitTransaction(innerOf(connection))),
    rollbackTransaction: (connection) => translated(driver.rollbackTransaction(innerOf(connection))),
    releaseConnection: (connection, options) => driver.releaseConnection(innerOf(connection), options),
    destroy: (options) => driver.destroy(options),
  };
}

function innerOf(connection: DatabaseConnection): DatabaseConnection {
  return connection instanceof TranslatingConnection ? connection.inner : connection;
}

async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw postgresError(error);
  }
}

import { type ClientConfig, Pool, TypeOverrides } from 'pg';
import { errorText, RelayError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';

/** Connections of one node, without the one that listens. */
const MOST_CONNECTIONS = 8;

/** Milliseconds. */
const CONNECT_TIMEOUT = 5_000;
const STATEMENT_TIMEOUT = 30_000;
/** Ours beyond the server's, for a server that has gone silent. */
const ANSWER_TIMEOUT = STATEMENT_TIMEOUT + 5_000;

const INT8 = 20;
const NUMERIC = 1700;

/** Times and sums arrive as numbers: all that we store is far below 2^53. */
const types = new TypeOverrides();
types.setTypeParser(INT8, Number);
types.setTypeParser(NUMERIC, Number);

/**
 * A commit that is answered has to be on the server's disk, whatever the server's or the user's default is. And a plan
 * that was made while the tables were empty must not be kept: it would read them whole when they have grown.
 */
const SESSION = `set plan_cache_mode = force_custom_plan;
  select set_config('synchronous_commit', 'on', false)
  where current_setting('synchronous_commit') in ('off', 'local', 'remote_write')`;

/** What every connection has in common. Throws `configuration` for an address that cannot be read. */
export function connectionOptions(database: string): ClientConfig {
  if (!URL.canParse(database)) {
    throw new RelayError('configuration', 'The database address cannot be read.', {
      hint: 'Write postgres://USER:PASSWORD@HOST:PORT/NAME, with special characters percent-encoded.',
    });
  }
  return {
    connectionString: database,
    application_name: 'postern',
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    statement_timeout: STATEMENT_TIMEOUT,
    query_timeout: ANSWER_TIMEOUT,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT,
    keepAlive: true,
    types,
  };
}

/**
 * The node's connections for everything but listening. None is opened before the first query, and one that breaks is replaced.
 * Throws `configuration` for an address that cannot be read.
 */
export function createPool(database: string, log: Log): Pool {
  const pool = new Pool({
    ...connectionOptions(database),
    max: MOST_CONNECTIONS,
    // A query goes out without waiting for the answer to the one before it.
    pipeline: true,
    idleTimeoutMillis: 60_000,
  });
  // A connection that breaks while it is idle is replaced; without a listener it would end the process.
  pool.on('error', (error) => {
    if (!pool.ending) log.warn(`a connection to the database broke: ${errorText(error)}`);
  });
  pool.on('connect', (client) => {
    // The pool listens only while the connection is idle. In use, the query under way fails, and that is enough.
    client.on('error', () => undefined);
    // Queued before anything else that will be asked on this connection.
    client.query(SESSION).catch(() => client.end());
  });
  return pool;
}

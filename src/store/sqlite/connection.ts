import { backup, DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import type { StoreFault } from '../faults.ts';
import type { BatchAnswer, QueryAnswer, Span, SqlValue, WorkerCall } from './protocol.ts';

type OpenCall = Extract<WorkerCall, { kind: 'open' }>;
type BatchCall = Extract<WorkerCall, { kind: 'batch' }>;

/** Statements of ordinary queries that stay prepared; the least recently used goes first. */
const CACHED_STATEMENTS = 200;

/** Pages that a backup copies before others get their turn. */
const BACKUP_STEP = 512;

/** How often a backup is begun, and the milliseconds in between: together longer than any transaction of ours. */
const BACKUP_ATTEMPTS = 1000;
const BACKUP_PAUSE = 10;

const SQLITE_OK = 0;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

export interface Connection {
  open(call: OpenCall): void;
  query(sql: string, parameters: readonly SqlValue[]): QueryAnswer;
  batch(call: BatchCall): BatchAnswer;
  backup(path: string): Promise<void>;
  close(): void;
}

/**
 * One SQLite connection with its prepared statements. After a fault of the disk it goes on with the same file handle
 * while that works, because SQLite then overwrites what the failed transaction had put into the log; it opens the file
 * anew only when even the next call fails.
 */
export function createConnection(): Connection {
  let opened: OpenCall | undefined;
  let database: DatabaseSync | undefined;
  let hot: readonly StatementSync[] = [];
  const cache = new Map<string, { statement: StatementSync; columns: readonly string[] }>();
  let suspect = false;

  function current(): DatabaseSync {
    if (database !== undefined) return database;
    if (opened === undefined) throw new Error('The store is not open.');
    const fresh = new DatabaseSync(opened.path, { timeout: 0 });
    try {
      fresh.exec(opened.pragmas);
      // Takes the lock, which exclusive mode then keeps until the process ends.
      fresh.exec('begin immediate; commit');
    } catch (error) {
      fresh.close();
      throw error;
    }
    database = fresh;
    return fresh;
  }

  function release(): void {
    cache.clear();
    hot = [];
    suspect = false;
    const closing = database;
    database = undefined;
    closing?.close();
  }

  /** Runs one call; when it fails, nothing of it stays, and a connection that is broken is replaced for the next. */
  function guarded<T>(action: (db: DatabaseSync) => T, ownTransaction: boolean): T {
    try {
      const result = action(current());
      suspect = false;
      return result;
    } catch (error) {
      recover(error, ownTransaction);
      throw error;
    }
  }

  function recover(error: unknown, ownTransaction: boolean): void {
    if (database === undefined) return;
    if (ownTransaction && database.isTransaction) {
      try {
        database.exec('rollback');
      } catch {
        // Closing rolls back too, and what is not in the log completely is not read when the file is opened again.
        return release();
      }
    }
    if (!isDiskFault(error)) return;
    if (suspect && !database.isTransaction) release();
    suspect = !suspect;
  }

  function prepared(db: DatabaseSync, sql: string) {
    const known = cache.get(sql);
    if (known !== undefined) {
      cache.delete(sql);
      cache.set(sql, known);
      return known;
    }
    const statement = db.prepare(sql);
    statement.setReturnArrays(true);
    const entry = { statement, columns: statement.columns().map((column) => column.name) };
    cache.set(sql, entry);
    const oldest = cache.keys().next();
    if (cache.size > CACHED_STATEMENTS && !oldest.done) cache.delete(oldest.value);
    return entry;
  }

  function hotStatements(db: DatabaseSync): readonly StatementSync[] {
    // Not at opening: the tables may not be there before the migrations have run.
    if (hot.length === 0) hot = (opened?.statements ?? []).map((sql) => db.prepare(sql));
    return hot;
  }

  function runSteps(db: DatabaseSync, call: BatchCall): BatchAnswer {
    const statements = hotStatements(db);
    const answers: number[][] = [];
    for (const step of call.steps) {
      const statement = statements[step.statement];
      if (statement === undefined) throw new Error(`There is no statement ${step.statement}.`);
      const misses: number[] = [];
      for (const [index, row] of step.rows.entries()) {
        const { changes } = statement.run(
          ...row.map((value) => (isSpan(value) ? piece(call.bytes, value) : value)),
        );
        if (step.reportMisses === true && changes === 0) misses.push(index);
      }
      if (step.reportMisses === true) answers.push(misses);
    }
    return answers;
  }

  return {
    open(call) {
      opened = call;
      current();
    },

    query(sql, parameters) {
      return guarded((db) => {
        const { statement, columns } = prepared(db, sql);
        if (columns.length === 0) {
          return { columns, rows: [], changes: Number(statement.run(...parameters).changes) };
        }
        // setReturnArrays makes each row an array; the types of node:sqlite do not say so.
        const rows: unknown[] = statement.all(...parameters);
        return { columns, rows: rows.filter(isRow), changes: rows.length };
      }, false);
    },

    batch(call) {
      return guarded((db) => {
        if (!call.synced) db.exec('pragma synchronous = normal');
        try {
          db.exec('begin immediate');
          const answers = runSteps(db, call);
          // Freed now rather than by the next garbage collection: this thread makes little garbage and collects seldom.
          call.bytes.transfer(0);
          if (call.fault !== undefined) fail(call.fault);
          db.exec('commit');
          return answers;
        } finally {
          if (!call.synced) restoreSync(db, release);
        }
      }, true);
    },

    async backup(path) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          await backup(current(), path, { rate: BACKUP_STEP });
          return;
        } catch (error) {
          if (attempt === BACKUP_ATTEMPTS || !metTransaction(error)) throw error;
          await pause(BACKUP_PAUSE);
        }
      }
    },

    close() {
      opened = undefined;
      release();
    },
  };
}

/** A connection whose commits may not be synced must never be used again: where this fails, it goes. */
function restoreSync(db: DatabaseSync, release: () => void): void {
  try {
    // The setting takes effect outside a transaction only.
    if (db.isTransaction) db.exec('rollback');
    db.exec('pragma synchronous = full');
  } catch (error) {
    release();
    throw error;
  }
}

function isSpan(value: SqlValue | Span): value is Span {
  return typeof value === 'object' && value !== null && 'offset' in value;
}

function piece(bytes: ArrayBuffer, span: Span): Uint8Array {
  return new Uint8Array(bytes, span.offset, span.length);
}

function isRow(value: unknown): value is SqlValue[] {
  return Array.isArray(value);
}

function isDiskFault(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return false;
  const primary = error.errcode & 0xff;
  return primary === SQLITE_IOERR || primary === SQLITE_CANTOPEN || primary === SQLITE_NOTADB;
}

/**
 * A backup's first step runs in another thread and is told “busy” where it finds this connection in the middle of a
 * transaction. Node goes on after a busy step only when it knows of pages that are left, which it does after the first;
 * until then it gives up, with the copy's last error, which is none. Nothing has been copied, so it may begin again.
 */
function metTransaction(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_OK;
}

function fail(fault: StoreFault): never {
  if (fault === 'crash') process.exit(70);
  const code = fault === 'full' ? SQLITE_FULL : SQLITE_IOERR;
  throw Object.assign(new Error(`injected fault: ${fault}`), { errcode: code });
}

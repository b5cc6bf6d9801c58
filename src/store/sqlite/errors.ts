import { RelayError } from '../../shared/errors.ts';
import type { WorkerFailure } from './protocol.ts';

const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;
const SQLITE_CORRUPT = 11;
const SQLITE_TOOBIG = 18;
const SQLITE_CONSTRAINT = 19;
const SQLITE_MISMATCH = 20;

/** SQLite's result codes (sqlite.org, "Result and Error Codes") as errors that an administrator understands. */
export function sqliteError(failure: WorkerFailure, directory: string): RelayError {
  const cause = new Error(failure.message);
  switch ((failure.code ?? 0) & 0xff) {
    case SQLITE_BUSY:
      return new RelayError('store-busy', `Another process has the store in ${directory} open.`, {
        cause,
        hint: 'Stop that process, or start this one with another --data directory.',
      });
    case SQLITE_FULL:
      return new RelayError('store-full', 'There is no space left for the store.', {
        cause,
        hint: `Free space on the disk that holds ${directory}.`,
      });
    case SQLITE_READONLY:
      return new RelayError('store-unavailable', 'The store cannot be written to.', {
        cause,
        hint: `Check that the disk that holds ${directory} is writable for the user that Postern runs as.`,
      });
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return new RelayError('store-unavailable', 'The store is damaged.', {
        cause,
        hint: `Stop Postern, keep a copy of ${directory}, and restore the last backup.`,
      });
    case SQLITE_TOOBIG:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return new RelayError('internal', 'The store refused a value.', { cause });
    default:
      return new RelayError('store-unavailable', 'The store does not work at this moment.', {
        cause,
        hint: `See the log, and check the disk that holds ${directory}.`,
      });
  }
}

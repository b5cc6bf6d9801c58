import { errorCode, errorText, RelayError } from '../../shared/errors.ts';

/** PostgreSQL's SQLSTATE (manual, appendix A) and Node's network errors as errors that an administrator understands. */
export function postgresError(error: unknown): RelayError {
  if (error instanceof RelayError) return error;
  const code = errorCode(error) ?? '';
  // The text comes from the server or the network and holds no password; the address that has one is not repeated.
  const cause = new Error(errorText(error), { cause: code });
  if (code === '53100') {
    return new RelayError('store-full', 'There is no space left for the database.', {
      cause,
      hint: 'Free space on the disk of the PostgreSQL server.',
    });
  }
  if (code.startsWith('28') || code === '3D000') {
    return new RelayError('store-unavailable', `The database refuses the connection: ${cause.message}.`, {
      cause,
      hint: 'Check user, password and database name of --database, and pg_hba.conf of the server.',
    });
  }
  if (code.startsWith('22') || code.startsWith('23')) {
    return new RelayError('internal', 'The database refused a value.', { cause });
  }
  return new RelayError('store-unavailable', 'The database does not answer.', {
    cause,
    hint: 'Check that the PostgreSQL server runs and can be reached; a running Postern connects again by itself.',
  });
}

/** Two transactions waited for each other and this one was chosen to give way: it can simply be run again. */
export function isLockConflict(error: unknown): boolean {
  const code = errorCode(error);
  return code === '40P01' || code === '40001';
}

import { open } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { errorCode, errorText, RelayError } from '../../shared/errors.ts';
import { makeDirectory, syncDirectory } from '../../shared/make-directory.ts';

const DEFAULT_NAME = 'postern.db';

/** The file that `sqlite:` or `sqlite:PATH` names; a relative path is inside the data directory. */
export function sqlitePath(database: string, dataDirectory: string): string {
  const path = database.slice('sqlite:'.length) || DEFAULT_NAME;
  return isAbsolute(path) ? path : join(dataDirectory, path);
}

/**
 * Makes the database file when it is not there, readable by its owner only, and has the directory's entry for it synced:
 * without that a power cut may take the file away with everything that was synced into it.
 */
export async function prepareFile(path: string): Promise<void> {
  const directory = dirname(path);
  try {
    await makeDirectory(directory);
    await createEmpty(path);
  } catch (error) {
    if (errorCode(error) === 'ENOSPC') {
      throw new RelayError('store-full', 'There is no space left for the store.', { cause: error });
    }
    throw new RelayError('configuration', `The store in ${directory} cannot be made: ${errorText(error)}.`, {
      cause: error,
      hint: 'Choose a data directory that the user Postern runs as can write to.',
    });
  }
}

async function createEmpty(path: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.sync();
    await file.close();
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  // Also for a file that was there: a crash may have come between making it and syncing its entry.
  await syncDirectory(dirname(path));
}

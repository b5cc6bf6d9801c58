import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, errorText, RelayError } from '../../shared/errors.ts';
import { syncDirectory } from '../../shared/make-directory.ts';
import type { WorkerClient } from './worker-client.ts';

/**
 * Copies the open store to `path` while it goes on working. The copy appears there only when it is whole and synced. A
 * file that is there is not overwritten unless `replace` is set.
 */
export async function copyStore(client: WorkerClient, path: string, replace = false): Promise<void> {
  const partial = `${path}.partial`;
  if (!replace) await refuseExisting(path);
  await rm(partial, { force: true });
  try {
    const file = await open(partial, 'wx', 0o600);
    await file.close();
    await client.backup(partial);
    const copy = await open(partial, 'r+');
    await copy.sync();
    await copy.close();
    await rename(partial, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof RelayError) throw error;
    throw new RelayError('configuration', `The copy ${path} cannot be written: ${errorText(error)}.`, {
      cause: error,
      hint: 'Choose a directory that exists, that Postern may write to, and that has enough space.',
    });
  }
}

async function refuseExisting(path: string): Promise<void> {
  try {
    const file = await open(path, 'r');
    await file.close();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
  }
  throw new RelayError('not-allowed', `The file ${path} is there already.`, {
    hint: 'Name a file that does not exist yet, or remove the old one first.',
  });
}

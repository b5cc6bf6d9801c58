import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorText, RelayError } from '../shared/errors.ts';
import { syncDirectory } from '../shared/make-directory.ts';

/**
 * Writes a small file so that, whenever the machine stops, either the old content or the whole new one is there: into a
 * new file beside it, synced, renamed over, and the directory synced because the rename lives in it. `mode` holds from
 * the first byte on. Throws RelayError `configuration`.
 */
export async function writeFileDurably(path: string, content: string, mode: number): Promise<void> {
  const directory = dirname(path);
  const temporary = join(directory, `.${randomBytes(8).toString('hex')}.tmp`);
  try {
    await mkdir(directory, { recursive: true });
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(temporary, mode); // the umask may have taken bits away
    await rename(temporary, path);
    await syncDirectory(directory);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw new RelayError('configuration', `cannot write ${path}: ${errorText(error)}`, {
      cause: error,
      hint: 'see that the directory can be written to and has space left',
    });
  }
}

import { constants, type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, errorText, RelayError } from '../shared/errors.ts';
import { syncDirectory } from '../shared/make-directory.ts';
import type { Random } from '../shared/random.ts';

/** Bytes of the key: AES-256. */
export const KEY_LENGTH = 32;
/** More than any accepted spelling of a key. */
const MAX_FILE_SIZE = 256;

/**
 * Reads the key that seals all secrets, or makes it on the first start. The file holds 32 bytes as base64 (as made here or
 * by `openssl rand -base64 32`), as 64 hexadecimal digits, or raw. Throws RelayError `configuration` when others can read
 * it or when it is not such a key.
 */
export async function openMasterKey(file: string, random: Random): Promise<Buffer> {
  const existing = await readKey(file);
  if (existing !== undefined) return existing;
  await makeKey(file, random);
  const made = await readKey(file);
  if (made === undefined) throw unusable(file, 'disappeared while it was made', 'start again');
  return made;
}

async function readKey(file: string): Promise<Buffer | undefined> {
  let handle: FileHandle;
  try {
    // Not to wait for ever where the path is a pipe.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw unusable(
      file,
      `cannot be read (${errorCode(error) ?? errorText(error)})`,
      'let Postern’s user read it',
    );
  }
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw unusable(file, 'is not a file', 'name a file');
    if ((status.mode & 0o077) !== 0) {
      throw unusable(file, 'can be read by others', `allow it to its owner alone: chmod 600 ${file}`);
    }
    if (status.size > MAX_FILE_SIZE) throw wrongLength(file);
    const key = decodeKey(await handle.readFile());
    if (key === undefined) throw wrongLength(file);
    return key;
  } finally {
    await handle.close();
  }
}

function decodeKey(content: Buffer): Buffer | undefined {
  if (content.length === KEY_LENGTH) return content;
  const text = content.toString('latin1').trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/** What file systems without hard links answer. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * The key appears under its name only when it is whole and on the disk: written and synced under another name, then linked
 * (which, unlike a rename, never replaces the key of another process that was quicker), then the directory synced.
 */
async function makeKey(file: string, random: Random): Promise<void> {
  const directory = path.dirname(file);
  const key = random.bytes(KEY_LENGTH);
  // A name of its own, so that neither a neighbour nor what a crash left behind is in the way.
  const draft = `${file}.${random.bytes(6).toString('hex')}.new`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(`${key.toString('base64')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(draft, file).catch((error: unknown) => {
      if (NO_LINKS.includes(errorCode(error) ?? '')) return rename(draft, file);
      if (errorCode(error) !== 'EEXIST') throw error;
    });
    await rm(draft, { force: true });
    await syncDirectory(directory);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw unusable(
      file,
      `could not be made (${errorCode(error) ?? errorText(error)})`,
      `let Postern’s user write to ${directory}, or make the key with: openssl rand -base64 32`,
    );
  }
}

function wrongLength(file: string): RelayError {
  return unusable(
    file,
    'does not hold a key of 32 bytes',
    'restore it from the backup; only where no secret was stored yet, delete it and start again',
  );
}

function unusable(file: string, wrong: string, hint: string): RelayError {
  return new RelayError('configuration', `the master key ${file} ${wrong}`, { hint });
}

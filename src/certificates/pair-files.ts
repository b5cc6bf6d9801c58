import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, RelayError } from '../shared/errors.ts';
import { fileTrouble } from '../shared/file-trouble.ts';
import { makeDirectory, syncDirectory } from '../shared/make-directory.ts';
import type { ServerCertificate } from './sources.ts';
import { writeFileDurably } from './write-file.ts';

/**
 * A certificate and its key lie in two files, as programs and administrators expect them, and neither is of use without the other.
 * So that a crash between the two writes cannot leave halves of different pairs, the new pair is first written into one hidden file.
 * From the moment that this file is there (whole, since it is renamed into place) the new pair counts: whoever reads next finishes
 * the two writes. Before that moment the old pair is untouched.
 */
export function pairPaths(directory: string, name: string) {
  return {
    crt: join(directory, `${name}.crt`),
    key: join(directory, `${name}.key`),
    /** The new pair, until both files have been written. */
    pending: join(directory, `.${name}.pair`),
  };
}

/** Throws RelayError `configuration`. */
export async function writePair(directory: string, name: string, pair: ServerCertificate): Promise<void> {
  await makeDirectory(directory).catch((error: unknown) => {
    throw new RelayError('configuration', `The directory ${directory} ${fileTrouble(error)}.`, {
      cause: error,
    });
  });
  const { certificate, key } = pair;
  await writeFileDurably(pairPaths(directory, name).pending, JSON.stringify({ certificate, key }), 0o600);
  await finishPair(directory, name);
}

/** Ends what a crash interrupted; does nothing where nothing was. Throws RelayError `configuration`. */
export async function finishPair(directory: string, name: string): Promise<void> {
  const { crt, key, pending } = pairPaths(directory, name);
  const pair = await readPending(pending);
  if (pair === undefined) return;
  await writeFileDurably(key, pair.key, 0o600);
  await writeFileDurably(crt, pair.certificate, 0o644);
  await remove(pending);
  await syncDirectory(directory);
}

/** Removes both files; the certificate first, so that a key that is left behind is seen to be one. */
export async function removePair(directory: string, name: string): Promise<void> {
  const { crt, key, pending } = pairPaths(directory, name);
  for (const file of [pending, crt, key]) await remove(file);
  await syncDirectory(directory);
}

/** Names of which there is a certificate, a key or a pair that is not finished yet. */
export async function pairNames(directory: string): Promise<readonly string[]> {
  const files = await readdir(directory).catch((): string[] => []);
  const names = files.flatMap((file) => {
    const match = /^\.(.+)\.pair$/.exec(file) ?? /^([^.].*)\.(?:crt|key)$/.exec(file);
    return match?.[1] ?? [];
  });
  return [...new Set(names)].toSorted();
}

async function readPending(path: string): Promise<ServerCertificate | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new RelayError('configuration', `The file ${path} ${fileTrouble(error)}.`, { cause: error });
  }
  const value: unknown = parsed(text);
  if (typeof value !== 'object' || value === null || !('certificate' in value && 'key' in value))
    return undefined;
  const { certificate, key } = value;
  return typeof certificate === 'string' && typeof key === 'string' ? { certificate, key } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // nothing that we wrote
  }
}

async function remove(file: string): Promise<void> {
  await unlink(file).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return;
    throw new RelayError('configuration', `The file ${file} ${fileTrouble(error)}.`, { cause: error });
  });
}

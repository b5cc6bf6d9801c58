/**
 * The token of the admin interface in its file. Made on the first start, readable by the owner only, durable before
 * anybody is told; a file that the operator names is read and never written.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileDurably } from '../certificates/write-file.ts';
import { errorCode, RelayError } from '../shared/errors.ts';
import type { Random } from '../shared/random.ts';
import { Secret } from '../shared/secret.ts';

/** Name of the file in the data directory. */
export const ADMIN_TOKEN_FILE = 'admin.token';

/** Shorter ones could be guessed. */
const SHORTEST = 24;
const LONGEST = 1024;

/** Reads the token in `file`. Throws RelayError `configuration`. */
export async function readAdminToken(file: string): Promise<Secret> {
  const token = await readFile(file, 'utf8').then(
    (text) => text.trim(),
    (error: unknown) => {
      throw new RelayError(
        'configuration',
        `The admin token file ${file} cannot be read (${errorCode(error)}).`,
        {
          cause: error,
        },
      );
    },
  );
  if (token.length < SHORTEST || token.length > LONGEST || !/^[\x21-\x7e]+$/.test(token)) {
    throw new RelayError('configuration', `The admin token file ${file} holds no usable token.`, {
      hint: `Write one line of ${SHORTEST} to ${LONGEST} printable characters without spaces, for example from: openssl rand -hex 32`,
    });
  }
  return new Secret(token);
}

/** The token in the data directory, made when there is none. Throws RelayError `configuration`. */
export async function ensureAdminToken(directory: string, random: Random): Promise<Secret> {
  const file = join(directory, ADMIN_TOKEN_FILE);
  try {
    return await readAdminToken(file);
  } catch (error) {
    if (!(error instanceof RelayError && errorCode(error.cause) === 'ENOENT')) throw error;
  }
  await writeFileDurably(file, `${random.bytes(32).toString('base64url')}\n`, 0o600);
  return readAdminToken(file);
}

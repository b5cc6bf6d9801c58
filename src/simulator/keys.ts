/*
 * The two RSA keys of the simulator: the one that signs tokens, and the one of Google's service account. Kept beside the certificate
 * authority when there is a directory; otherwise made once for the process, because making them takes a while.
 */
import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeFileDurably } from '../certificates/write-file.ts';
import { readText } from './authority.ts';

const generate = promisify(generateKeyPair);

export interface SimulatorKeys {
  readonly signing: KeyObject;
  readonly serviceAccount: KeyObject;
}

let forThisProcess: Promise<SimulatorKeys> | undefined;

/** Makes the keys, or reads them from the directory. */
export async function openKeys(directory?: string): Promise<SimulatorKeys> {
  if (directory === undefined) {
    forThisProcess ??= both(make, make);
    return forThisProcess;
  }
  return both(
    () => readOrMake(join(directory, 'simulator-tokens.key')),
    () => readOrMake(join(directory, 'simulator-service-account.key')),
  );
}

async function both(
  first: () => Promise<KeyObject>,
  second: () => Promise<KeyObject>,
): Promise<SimulatorKeys> {
  const [signing, serviceAccount] = await Promise.all([first(), second()]);
  return { signing, serviceAccount };
}

async function make(): Promise<KeyObject> {
  return (await generate('rsa', { modulusLength: 2048 })).privateKey;
}

async function readOrMake(path: string): Promise<KeyObject> {
  const kept = await readText(path);
  if (kept !== undefined) return createPrivateKey(kept);
  const key = await make();
  await writeFileDurably(path, privatePem(key), 0o600);
  return key;
}

/** PKCS#8 PEM. */
export function privatePem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' });
}

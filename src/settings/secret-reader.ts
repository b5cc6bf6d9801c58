import { execFile } from 'node:child_process';
import { constants, open } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, RelayError } from '../shared/errors.ts';
import { Secret } from '../shared/secret.ts';
import type { PasswordSource } from './schema-values.ts';
import type { Sealer } from './sealer.ts';

/** The longest secret that is read, in bytes; a private key fits, a mistaken path to a disk image does not. */
const MAX_SIZE = 64 * 1024;
const COMMAND_TIMEOUT = 10_000;
/** Holds the password of the store: no secret for a server outside, and of no use to a command. */
const OWN_VARIABLE = 'POSTERN_DATABASE';

export interface SecretReaderDeps {
  readonly sealer: Sealer;
  /** Relative paths start here, and commands run here. */
  readonly directory: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** How long a command may take, ms; 10 s if absent. */
  readonly commandTimeout?: number;
  /** Reads `MOUNT/PATH#FIELD` from the Vault of the settings. Throws RelayError `secret-unavailable`. */
  readonly vault?: (place: string, how?: { readonly fresh?: boolean }) => Promise<Secret>;
}

/**
 * Reads secrets where they are, each time anew. Every failure is a RelayError `secret-unavailable` that names the source
 * and never any of the content, of which what a command writes to its error output is counted a part.
 */
export function createSecretReader(
  deps: SecretReaderDeps,
): (source: PasswordSource, how?: { readonly fresh?: boolean }) => Promise<Secret> {
  const { sealer, directory, environment = process.env, commandTimeout = COMMAND_TIMEOUT } = deps;
  const running = new Map<string, Promise<Secret>>();
  const { [OWN_VARIABLE]: _own, ...shared } = environment;

  /** Many connections that open at once run a command once. */
  const once = (command: readonly string[]): Promise<Secret> => {
    const key = JSON.stringify(command);
    const current = running.get(key);
    if (current) return current;
    const started = runCommand(command, directory, shared, commandTimeout).finally(() => running.delete(key));
    running.set(key, started);
    return started;
  };

  return async (source, how) => {
    if ('sealed' in source) return sealer.open('settings', source.sealed);
    if ('file' in source) return readSecretFile(path.resolve(directory, source.file));
    if ('env' in source) return readVariable(source.env, shared);
    if ('command' in source) return once(source.command);
    if ('vault' in source) {
      if (deps.vault) return deps.vault(source.vault, how);
      throw unavailable(`the secret ${source.vault}`, 'cannot be read: no Vault is set', 'set vault.address');
    }
    if ('hash' in source) throw unavailable('a hashed password', 'cannot be turned back into the password');
    return new Secret(source.value);
  };
}

function readVariable(name: string, environment: NodeJS.ProcessEnv): Secret {
  const text = Object.hasOwn(environment, name) ? environment[name] : undefined;
  const named = `the environment variable ${name}`;
  if (text === undefined) throw unavailable(named, 'is not set', 'set it and restart Postern');
  if (text === '') throw unavailable(named, 'is empty', 'set it and restart Postern');
  return new Secret(text);
}

async function readSecretFile(file: string): Promise<Secret> {
  const named = `the secret file ${file}`;
  try {
    // Not to wait for ever where the path is a pipe.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = await handle.stat();
      if (!status.isFile()) throw unavailable(named, 'is not a file');
      const buffer = Buffer.alloc(MAX_SIZE + 1);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      return secretFrom(buffer.subarray(0, bytesRead), named);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof RelayError) throw error;
    throw unavailable(named, `cannot be read (${errorCode(error) ?? 'unknown fault'})`);
  }
}

function runCommand(
  command: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  timeout: number,
): Promise<Secret> {
  const [program = '', ...args] = command;
  const named = `the secret command ${program}`;
  return new Promise((resolve, reject) => {
    const options = {
      cwd,
      env,
      timeout,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_SIZE,
      encoding: 'buffer',
      windowsHide: true,
    } as const;
    try {
      const child = execFile(program, args, options, (error, stdout) => {
        try {
          // The error itself holds the error output and all arguments, so it goes no further.
          if (error) reject(unavailable(named, commandFailure(error, timeout)));
          else resolve(secretFrom(stdout, named));
        } catch (fault) {
          reject(fault instanceof Error ? fault : new Error(String(fault)));
        }
      });
      child.stdin?.on('error', () => undefined).end();
    } catch (error) {
      reject(unavailable(named, `cannot be started (${errorCode(error) ?? 'unknown fault'})`));
    }
  });
}

function commandFailure(
  error: Error & { killed?: boolean; signal?: unknown; code?: unknown },
  timeout: number,
): string {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `gave more than ${MAX_SIZE} bytes`;
  if (error.killed === true) return `gave no answer within ${timeout / 1000} s`;
  if (typeof error.code === 'number') return `ended with exit code ${error.code}`;
  if (typeof error.code === 'string') return `cannot be started (${error.code})`;
  return typeof error.signal === 'string' ? `was ended by ${error.signal}` : 'failed';
}

/** Editors and `echo` put a line end behind a secret that does not belong to it. */
function secretFrom(bytes: Buffer, named: string): Secret {
  if (bytes.length > MAX_SIZE) throw unavailable(named, `holds more than ${MAX_SIZE} bytes`);
  const text = bytes.toString('utf8').replace(/[\r\n]+$/, '');
  if (text === '') throw unavailable(named, 'is empty');
  return new Secret(text);
}

function unavailable(named: string, wrong: string, hint?: string): RelayError {
  return new RelayError('secret-unavailable', `${named} ${wrong}`, hint === undefined ? {} : { hint });
}

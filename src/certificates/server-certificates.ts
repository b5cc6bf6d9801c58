import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../shared/clock.ts';
import { errorCode, errorText, RelayError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { dayOf } from './inspect.ts';
import { isOwnMake, makeSelfSigned } from './make-self-signed.ts';
import { type CertificatePair, readPair } from './read-pair.ts';
import type { ServerCertificate, ServerCertificates } from './sources.ts';
import { watchDirectory } from './watch-directory.ts';
import { writeFileDurably } from './write-file.ts';

/**
 * The certificates that Postern itself shows, kept as pairs of files NAME.crt and NAME.key. `default` is made when it is
 * missing and renewed by itself, with the same key, as long as it is our own make; a certificate that an administrator
 * put there is never touched. A pair that is replaced counts for the next connection; one that is half written or wrong
 * leaves the old one in force, and the log says what is wrong with it.
 */

export interface LiveServerCertificates extends ServerCertificates {
  /** Reads the directory now, for whoever has just changed something. */
  look(): Promise<void>;
  close(): void;
}

export interface ServerCertificatesOptions {
  /** Made (0700) with the first certificate. */
  readonly directory: string;
  /** Name that a certificate made here is for. */
  readonly hostname: string;
  readonly clock: Clock;
  readonly log: Log;
}

const DEFAULT = 'default';
const DAY = 86_400_000;
/** Own certificates are renewed so long before they expire; others are warned of. */
const RENEW_BEFORE = 30 * DAY;
const MOST_FAILED = 100;
const LOOK_AT_DATES_EVERY = DAY / 2;
/** Names that are also file names everywhere, and stay inside the directory. */
const USABLE_NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_. -]{0,63}$/u;

export function createServerCertificates(options: ServerCertificatesOptions): LiveServerCertificates {
  const { directory, clock, log } = options;
  const inForce = new Map<string, CertificatePair>();
  const loading = new Map<string, Promise<CertificatePair>>();
  /** Names that could not be served when somebody asked; word of a change goes out when they can. */
  const failed = new Set<string>();
  const listeners = new Set<() => void>();
  let timer: Timer | undefined;

  const paths = (name: string) => ({
    crt: join(directory, `${name}.crt`),
    key: join(directory, `${name}.key`),
  });

  /** Reads a pair; makes or renews it where that is ours to do. */
  const load = async (name: string): Promise<CertificatePair> => {
    if (!USABLE_NAME.test(name)) throw missing(name);
    const { crt, key } = paths(name);
    const pair = await readPair(name, crt, key).catch(async (error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error;
      const files = await readAlone(crt, key);
      if (files.certificate) throw halfMissing(name, 'key');
      if (name !== DEFAULT) throw files.key === undefined ? missing(name) : halfMissing(name, 'crt');
      return make(files.key);
    });
    if (pair.leaf.validToDate.getTime() - clock.now() > RENEW_BEFORE) return pair;
    if (name === DEFAULT && isOwnMake(pair.leaf)) return make(pair.key);
    return pair;
  };

  const make = async (key: string | undefined): Promise<CertificatePair> => {
    const wanted = { hostname: options.hostname, now: clock.now() };
    const made = await makeSelfSigned(key === undefined ? wanted : { ...wanted, key }).catch(
      (error: unknown) => {
        if (key === undefined) throw error;
        throw halfMissing(DEFAULT, 'crt'); // the key is of another kind, so it is somebody else's
      },
    );
    const files = paths(DEFAULT);
    // The key first: a certificate without its key could not be gone on with, a key without its certificate can.
    await writeFileDurably(files.key, made.key, 0o600);
    await writeFileDurably(files.crt, made.certificate, 0o644);
    const pair = await readPair(DEFAULT, files.crt, files.key);
    const until = dayOf(pair.leaf.validToDate.getTime());
    log.info(
      { certificate: DEFAULT, until, fingerprint256: pair.leaf.fingerprint256 },
      'A self-signed server certificate was made.',
    );
    return pair;
  };

  const loadOnce = (name: string): Promise<CertificatePair> => {
    const running = loading.get(name);
    if (running !== undefined) return running;
    const started = load(name).finally(() => loading.delete(name));
    loading.set(name, started);
    return started;
  };

  const putInForce = (name: string, pair: CertificatePair) => {
    inForce.set(name, pair);
    failed.delete(name);
    if (pair.keyIsOpen) {
      log.warn(
        { certificate: name },
        'Others may read the key of this server certificate; set its mode to 0600.',
      );
    }
    const left = pair.leaf.validToDate.getTime() - clock.now();
    if (left > RENEW_BEFORE) return;
    const day = dayOf(pair.leaf.validToDate.getTime());
    log.warn({ certificate: name }, `This server certificate ${left > 0 ? 'expires' : 'expired'} on ${day}.`);
  };

  /** Reads again what is in force or was asked for in vain, and tells the listeners if anything came out differently. */
  const reload = async () => {
    let different = false;
    for (const name of [...inForce.keys(), ...failed]) {
      const old = inForce.get(name);
      try {
        const pair = await loadOnce(name);
        if (pair.certificate === old?.certificate && pair.key === old.key) continue;
        putInForce(name, pair);
        different = true;
      } catch (error) {
        const reason = errorText(error);
        const text =
          old === undefined ? 'is still not usable' : 'was changed and is not usable; the old one stays';
        log.error({ certificate: name, reason }, `A server certificate ${text}.`);
      }
    }
    if (!different) return;
    for (const listener of listeners) listener();
  };

  const watch = watchDirectory({
    directory,
    clock,
    matches: (name) => /\.(crt|key)$/.test(name),
    changed: reload,
  });
  const lookAtDates = () => {
    timer = clock.after(LOOK_AT_DATES_EVERY, () => {
      void reload();
      lookAtDates();
    });
  };
  lookAtDates();

  return {
    async get(name): Promise<ServerCertificate> {
      const known = inForce.get(name);
      if (known !== undefined) return { certificate: known.certificate, key: known.key };
      const pair = await loadOnce(name).catch((error: unknown) => {
        if (failed.size < MOST_FAILED) failed.add(name);
        throw error;
      });
      if (!inForce.has(name)) putInForce(name, pair);
      await watch.look(); // from now on its files are watched
      return { certificate: pair.certificate, key: pair.key };
    },
    onChange(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    look: () => watch.look(),
    close() {
      watch.close();
      timer?.cancel();
      listeners.clear();
    },
  };
}

/** What there is of a pair of which something is missing. */
async function readAlone(crt: string, key: string) {
  const [certificate, found] = await Promise.all([readIfThere(crt), readIfThere(key)]);
  return { certificate: certificate !== undefined, key: found };
}

function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

function halfMissing(name: string, which: 'crt' | 'key'): RelayError {
  const text = `the server certificate “${name}” cannot be used: ${name}.${which} is missing`;
  return new RelayError('certificate-invalid', text, {
    hint: `put ${name}.${which} beside the other file, or remove both`,
  });
}

function missing(name: string): RelayError {
  return new RelayError('not-found', `there is no server certificate “${name}”`, {
    hint: `put ${name}.crt and ${name}.key into the certificates directory, or use “${DEFAULT}”`,
  });
}

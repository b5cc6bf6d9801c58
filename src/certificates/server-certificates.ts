import { readFile } from 'node:fs/promises';
import type { Clock, Timer } from '../shared/clock.ts';
import { errorCode, errorText, RelayError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { dayOf, describeCertificate } from './inspect.ts';
import { isOwnMake, type KeyKind, makeSelfSigned } from './make-self-signed.ts';
import { finishPair, pairNames, pairPaths, removePair, writePair } from './pair-files.ts';
import { type CertificatePair, readPair } from './read-pair.ts';
import type { ServerCertificate, ServerCertificates } from './sources.ts';
import { watchDirectory } from './watch-directory.ts';

/**
 * The certificates that Postern itself shows, kept as pairs of files NAME.crt and NAME.key. `default` is made when it is
 * missing, and what we made is renewed by itself, with the same key; a certificate that an administrator put there is never
 * touched. A pair that is replaced counts for the next connection; one that is half written or wrong
 * leaves the old one in force, and the log says what is wrong with it.
 */

export interface LiveServerCertificates extends ServerCertificates {
  /** Names of what is stored, usable or not. */
  names(): Promise<readonly string[]>;
  /** What is stored under this name, read anew and not put in force; nothing is made. Throws as `get` does. */
  read(name: string): Promise<CertificatePair>;
  /** Stores a pair, in place of what was there; it is in force where the name is used by the time this resolves. Throws RelayError `configuration`. */
  put(name: string, pair: ServerCertificate): Promise<void>;
  /** Stores a certificate of our own make for these hosts, with a new key. */
  make(name: string, hosts: readonly [string, ...string[]], kind?: KeyKind): Promise<void>;
  remove(name: string): Promise<void>;
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
  let last: Promise<unknown> = Promise.resolve();

  /** Pairs are read and written one at a time, so that nobody reads one that is being written. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  }

  /** What the files hold; `ENOENT` where one of them is missing. */
  const readStored = async (name: string): Promise<CertificatePair> => {
    if (!USABLE_NAME.test(name)) throw missing(name);
    await finishPair(directory, name);
    const { crt, key } = pairPaths(directory, name);
    return await readPair(name, crt, key);
  };

  /** Why there is no pair, where a file is missing; for the rest the error itself. */
  const whyNone = async (name: string, error: unknown) => {
    if (errorCode(error) !== 'ENOENT') return { error, key: undefined };
    const { crt, key } = pairPaths(directory, name);
    const files = await readAlone(crt, key);
    if (files.certificate) return { error: halfMissing(name, 'key'), key: undefined };
    const words = files.key === undefined ? missing(name) : halfMissing(name, 'crt');
    return { error: words, key: files.key, makeable: true };
  };

  /** Reads a pair; makes or renews it where that is ours to do. */
  const load = async (name: string): Promise<CertificatePair> => {
    const pair = await readStored(name).catch(async (thrown: unknown) => {
      const { error, key, makeable } = await whyNone(name, thrown);
      if (name !== DEFAULT || makeable !== true) throw error;
      return made(DEFAULT, ownHosts(options.hostname), { key });
    });
    if (pair.leaf.validToDate.getTime() - clock.now() > RENEW_BEFORE || !isOwnMake(pair.leaf)) return pair;
    const { hosts } = describeCertificate(pair.leaf);
    const [first = options.hostname, ...others] = name === DEFAULT ? [options.hostname, ...hosts] : hosts;
    return made(name, [first, ...others], { key: pair.key });
  };

  const made = async (
    name: string,
    hosts: readonly [string, ...string[]],
    { key, kind }: { readonly key?: string | undefined; readonly kind?: KeyKind | undefined },
  ): Promise<CertificatePair> => {
    const wanted = { hosts, now: clock.now(), ...(kind === undefined ? {} : { kind }) };
    const pair = await makeSelfSigned(key === undefined ? wanted : { ...wanted, key }).catch(
      (error: unknown) => {
        if (key === undefined) throw error;
        throw halfMissing(name, 'crt'); // the key is of another kind, so it is somebody else's
      },
    );
    await writePair(directory, name, pair);
    const stored = await readStored(name);
    const until = dayOf(stored.leaf.validToDate.getTime());
    log.info(
      { certificate: name, until, fingerprint256: stored.leaf.fingerprint256 },
      'A self-signed server certificate was made.',
    );
    return stored;
  };

  /** Changes files, then puts in force what came of it. */
  async function change(work: () => Promise<unknown>): Promise<void> {
    await inTurn(work);
    loading.clear(); // those see the files as they were
    await reload();
  }

  const loadOnce = (name: string): Promise<CertificatePair> => {
    const running = loading.get(name);
    if (running !== undefined) return running;
    const started = inTurn(() => load(name)).finally(() => {
      if (loading.get(name) === started) loading.delete(name);
    });
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
    names: async () => (await pairNames(directory)).filter((name) => USABLE_NAME.test(name)),
    read: (name) =>
      inTurn(() => readStored(name)).catch(async (thrown: unknown) => {
        throw (await whyNone(name, thrown)).error;
      }),
    put: (name, pair) => change(() => writePair(directory, name, pair)),
    make: (name, hosts, kind) => change(() => made(name, hosts, { kind })),
    remove: (name) =>
      change(async () => {
        await removePair(directory, name);
        inForce.delete(name);
      }),
    look: () => watch.look(),
    close() {
      watch.close();
      timer?.cancel();
      listeners.clear();
    },
  };
}

/** The one that is made without being asked for is for this machine, by every name that it has here. */
function ownHosts(hostname: string): readonly [string, ...string[]] {
  return [hostname, 'localhost', '127.0.0.1', '::1'];
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

import { basename, join } from 'node:path';
import { getCACertificates } from 'node:tls';
import type { Clock } from '../shared/clock.ts';
import { errorCode, errorText, RelayError } from '../shared/errors.ts';
import { fileTrouble } from '../shared/file-trouble.ts';
import type { Log } from '../shared/log.ts';
import {
  type AnchorInFile,
  anchorId,
  CERTIFICATE_FILE,
  readAnchorFile,
  type TrustAnchor,
} from './anchor-file.ts';
import { dayOf } from './inspect.ts';
import { canonicalHost } from './pins.ts';
import type { TrustAnchors } from './sources.ts';
import { type WatchedFile, watchDirectory } from './watch-directory.ts';

/**
 * What other servers' certificates are checked against: the authorities of the system and of the runtime, and every
 * certificate that operators put into a `certs/` directory as a PEM, DER or PKCS#7 file. A file that comes or goes counts
 * for the next connection. A file that is no use is said so once in the log, in words that name the mistake, and is left
 * out; it never stops anything. A certificate that has expired stays, so that whoever meets it is told that it has expired.
 */

/** A file that is not used, and why. */
export interface UnusableFile {
  readonly file: string;
  /** Completes "it is not used: …". */
  readonly reason: string;
  readonly remedy?: string;
}

export interface LiveTrustAnchors extends TrustAnchors {
  /** The imported certificates, in the order of their files; what several files hold is there several times. */
  list(): readonly TrustAnchor[];
  unusable(): readonly UnusableFile[];
  /** Reads the directories now, for whoever has just imported something. */
  look(): Promise<void>;
  close(): void;
}

export interface TrustAnchorsOptions {
  /** Where operators drop certificates; need not exist. */
  readonly directories: readonly string[];
  readonly log: Log;
  readonly clock: Clock;
  /** The authorities that count without being imported, as PEM; the system's if absent. */
  readonly builtIn?: () => readonly string[];
}

interface Directory {
  readonly imported: readonly AnchorInFile[];
  readonly unusable: readonly UnusableFile[];
}

/** Resolves when the directories have been read once. */
export async function createTrustAnchors(options: TrustAnchorsOptions): Promise<LiveTrustAnchors> {
  const { log, clock } = options;
  const builtIn = options.builtIn ?? systemAuthorities;
  const byDirectory = new Map<string, Directory>();
  const listeners = new Set<() => void>();
  /** By the hosts among those asked for that something is pinned to; empty for all others. */
  const cache = new Map<string, readonly string[]>();

  const watches = [...new Set(options.directories)].map((directory) =>
    watchDirectory({
      directory,
      clock,
      matches: (name) => CERTIFICATE_FILE.test(name),
      async changed(files) {
        const before = fingerprints(byDirectory.get(directory)?.imported ?? []);
        const found = await readAll(directory, files, log, clock.now());
        byDirectory.set(directory, found);
        if (fingerprints(found.imported) === before) return;
        cache.clear();
        log.info({ directory, certificates: found.imported.length }, 'Trust anchors have changed.');
        for (const listener of listeners) listener();
      },
    }),
  );
  const look = async () => {
    await Promise.all(watches.map((watch) => watch.look()));
  };
  await look();

  const imported = () => [...byDirectory.values()].flatMap((directory) => directory.imported);
  const pinnedAmong = (hosts: readonly string[]): ReadonlySet<string> => {
    const pinned = new Set(imported().flatMap(({ anchor: { host } }) => host ?? []));
    return pinned.size === 0
      ? pinned
      : new Set(hosts.flatMap((host) => canonicalHost(host) ?? []).filter((host) => pinned.has(host)));
  };
  return {
    authorities(...hosts) {
      const named = pinnedAmong(hosts);
      const key = [...named].toSorted().join('\n');
      const known = cache.get(key);
      if (known !== undefined) return known;
      const counting = imported().filter(({ anchor: { host } }) => host === undefined || named.has(host));
      const made = [...new Set([...builtIn(), ...counting.map(({ pem }) => pem)])];
      cache.set(key, made);
      return made;
    },
    isPinned(fingerprint256, ...hosts) {
      const named = pinnedAmong(hosts);
      return imported().some(
        ({ anchor }) =>
          anchor.host !== undefined && named.has(anchor.host) && anchor.fingerprint256 === fingerprint256,
      );
    },
    onChange(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    list: () => imported().map(({ anchor }) => anchor),
    unusable: () => [...byDirectory.values()].flatMap(({ unusable }) => unusable),
    look,
    close() {
      for (const watch of watches) watch.close();
      listeners.clear();
    },
  };
}

/** Authorities of the operating system, of the runtime and of NODE_EXTRA_CA_CERTS. */
function systemAuthorities(): readonly string[] {
  return [...getCACertificates('system'), ...getCACertificates('bundled'), ...getCACertificates('extra')];
}

async function readAll(
  directory: string,
  files: readonly WatchedFile[],
  log: Log,
  now: number,
): Promise<Directory> {
  const imported: AnchorInFile[] = [];
  const unusable: UnusableFile[] = [];
  for (const { name } of files) {
    const file = join(directory, name);
    try {
      for (const found of await readAnchorFile(file)) {
        imported.push(found);
        const { validTo, name: subject } = found.anchor;
        if (validTo <= now) logTrouble(log, file, `expired on ${dayOf(validTo)}`, { name: subject });
      }
    } catch (error) {
      if (errorCode(error) === 'ENOENT') continue; // gone meanwhile
      const known = error instanceof RelayError;
      const reason = known ? errorText(error) : `the file ${fileTrouble(error)}`;
      const remedy = known ? error.hint : undefined;
      logTrouble(log, file, reason, { remedy });
      unusable.push({ file: basename(file), reason, ...(remedy === undefined ? {} : { remedy }) });
    }
  }
  return { imported, unusable };
}

function logTrouble(log: Log, file: string, reason: string, more: Readonly<Record<string, unknown>>): void {
  log.warn({ file, reason, ...more }, `A trust anchor file is not used: ${reason}.`);
}

function fingerprints(imported: readonly AnchorInFile[]): string {
  return imported.map(({ anchor }) => `${anchor.file} ${anchorId(anchor)}`).join('\n');
}

import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import type { Clock } from '../shared/clock.ts';
import { errorCode, errorText, RelayError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { type CertificateDescription, dayOf, describeCertificate } from './inspect.ts';
import { readCertificates, readFileBounded } from './read-certificates.ts';
import type { TrustAnchors } from './sources.ts';
import { type WatchedFile, watchDirectory } from './watch-directory.ts';

/**
 * What other servers' certificates are checked against: the authorities of the system and of the runtime, and every
 * certificate that operators put into a `certs/` directory as a PEM, DER or PKCS#7 file. A file that comes or goes counts
 * for the next connection. A file that is no use is said so once in the log, in words that name the mistake, and is left
 * out; it never stops anything.
 */

/** An imported certificate. */
export interface TrustAnchor extends CertificateDescription {
  /** Path of the file that it came from. */
  readonly file: string;
}

export interface LiveTrustAnchors extends TrustAnchors {
  /** The imported certificates, in the order of their files. */
  list(): readonly TrustAnchor[];
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

interface Imported {
  readonly anchor: TrustAnchor;
  readonly pem: string;
}

/** The names that are looked at; others, such as a README, may lie beside them. */
const CERTIFICATE_FILE = /\.(pem|crt|cer|der|p7b|p7c)$/i;

/** Resolves when the directories have been read once. */
export async function createTrustAnchors(options: TrustAnchorsOptions): Promise<LiveTrustAnchors> {
  const { log, clock } = options;
  const builtIn = options.builtIn ?? systemAuthorities;
  const byDirectory = new Map<string, readonly Imported[]>();
  const listeners = new Set<() => void>();
  let cache: readonly string[] | undefined;

  const watches = [...new Set(options.directories)].map((directory) =>
    watchDirectory({
      directory,
      clock,
      matches: (name) => CERTIFICATE_FILE.test(name),
      async changed(files) {
        const before = fingerprints(byDirectory.get(directory) ?? []);
        const imported = await readAll(directory, files, log, clock.now());
        byDirectory.set(directory, imported);
        if (fingerprints(imported) === before) return;
        cache = undefined;
        log.info({ directory, certificates: imported.length }, 'Trust anchors have changed.');
        for (const listener of listeners) listener();
      },
    }),
  );
  const look = async () => {
    await Promise.all(watches.map((watch) => watch.look()));
  };
  await look();

  const imported = () => [...byDirectory.values()].flat();
  return {
    authorities() {
      cache ??= [...new Set([...builtIn(), ...imported().map(({ pem }) => pem)])];
      return cache;
    },
    onChange(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    list: () => imported().map(({ anchor }) => anchor),
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
): Promise<Imported[]> {
  const found: Imported[] = [];
  for (const { name } of files) {
    const file = join(directory, name);
    try {
      const certificates = await readCertificates(await readFileBounded(file));
      for (const certificate of certificates) {
        const anchor = { file, ...describeCertificate(certificate) };
        if (anchor.validTo <= now) logSkipped(log, file, expiredText(certificate), anchor.name);
        else found.push({ anchor, pem: certificate.toString() });
      }
    } catch (error) {
      const remedy = error instanceof RelayError ? error.hint : undefined;
      if (errorCode(error) !== 'ENOENT') logSkipped(log, file, errorText(error), undefined, remedy);
    }
  }
  return found;
}

function expiredText(certificate: X509Certificate): string {
  return `expired on ${dayOf(certificate.validToDate.getTime())}`;
}

function logSkipped(log: Log, file: string, reason: string, name?: string, remedy?: string): void {
  log.warn({ file, reason, name, remedy }, `A trust anchor file is not used: ${reason}.`);
}

function fingerprints(imported: readonly Imported[]): string {
  return imported.map(({ anchor }) => `${anchor.file} ${anchor.fingerprint256}`).join('\n');
}

import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import { anchorFileName, anchorFileText, anchorId, CERTIFICATE_FILE, readAnchorFile } from './anchor-file.ts';
import { type CertificateDescription, dayOf, describeCertificate } from './inspect.ts';
import { canonicalHost } from './pins.ts';
import { readCertificates } from './read-certificates.ts';
import { readFiles } from './watch-directory.ts';
import { writeFileDurably } from './write-file.ts';

/**
 * Takes certificates that an administrator hands in and keeps them as trust anchors, one file each, so that each can be
 * listed and removed by itself. The same certificate for the same hosts is kept once. All or none of a file's certificates are kept.
 */

/** A certificate that is a trust anchor now. */
export interface ImportedCertificate extends CertificateDescription {
  /** To remove it with. */
  readonly id: string;
  /** Path of the file that keeps it. */
  readonly file: string;
  /** It counts for this host only. */
  readonly host?: string;
  /** It had been imported before. */
  readonly known: boolean;
}

export interface ImportOptions {
  /** Where trust anchors are kept; made when it is missing. */
  readonly directory: string;
  /** Start of the file name; made from the subject if absent. */
  readonly name?: string;
  /** Trusted for this host only. */
  readonly host?: string;
  readonly clock?: Clock;
}

/**
 * Imports the certificates of a PEM (one or several), DER or PKCS#7 file. A private key in it is refused and wiped from
 * `bytes`. Throws RelayError `certificate-invalid`, in words for the administrator; `bad-request` when the host is none;
 * `configuration` when the directory cannot be written.
 */
export async function importTrustAnchor(
  bytes: Buffer,
  options: ImportOptions,
): Promise<readonly ImportedCertificate[]> {
  const now = (options.clock ?? systemClock).now();
  const host = hostOf(options.host);
  const certificates = await readCertificates(bytes);
  const described = certificates.map((certificate) => {
    const description = { ...describeCertificate(certificate), ...(host === undefined ? {} : { host }) };
    if (description.validTo <= now) {
      throw new RelayError(
        'certificate-invalid',
        `the certificate of ${description.name} expired on ${dayOf(description.validTo)}`,
        { hint: 'renew it on that server, then import the new one' },
      );
    }
    return { description, pem: certificate.toString() };
  });

  const there = await knownIn(options.directory);
  const written: string[] = [];
  try {
    const imported: ImportedCertificate[] = [];
    for (const { description, pem } of described) {
      const id = anchorId(description);
      const known = there.get(id);
      const file =
        known ?? join(options.directory, anchorFileName(options.name ?? description.name, description));
      if (known === undefined) {
        await writeFileDurably(
          file,
          anchorFileText([{ pem, ...(host === undefined ? {} : { host }) }]),
          0o644,
        );
        written.push(file);
      }
      imported.push({ ...description, id, file, known: known !== undefined });
    }
    return imported;
  } catch (error) {
    for (const file of written) await unlink(file).catch(() => undefined);
    throw error;
  }
}

function hostOf(typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  const host = canonicalHost(typed);
  if (host !== undefined) return host;
  throw new RelayError(
    'bad-request',
    'host is not a host name or IP address; write one such as mail.example.com',
  );
}

/** The files that keep anchors already, by the anchor. */
async function knownIn(directory: string): Promise<ReadonlyMap<string, string>> {
  const known = new Map<string, string>();
  for (const { name } of await readFiles(directory, (one) => CERTIFICATE_FILE.test(one))) {
    const file = join(directory, name);
    for (const { anchor } of await readAnchorFile(file).catch(() => [])) known.set(anchorId(anchor), file);
  }
  return known;
}

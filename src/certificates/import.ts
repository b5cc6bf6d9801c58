import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import { type CertificateDescription, dayOf, describeCertificate } from './inspect.ts';
import { readCertificates } from './read-certificates.ts';
import { writeFileDurably } from './write-file.ts';

/**
 * Takes certificates that an administrator hands in and keeps them as trust anchors, one file each, so that each can be
 * listed and removed by itself. The same certificate twice is one file. All or none of a file's certificates are kept.
 */

/** A certificate that is a trust anchor now. */
export interface ImportedCertificate extends CertificateDescription {
  /** Path of the file that keeps it. */
  readonly file: string;
  /** It had been imported before. */
  readonly known: boolean;
}

export interface ImportOptions {
  /** Where trust anchors are kept; made when it is missing. */
  readonly directory: string;
  /** Start of the file name; made from the subject if absent. */
  readonly name?: string;
  readonly clock?: Clock;
}

/**
 * Imports the certificates of a PEM (one or several), DER or PKCS#7 file. A private key in it is refused and wiped from
 * `bytes`. Throws RelayError `certificate-invalid`, in words for the administrator; `configuration` when the directory
 * cannot be written.
 */
export async function importTrustAnchor(
  bytes: Buffer,
  options: ImportOptions,
): Promise<readonly ImportedCertificate[]> {
  const now = (options.clock ?? systemClock).now();
  const certificates = await readCertificates(bytes);
  const described = certificates.map((certificate) => {
    const description = describeCertificate(certificate);
    if (description.validTo <= now) {
      throw new RelayError(
        'certificate-invalid',
        `the certificate of ${description.name} expired on ${dayOf(description.validTo)}`,
        { hint: 'renew it on that server, then import the new one' },
      );
    }
    return { description, pem: certificate.toString() };
  });

  const imported: ImportedCertificate[] = [];
  for (const { description, pem } of described) {
    const file = join(options.directory, fileName(options.name ?? description.name, description));
    const known = await stat(file).then(
      (found) => found.isFile(),
      () => false,
    );
    if (!known) await writeFileDurably(file, pem, 0o644);
    imported.push({ ...description, file, known });
  }
  return imported;
}

/** Letters that every file system takes, from whatever the subject says, and the start of the fingerprint. */
function fileName(name: string, description: CertificateDescription): string {
  const words = name
    .toLowerCase()
    .replace(/\.(pem|crt|cer|der)$/, '')
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 60);
  const fingerprint = description.fingerprint256.replaceAll(':', '').slice(0, 12).toLowerCase();
  return `${words || 'certificate'}-${fingerprint}.pem`;
}

import { basename } from 'node:path';
import { RelayError } from '../shared/errors.ts';
import { type CertificateDescription, describeCertificate } from './inspect.ts';
import { pinIn, pinLine } from './pins.ts';
import { readFileBounded, readFoundCertificates } from './read-certificates.ts';

/** A file that holds trust anchors, read and written. */

/** An imported certificate. */
export interface TrustAnchor extends CertificateDescription {
  /** Path of the file that it came from. */
  readonly file: string;
  /** It counts for this host only; for every one if absent. In the form of `canonicalHost`. */
  readonly host?: string;
}

export interface AnchorInFile {
  readonly anchor: TrustAnchor;
  readonly pem: string;
}

/** The names that are looked at; others, such as a README, may lie beside them. */
export const CERTIFICATE_FILE = /\.(pem|crt|cer|der|p7b|p7c)$/i;

/** Throws RelayError `certificate-invalid`, or what the file system says. A line about a host counts for what follows it. */
export async function readAnchorFile(file: string): Promise<readonly AnchorInFile[]> {
  const found = new Map<string, AnchorInFile>();
  let host: string | undefined;
  for (const { certificate, before } of await readFoundCertificates(await readFileBounded(file))) {
    const pin = pinIn(before);
    if (pin === 'unreadable') {
      throw new RelayError('certificate-invalid', 'its line “Postern: …” names no host', {
        hint: `write it as: ${pinLine('mail.example.com').trim()}`,
      });
    }
    host = pin?.host ?? host;
    const anchor = { file, ...describeCertificate(certificate), ...(host === undefined ? {} : { host }) };
    found.set(anchorId(anchor), { anchor, pem: certificate.toString() });
  }
  return [...found.values()];
}

/** What a file with these anchors holds; each says itself for whom it counts. */
export function anchorFileText(anchors: readonly { readonly pem: string; readonly host?: string }[]): string {
  // Behind a line about a host nothing can count for everybody, so those come first.
  const ordered = anchors.toSorted((a, b) => Number(a.host !== undefined) - Number(b.host !== undefined));
  return ordered.map(({ pem, host }) => (host === undefined ? '' : pinLine(host)) + pem).join('');
}

/** Which certificate, and for whom: what makes two anchors the same, whatever files they are in. */
export function anchorId(anchor: Pick<TrustAnchor, 'fingerprint256' | 'host'>): string {
  const fingerprint = anchor.fingerprint256.replaceAll(':', '').toLowerCase();
  return anchor.host === undefined ? fingerprint : `${fingerprint}@${anchor.host}`;
}

/** Letters that every file system takes, from whatever the subject says, the start of the fingerprint, and the host. */
export function anchorFileName(name: string, anchor: Pick<TrustAnchor, 'fingerprint256' | 'host'>): string {
  const words = basename(name)
    .toLowerCase()
    .replace(/\.(pem|crt|cer|der|p7b|p7c)$/, '')
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 60);
  const fingerprint = anchor.fingerprint256.replaceAll(':', '').slice(0, 12).toLowerCase();
  const host = anchor.host === undefined ? '' : `-only-${anchor.host.replace(/[^\w.-]/g, '-').slice(0, 100)}`;
  return `${words || 'certificate'}-${fingerprint}${host}.pem`;
}

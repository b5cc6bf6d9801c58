import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { canonicalHost } from './pins.ts';

/**
 * A certificate in words. Pure: what is shown depends on the certificate alone; whether it is valid today is the
 * reader's sum. Text that comes from the certificate is cut and cleaned, since whoever made it may be hostile.
 */

/** What administrators are shown of a certificate. */
export interface CertificateDescription {
  /** Distinguished name on one line, such as `CN=mail.example.com, O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** The common name, else the first host, else the subject; for sentences. */
  readonly name: string;
  /** Host names and addresses that it is for. */
  readonly hosts: readonly string[];
  /** ms since 1970. */
  readonly validFrom: number;
  /** ms since 1970. */
  readonly validTo: number;
  /** SHA-256 over the certificate, `AB:CD:…`. */
  readonly fingerprint256: string;
  readonly serialNumber: string;
  /** Such as `EC prime256v1` or `RSA 2048`. */
  readonly key: string;
  /** Signed with its own key. */
  readonly selfSigned: boolean;
  /** `authority` signs others; `server` is trusted as itself only. */
  readonly kind: 'authority' | 'server';
}

const LONGEST_NAME = 300;
const MOST_HOSTS = 100;

export function describeCertificate(certificate: X509Certificate): CertificateDescription {
  const subject = oneLine(certificate.subject);
  const hosts = hostsOf(certificate.subjectAltName);
  const commonName = /(?:^|\n)CN=([^\n]+)/.exec(certificate.subject)?.[1];
  return {
    subject,
    issuer: oneLine(certificate.issuer),
    name: oneLine(commonName ?? hosts[0] ?? subject),
    hosts,
    validFrom: certificate.validFromDate.getTime(),
    validTo: certificate.validToDate.getTime(),
    fingerprint256: certificate.fingerprint256,
    serialNumber: certificate.serialNumber,
    key: keyOf(certificate),
    selfSigned: isSelfSigned(certificate),
    kind: certificate.ca ? 'authority' : 'server',
  };
}

/** `2027-03-01`, in UTC; for sentences about validity. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** Signed with its own key; whether it may sign others does not matter. */
export function isSelfSigned(certificate: X509Certificate): boolean {
  if (certificate.subject !== certificate.issuer) return false;
  try {
    return certificate.verify(certificate.publicKey);
  } catch {
    return false; // a key or signature that OpenSSL does not know
  }
}

function keyOf(certificate: X509Certificate): string {
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
    const size = details?.namedCurve ?? details?.modulusLength ?? '';
    return `${(type ?? 'unknown').toUpperCase()} ${size}`.trim();
  } catch {
    return 'unknown';
  }
}

function hostsOf(subjectAltName: string | undefined): string[] {
  if (subjectAltName === undefined) return [];
  return [...subjectAltName.matchAll(/(?:^|, )(?:DNS|IP Address):("[^"]*"|[^,]*)/g)]
    .slice(0, MOST_HOSTS)
    .map((match) => oneLine((match[1] ?? '').replaceAll('"', '')))
    .map((host) => (isIP(host) === 6 ? (canonicalHost(host) ?? host) : host)); // OpenSSL writes all zeros out
}

function oneLine(text: string): string {
  const line = text.replaceAll('\n', ', ').replace(/[\p{Cc}\p{Cf}]/gu, ' ');
  return line.length > LONGEST_NAME ? `${line.slice(0, LONGEST_NAME)}…` : line;
}

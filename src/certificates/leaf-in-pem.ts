import { X509Certificate } from 'node:crypto';

const BLOCKS = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const MOST_BLOCKS = 10;

/**
 * The certificate that a PEM text is about: the first that signs no others, else the first. Keys in the text are not looked at.
 * Undefined where there is none that can be read; never throws.
 */
export function leafInPem(pem: string): X509Certificate | undefined {
  const found: X509Certificate[] = [];
  for (const block of pem.match(BLOCKS)?.slice(0, MOST_BLOCKS) ?? []) {
    try {
      found.push(new X509Certificate(block));
    } catch {
      // not one that OpenSSL knows; the next may be
    }
  }
  return found.find((certificate) => !certificate.ca) ?? found[0];
}

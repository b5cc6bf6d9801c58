import type { PeerCertificate } from 'node:tls';
import { shownText } from '../shared/shown-text.ts';

/** Characters of names out of a certificate; some have hundreds of names. */
const LONGEST_NAMES = 300;

/** OpenSSL's words for why a chain is not accepted, and ours. */
const REASONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed and not a trust anchor',
  SELF_SIGNED_CERT_IN_CHAIN: 'its chain ends in a root that is not a trust anchor',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its issuer is not a trust anchor and was not sent along',
  UNABLE_TO_GET_ISSUER_CERT: 'its issuer is not a trust anchor',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its issuer is not a trust anchor',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet (is the clock of this machine right?)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another host name',
  INVALID_PURPOSE: 'it is not made for servers',
};

/**
 * Why a server's certificate is not accepted, in words that go behind the server's name, with what its owner needs to find
 * and import it. What a certificate says of itself was written by whoever made it: one line, bounded, nothing that steers
 * a terminal.
 */
export function certificateRefusal(
  code: string,
  certificate: PeerCertificate | undefined,
  name: string,
): string {
  const reason =
    REASONS[code] ?? (code.startsWith('Hostname') ? REASONS['ERR_TLS_CERT_ALTNAME_INVALID'] : shown(code));
  if (!certificate?.fingerprint256) return `showed no certificate that can be checked (${shown(code)})`;
  const names = shown(certificate.subjectaltname ?? 'none');
  return (
    `showed a certificate for ${name} that is not accepted: ${reason} ` +
    `(subject ${distinguishedName(certificate.subject)}; issuer ${distinguishedName(certificate.issuer)}; names ${names}; ` +
    `valid from ${certificate.valid_from} to ${certificate.valid_to}; SHA-256 fingerprint ${certificate.fingerprint256})`
  );
}

function distinguishedName(name: object | undefined): string {
  const parts = Object.entries(name ?? {}).map(([key, value]) => `${key}=${String(value)}`);
  return parts.length === 0 ? '(empty)' : shown(parts.join(', '));
}

function shown(text: string): string {
  return shownText(text, LONGEST_NAMES);
}

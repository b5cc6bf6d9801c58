import type { KeyObject, X509Certificate } from 'node:crypto';
import { isSelfSigned } from './inspect.ts';

/** A chain in the order that servers send it (RFC 8446 section 4.4.2), and what does not belong to it. */
export interface OrderedChain {
  /** The server's own first, each followed by its issuer. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]];
  readonly leftOut: readonly X509Certificate[];
}

/** Nobody has a longer one. */
const LONGEST = 20;

/** The chain of the certificate that belongs to the key, whatever order it came in; the one valid longest where several do. */
export function orderChain(
  certificates: readonly X509Certificate[],
  key: KeyObject,
): OrderedChain | undefined {
  const [leaf] = certificates
    .filter((one) => belongs(one, key))
    .toSorted((a, b) => b.validToDate.getTime() - a.validToDate.getTime());
  if (leaf === undefined) return undefined;
  const chain: [X509Certificate, ...X509Certificate[]] = [leaf];
  let rest = certificates.filter((one) => one.fingerprint256 !== leaf.fingerprint256);
  let top = leaf;
  while (chain.length < LONGEST && !isSelfSigned(top)) {
    const below = top;
    const issuer = rest.find((one) => issuedBy(below, one));
    if (issuer === undefined) break;
    chain.push(issuer);
    rest = rest.filter((one) => one !== issuer);
    top = issuer;
  }
  return { chain, leftOut: rest };
}

/** Whether `issuer` signed `certificate`. */
export function issuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false; // a key or signature that OpenSSL does not know
  }
}

function belongs(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    return false;
  }
}

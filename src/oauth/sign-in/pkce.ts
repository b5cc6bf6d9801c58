/** What ties the answer of a consent page to the request: state (RFC 6749 section 10.12) and PKCE with S256 (RFC 7636). */
import { createHash } from 'node:crypto';
import type { Random } from '../../shared/random.ts';
import { Secret } from '../../shared/secret.ts';

/** Bytes; 256 bits, the length that RFC 7636 section 4.1 recommends. */
const LENGTH = 32;

/** BASE64URL of 32 bytes, as states and verifiers of ours are. */
export const STATE_PATTERN = /^[\w-]{43}$/;

export interface ConsentSecrets {
  readonly state: Secret;
  readonly verifier: Secret;
  /** BASE64URL(SHA-256(verifier)); may be seen. */
  readonly challenge: string;
}

export function createConsentSecrets(random: Random): ConsentSecrets {
  const verifier = random.bytes(LENGTH).toString('base64url');
  return {
    state: new Secret(random.bytes(LENGTH).toString('base64url')),
    verifier: new Secret(verifier),
    challenge: createHash('sha256').update(verifier).digest('base64url'),
  };
}

/** SHA-256 in hex: by this the store finds a sign-in, so that the store does not tell the state itself. */
export function stateHash(state: string): string {
  return createHash('sha256').update(state).digest('hex');
}

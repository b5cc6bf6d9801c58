/*
 * The registered application: its ids, secrets, certificates and redirect URIs. The ids and secrets are the same in every simulator,
 * so that settings written for one work with the next; they open nothing but a simulator.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { isLoopbackAddress } from '../shared/loopback.ts';

export const MICROSOFT_TENANT = '7d3f1a52-5a1e-4c0b-9a53-0c1ffee05757';
/** Domains of the tenant; the authority takes them in place of the id. */
export const MICROSOFT_DOMAINS: readonly string[] = ['example.com', 'example.onmicrosoft.com'];
export const MICROSOFT_CLIENT = '2f8a9d4e-6b31-4f7c-8e55-90ab12cd34ef';
export const GOOGLE_CLIENT = '123456789012-postern0simulator.apps.googleusercontent.com';
export const GOOGLE_PROJECT = 'postern-simulator';
export const SERVICE_ACCOUNT = 'relay@postern-simulator.iam.gserviceaccount.com';
/** Id of the service account, which domain-wide delegation is given to. */
export const SERVICE_ACCOUNT_ID = '104857600000000000042';

const MAX_REGISTERED = 100;

export interface Clients {
  microsoftSecret(): string;
  googleSecret(): string;
  setSecret(secret: string): void;
  addRedirectUri(uri: string): void;
  /** Any on this machine, and those that were added. */
  isRedirectUri(uri: string): boolean;
  /** PEM. Throws where it is no certificate. */
  addCertificate(pem: string): void;
  /** By thumbprint in base64url: SHA-256 (`x5t#S256`) or SHA-1 (`x5t`). */
  certificate(thumbprint: string): X509Certificate | undefined;
}

/** With the secrets that every simulator begins with. */
export function createClients(): Clients {
  // Real ones look like this, with signs that have to be escaped in a form.
  let microsoft = 'sim8Q~only.for-the_simulator~0123456789';
  let google = 'GOCSPX-only-for-the-simulator';
  const redirectUris = new Set<string>();
  const certificates = new Map<string, X509Certificate>();
  return {
    microsoftSecret: () => microsoft,
    googleSecret: () => google,
    setSecret(secret) {
      microsoft = secret;
      google = secret;
    },
    addRedirectUri(uri) {
      if (redirectUris.size < MAX_REGISTERED) redirectUris.add(uri);
    },
    isRedirectUri: (uri) => redirectUris.has(uri) || isHere(uri),
    addCertificate(pem) {
      if (certificates.size >= 2 * MAX_REGISTERED) return;
      const certificate = new X509Certificate(pem);
      for (const algorithm of ['sha256', 'sha1']) {
        const thumbprint = createHash(algorithm).update(certificate.raw).digest('base64url');
        certificates.set(thumbprint, certificate);
      }
    },
    certificate: (thumbprint) => certificates.get(thumbprint),
  };
}

function isHere(uri: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname, hash } = new URL(uri);
  const host = hostname.replace(/^\[|\]$/g, '');
  return /^https?:$/.test(protocol) && hash === '' && (host === 'localhost' || isLoopbackAddress(host));
}

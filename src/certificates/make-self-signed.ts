import { createPrivateKey, randomBytes, webcrypto, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { loadX509 } from './read-certificates.ts';
import type { ServerCertificate } from './sources.ts';

/**
 * Makes the certificate that Postern shows until an administrator gives it a better one: ECDSA P-256, signed by itself,
 * for the host's name and for this machine. The private key is made here and goes nowhere but into the result.
 */

/** In the subject of every certificate that Postern made itself; only these may it replace by itself. */
const OWN_MARK = 'Postern (made by itself)';

const DAY = 86_400_000;
/** The longest validity that clients on the market accept is 825 days. */
const VALIDITY = 730 * DAY;
/** A device whose clock is a little slow shall accept it at once. */
const BACKDATED = DAY;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface SelfSignedOptions {
  /** Name or address that the certificate is for, besides localhost. */
  readonly hostname: string;
  /** ms since 1970. */
  readonly now: number;
  /** PKCS#8 PEM of an ECDSA P-256 key to go on with, so that devices that remember the key stay content. */
  readonly key?: string;
}

export async function makeSelfSigned(options: SelfSignedOptions): Promise<ServerCertificate> {
  const x509 = await loadX509();
  const keys = await keyPair(options.key);
  const hosts = [...new Set([options.hostname, 'localhost', '127.0.0.1', '::1'])];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${randomBytes(15).toString('hex')}`, // positive and below 20 bytes, RFC 5280 section 4.1.2.2
    name: [{ CN: [options.hostname.slice(0, 64)] }, { O: [OWN_MARK] }],
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(options.now - BACKDATED),
    notAfter: new Date(options.now - BACKDATED + VALIDITY),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: key.export({ format: 'pem', type: 'pkcs8' }),
  };
}

/** Whether Postern made this certificate itself, and so may renew it. */
export function isOwnMake(certificate: X509Certificate): boolean {
  const ours = certificate.subject.split('\n').includes(`O=${OWN_MARK}`);
  return ours && certificate.subject === certificate.issuer;
}

async function keyPair(pem: string | undefined): Promise<webcrypto.CryptoKeyPair> {
  if (pem === undefined) return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const jwk = createPrivateKey(pem).export({ format: 'jwk' });
  const { d: _private, ...open } = jwk;
  return {
    privateKey: await webcrypto.subtle.importKey('jwk', jwk, ALGORITHM, true, ['sign']),
    publicKey: await webcrypto.subtle.importKey('jwk', open, ALGORITHM, true, ['verify']),
  };
}

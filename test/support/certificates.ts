// oxlint-disable-next-line no-unassigned-import -- it only adds Reflect.getMetadata, which @peculiar/x509 needs
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  PublicKey,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/**
 * Certificates for tests: an authority of one's own, what it issues, and self-signed ones, each valid, expired, not yet
 * valid or for another host as the test wants. Keys are ECDSA P-256 unless told otherwise.
 */

const DAY = 86_400_000;

/** A certificate with its key, everything PEM. */
export interface TestCertificate {
  readonly certificate: string;
  /** The certificate and the intermediate ones above it, without the root: what a server presents. */
  readonly chain: string;
  /** PKCS#8. */
  readonly key: string;
}

export interface TestCertificateOptions {
  /** Host names and IP addresses that it is for; `localhost`, `127.0.0.1` and `::1` if absent. */
  readonly hosts?: readonly string[];
  /** Common name of the subject; the first host if absent. */
  readonly commonName?: string;
  /** ms since 1970; yesterday if absent. */
  readonly validFrom?: number;
  /** ms since 1970; in 30 days if absent. */
  readonly validTo?: number;
  readonly keyType?: 'ecdsa' | 'rsa';
  /** A private key of any kind (PEM) that the certificate is for; it cannot sign itself then. */
  readonly subjectKey?: string;
  /** Object identifiers of the extended key usage; server authentication if absent. */
  readonly usages?: readonly string[];
  /** Of the signature; SHA-256 if absent. */
  readonly hash?: 'SHA-1' | 'SHA-256';
}

/** A certificate authority. */
export interface TestAuthority extends TestCertificate {
  /** A server certificate signed by this authority. */
  issue(options?: TestCertificateOptions): Promise<TestCertificate>;
  /** The certificate that a request (PKCS#10, PEM) asks for, PEM. */
  sign(request: string): Promise<string>;
  /** An authority below this one. */
  intermediate(commonName?: string): Promise<TestAuthority>;
}

/** Validity that ended yesterday; spread it into the options. */
export const expired = () => ({ validFrom: Date.now() - 60 * DAY, validTo: Date.now() - DAY });

/** Validity that starts tomorrow; spread it into the options. */
export const notYetValid = () => ({ validFrom: Date.now() + DAY, validTo: Date.now() + 60 * DAY });

/** A root of one's own: give its `certificate` to the side that checks. */
export function makeAuthority(commonName = 'Test Authority'): Promise<TestAuthority> {
  return authority(commonName);
}

/** A server certificate signed by itself, as appliances and mail servers in closed networks have them. */
export async function makeSelfSigned(options: TestCertificateOptions = {}): Promise<TestCertificate> {
  const made = await generate(options, undefined, false);
  return { certificate: made.pem, chain: made.pem, key: made.key };
}

interface Issuer {
  readonly certificate: X509Certificate;
  readonly keys: CryptoKeyPair;
  /** PEM of the intermediates that a server presents below the root. */
  readonly above: string;
}

interface Generated {
  readonly certificate: X509Certificate;
  readonly keys: CryptoKeyPair;
  readonly pem: string;
  readonly key: string;
}

type CryptoKeyPair = webcrypto.CryptoKeyPair;

async function authority(commonName: string, parent?: Issuer): Promise<TestAuthority> {
  const made = await generate({ commonName, hosts: [] }, parent, true);
  const above = parent === undefined ? '' : made.pem + parent.above;
  const self: Issuer = { certificate: made.certificate, keys: made.keys, above };
  return {
    certificate: made.pem,
    chain: above === '' ? made.pem : above,
    key: made.key,
    async issue(options = {}) {
      const leaf = await generate(options, self, false);
      return { certificate: leaf.pem, chain: leaf.pem + above, key: leaf.key };
    },
    sign: (request) => sign(request, self),
    intermediate: (name = `${commonName} Intermediate`) => authority(name, self),
  };
}

async function sign(pem: string, issuer: Issuer): Promise<string> {
  const request = new Pkcs10CertificateRequest(pem);
  if (!(await request.verify())) throw new Error('the request is not signed with its key');
  const names = request.getExtension('2.5.29.17');
  const certificate = await X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(8).toString('hex')}`,
    subject: request.subject,
    issuer: issuer.certificate.subject,
    publicKey: request.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + 30 * DAY),
    extensions: [
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      ...(names === null ? [] : [names]),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

async function generate(
  options: TestCertificateOptions,
  issuer: Issuer | undefined,
  isAuthority: boolean,
): Promise<Generated> {
  const hosts = options.hosts ?? ['localhost', '127.0.0.1', '::1'];
  const commonName = options.commonName ?? hosts[0] ?? 'test';
  const subject = [{ CN: [commonName] }, { O: ['Postern tests'] }];
  const algorithm =
    options.keyType === 'rsa'
      ? {
          name: 'RSASSA-PKCS1-v1_5',
          modulusLength: 2048,
          publicExponent: new Uint8Array([1, 0, 1]),
          hash: 'SHA-256',
        }
      : { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const names = hosts.map(
    (host): JsonGeneralName => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }),
  );
  const certificate = await X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(8).toString('hex')}`,
    subject,
    issuer: issuer?.certificate.subject ?? subject,
    publicKey: options.subjectKey === undefined ? keys.publicKey : publicHalf(options.subjectKey),
    signingKey: issuer?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: {
      name: (issuer?.keys ?? keys).privateKey.algorithm.name,
      hash: options.hash ?? 'SHA-256',
    },
    notBefore: new Date(options.validFrom ?? Date.now() - DAY),
    notAfter: new Date(options.validTo ?? Date.now() + 30 * DAY),
    extensions: [
      new BasicConstraintsExtension(isAuthority, undefined, true),
      isAuthority
        ? new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true)
        : new ExtendedKeyUsageExtension([...(options.usages ?? [ExtendedKeyUsage.serverAuth])]),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    certificate,
    keys,
    pem: `${certificate.toString('pem')}\n`,
    key: options.subjectKey ?? key.export({ format: 'pem', type: 'pkcs8' }),
  };
}

function publicHalf(key: string): PublicKey {
  return new PublicKey(createPublicKey(key).export({ format: 'der', type: 'spki' }));
}

import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  webcrypto,
  type X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import { loadX509 } from './read-certificates.ts';
import type { ServerCertificate } from './sources.ts';

/**
 * Makes certificates that are signed by themselves, such as the one that Postern shows until an administrator gives it a better
 * one, and requests for authorities that sign better ones. Keys are made here and go nowhere but into the result.
 */

/** In the subject of every certificate that Postern made itself; only these may it replace by itself. */
const OWN_MARK = 'Postern (made by itself)';

const DAY = 86_400_000;
/** The longest validity that clients on the market accept is 825 days. */
const VALIDITY = 730 * DAY;
/** A device whose clock is a little slow shall accept it at once. */
const BACKDATED = DAY;

/** Kinds of key that are made: old devices know RSA only. */
export type KeyKind = 'ec' | 'rsa';

const HASH = 'SHA-256';
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: HASH,
} as const;
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

export interface SelfSignedOptions {
  /** Names and addresses that the certificate is for; the first is its common name. */
  readonly hosts: readonly [string, ...string[]];
  /** ms since 1970. */
  readonly now: number;
  /** PEM of a key to go on with, so that devices that remember the key stay content. */
  readonly key?: string;
  /** Of a new key; `ec` if absent. */
  readonly kind?: KeyKind;
}

export async function makeSelfSigned(options: SelfSignedOptions): Promise<ServerCertificate> {
  const x509 = await loadX509();
  const { key: known, kind = 'ec', hosts } = options;
  const keys = known === undefined ? await newKeys(kind) : await keysOf(createPrivateKey(known));
  // Old devices use an RSA key to encrypt with.
  const { KeyUsageFlags } = x509;
  const isRsa = keys.privateKey.algorithm.name === RSA.name;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${randomBytes(15).toString('hex')}`, // positive and below 20 bytes, RFC 5280 section 4.1.2.2
    name: [{ CN: [hosts[0].slice(0, 64)] }, { O: [OWN_MARK] }],
    keys,
    signingAlgorithm: { name: keys.privateKey.algorithm.name, hash: HASH },
    notBefore: new Date(options.now - BACKDATED),
    notAfter: new Date(options.now - BACKDATED + VALIDITY),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      isRsa
        ? new x509.KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true)
        : new x509.KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([...new Set(hosts)].map(generalName)),
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

/**
 * A request (PKCS#10, RFC 2986, PEM) with this key for these hosts; an authority makes a certificate of it. Throws TypeError for
 * keys that no request can be signed with here.
 */
export async function makeRequest(hosts: readonly [string, ...string[]], key: KeyObject): Promise<string> {
  const x509 = await loadX509();
  const keys = await keysOf(key);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [hosts[0].slice(0, 64)] }],
    keys,
    signingAlgorithm: { name: keys.privateKey.algorithm.name, hash: HASH },
    extensions: [new x509.SubjectAlternativeNameExtension([...new Set(hosts)].map(generalName))],
  });
  return `${request.toString('pem')}\n`;
}

function generalName(value: string) {
  return { type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value };
}

function newKeys(kind: KeyKind): Promise<webcrypto.CryptoKeyPair> {
  const algorithm = kind === 'rsa' ? RSA : { name: 'ECDSA', namedCurve: 'P-256' };
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function keysOf(key: KeyObject): Promise<webcrypto.CryptoKeyPair> {
  const algorithm = algorithmOf(key);
  const open = createPublicKey(key).export({ format: 'jwk' });
  return {
    privateKey: await webcrypto.subtle.importKey('jwk', key.export({ format: 'jwk' }), algorithm, true, [
      'sign',
    ]),
    publicKey: await webcrypto.subtle.importKey('jwk', open, algorithm, true, ['verify']),
  };
}

function algorithmOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject) {
  const namedCurve = CURVES[details?.namedCurve ?? ''];
  if (type === 'ec' && namedCurve !== undefined) return { name: 'ECDSA', namedCurve };
  if (type === 'rsa') return RSA;
  if (type === 'ed25519') return { name: 'Ed25519' };
  throw new TypeError(`cannot sign with a key of kind ${type ?? 'unknown'}`);
}

/*
 * The simulator's own certificate authority and the certificate that all of its servers show. With a directory the authority stays
 * the same over restarts, so that it has to be imported once. Validity follows the real clock: the other side of TLS looks at that.
 */
// oxlint-disable-next-line no-unassigned-import -- it only adds Reflect.getMetadata, which @peculiar/x509 needs
import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { writeFileDurably } from '../certificates/write-file.ts';
import { systemClock } from '../shared/clock.ts';
import { errorCode } from '../shared/errors.ts';

const DAY = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const SUBJECT = [{ CN: ['Postern simulator'] }, { O: ['Postern simulator, for trying out only'] }];

/**
 * Names that the authority may vouch for (RFC 5280 section 4.2.1.10): `localhost` and 127.0.0.0/8, in DER. People import its certificate
 * and forget it; whoever gets at its key later can be no other server with it.
 */
const ONLY_THIS_MACHINE = Buffer.from('301ba019300b82096c6f63616c686f7374300a87087f000000ff000000', 'hex');
const NAME_CONSTRAINTS = '2.5.29.30';

/** File names in the directory of the simulator. */
const CERTIFICATE_FILE = 'simulator-ca.pem';
const KEY_FILE = 'simulator-ca.key';

/** Everything PEM. */
export interface Authority {
  /** The authority's own certificate: what has to be imported. */
  readonly certificate: string;
  readonly server: { readonly certificate: string; readonly key: string };
}

interface Root {
  readonly certificate: X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

/** Makes the authority, or reads it from the directory, and has it issue a server certificate for localhost. */
export async function openAuthority(directory?: string): Promise<Authority> {
  const kept = directory === undefined ? undefined : await readRoot(directory);
  const root = kept ?? (await makeRoot(directory));
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const now = systemClock.now();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: [{ CN: ['localhost'] }, ...SUBJECT.slice(1)],
    issuer: root.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: root.key,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(now - DAY),
    notAfter: new Date(now + 365 * DAY),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  });
  return {
    certificate: pem(root.certificate),
    server: { certificate: pem(certificate), key: await exportKey(keys.privateKey) },
  };
}

/** Undefined where there is none, or one that is damaged or about to expire; then another one is made. */
async function readRoot(directory: string): Promise<Root | undefined> {
  const certificate = await readText(join(directory, CERTIFICATE_FILE));
  const key = await readText(join(directory, KEY_FILE));
  if (certificate === undefined || key === undefined) return undefined;
  try {
    const parsed = new X509Certificate(certificate);
    if (parsed.notAfter.getTime() < systemClock.now() + 30 * DAY) return undefined;
    const jwk = createPrivateKey(key).export({ format: 'jwk' });
    return {
      certificate: parsed,
      key: await webcrypto.subtle.importKey('jwk', jwk, ALGORITHM, true, ['sign']),
    };
  } catch {
    return undefined;
  }
}

async function makeRoot(directory: string | undefined): Promise<Root> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const now = systemClock.now();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: SUBJECT,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(now - DAY),
    notAfter: new Date(now + 3650 * DAY),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      new Extension(NAME_CONSTRAINTS, true, ONLY_THIS_MACHINE),
    ],
  });
  if (directory !== undefined) {
    await writeFileDurably(join(directory, KEY_FILE), await exportKey(keys.privateKey), 0o600);
    await writeFileDurably(join(directory, CERTIFICATE_FILE), pem(certificate), 0o644);
  }
  return { certificate, key: keys.privateKey };
}

/** Undefined where there is no such file. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({
    format: 'pem',
    type: 'pkcs8',
  });
}

const pem = (certificate: X509Certificate) => `${certificate.toString('pem')}\n`;

/** Positive and below 20 bytes, RFC 5280 section 4.1.2.2. */
const serial = () => `01${randomBytes(15).toString('hex')}`;

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { failureOfSettings } from '../failures/token-failures.ts';

/** A client certificate as Microsoft takes it. */
export interface ClientCertificate {
  /** RSA. */
  readonly key: KeyObject;
  /** SHA-256 of the certificate, hexadecimal without colons. */
  readonly thumbprint: string;
  /** The certificate and those above it, PEM. */
  readonly chain: string;
}

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const REMEDY =
  'Put both in one PEM file: the block BEGIN CERTIFICATE and the block BEGIN PRIVATE KEY (RSA, 2048 bits or more, without a passphrase).';

/** Reads `clientCertificate` of the settings; a ProviderFailure says what is wrong with it. */
export function readClientCertificate(pem: string, upstream: string): ClientCertificate {
  const wrong = (what: string) =>
    failureOfSettings(`clientCertificate of upstream ${upstream} ${what}.`, REMEDY);
  const blocks = pem.match(CERTIFICATES)?.slice(0, 10) ?? [];
  if (blocks.length === 0) throw wrong('holds no certificate in PEM');
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) throw wrong('holds no private key in PEM');
  const key = parsed(() => createPrivateKey(pem)) ?? fail(wrong('has a private key that cannot be read'));
  if (key.asymmetricKeyType !== 'rsa')
    throw wrong('has a key that is not RSA, which Microsoft does not take');
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) throw wrong('has a key of less than 2048 bits');
  const certificates = blocks.map((block) => parsed(() => new X509Certificate(block)));
  const own = certificates.find((certificate) => certificate?.checkPrivateKey(key) === true);
  if (own === undefined) throw wrong('has a key that does not belong to the certificate');
  const above = certificates.filter((certificate) => certificate !== undefined && certificate !== own);
  return {
    key,
    thumbprint: own.fingerprint256.replaceAll(':', ''),
    chain: [own, ...above].map((certificate) => certificate?.toString() ?? '').join(''),
  };
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function fail(error: Error): never {
  throw error;
}

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { RelayError } from '../shared/errors.ts';
import { isPkcs12 } from './file-kinds.ts';
import { readCertificates } from './read-certificates.ts';
import { readKeys } from './read-key.ts';
import type { Unlock } from './unlock.ts';

/** What an administrator hands in as a server certificate. */
export interface Upload {
  /** PEM, or base64 of DER, PKCS#7 or PKCS#12. */
  readonly certificate: string;
  /** PEM, or base64 of DER. */
  readonly key?: string;
  readonly password?: string;
}

export interface ReadUpload {
  readonly certificates: readonly X509Certificate[];
  /** Those that came with it; none where the certificate came alone. */
  readonly keys: readonly KeyObject[];
}

/**
 * The certificates and keys of an upload: a pair of files, one file with both, or PKCS#12. Throws RelayError `certificate-invalid`
 * with the exact mistake, naming the file.
 */
export async function readUpload(upload: Upload, unlock: Unlock): Promise<ReadUpload> {
  const { certificate, key, password } = upload;
  const bytes = uploadedBytes(certificate);
  if (isPkcs12(bytes)) return await readPkcs12(bytes, upload, unlock);
  const text = bytes.toString('latin1');
  const together =
    key === undefined && text.includes('PRIVATE KEY-----') && text.includes('BEGIN CERTIFICATE-----');
  const certificates = await readChain(together ? withoutKeys(text) : bytes, key);
  const keyText = together ? text : key;
  const keys = keyText === undefined ? [] : await readKeys(keyText, password, unlock);
  return { certificates, keys };
}

/** PEM is sent as it is; what is base64 throughout is decoded; any other text stands for itself. */
export function uploadedBytes(text: string): Buffer {
  const bare = text.replaceAll(/\s/g, '');
  const isBase64 = bare.length >= 4 && !bare.includes('-----') && /^[\w+/-]+={0,2}$/.test(bare);
  return isBase64 ? Buffer.from(bare, 'base64') : Buffer.from(text);
}

async function readChain(certificate: string | Buffer, key: string | undefined): Promise<X509Certificate[]> {
  try {
    return await readCertificates(Buffer.from(certificate));
  } catch (error) {
    if (!(error instanceof RelayError)) throw error;
    const swapped =
      key?.includes('BEGIN CERTIFICATE-----') === true && /private key/.test(error.publicMessage);
    if (swapped) {
      throw new RelayError(
        'certificate-invalid',
        'the two files are swapped: the certificate is where the key belongs',
        {
          hint: 'choose the certificate as certificate, and the key as key',
        },
      );
    }
    const text = `the certificate cannot be used: ${error.publicMessage}`;
    throw new RelayError('certificate-invalid', text, error.hint === undefined ? {} : { hint: error.hint });
  }
}

function withoutKeys(pem: string): string {
  return pem.replaceAll(/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^]*?-----END \1-----/g, '');
}

async function readPkcs12(bytes: Buffer, { key, password }: Upload, unlock: Unlock): Promise<ReadUpload> {
  if (key !== undefined) {
    throw invalid('it brings its own key, and another one was given', 'leave the key out');
  }
  const found = await unlock({ kind: 'pkcs12', bytes, ...(password === undefined ? {} : { password }) })
    .catch((error: unknown) => {
      if (!(error instanceof RelayError) || error.code !== 'certificate-invalid') throw error;
      throw invalid(error.publicMessage, error.hint);
    })
    .finally(() => bytes.fill(0));
  const keys = found.keys.map(keyOf);
  const distinct = keys.filter((one, index) => keys.findIndex((other) => other.equals(one)) === index);
  if (distinct.length === 0)
    throw invalid('it holds no private key', 'export it again together with its private key');
  if (distinct.length > 1) {
    throw invalid(`it holds ${distinct.length} private keys`, 'export only the certificate that is meant');
  }
  if (found.certificates.length === 0) {
    throw invalid(
      'it holds a private key and no certificate',
      'export it again together with its certificate',
    );
  }
  return { certificates: found.certificates.map(certificateOf), keys: distinct };
}

function keyOf(der: Uint8Array): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  } catch {
    throw invalid('its private key is damaged, or of a kind that OpenSSL does not know', 'export it again');
  }
}

function certificateOf(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(der));
  } catch {
    throw invalid('a certificate in it is damaged', 'export it again');
  }
}

function invalid(text: string, hint: string | undefined): RelayError {
  const message = `the PKCS#12 file cannot be used: ${text}`;
  return new RelayError('certificate-invalid', message, hint === undefined ? {} : { hint });
}

import { X509Certificate } from 'node:crypto';
import { open } from 'node:fs/promises';
import { RelayError } from '../shared/errors.ts';

/**
 * Turns the bytes of a file into certificates, or says in exact words what the file is instead. Input comes from
 * administrators' downloads, so every common mistake has its own sentence. A private key is recognised by its label or
 * its first bytes, is never decoded, and the buffer that held it is wiped before the error leaves.
 */

/** The largest file that is looked at, in bytes; a bundle of all public authorities has about 250 KB. */
export const MAX_CERTIFICATE_FILE = 1024 * 1024;

const MOST_CERTIFICATES = 1000;
const BEGIN = '-----BEGIN ';
const DASHES = '-----';

/** What a PEM block is when it is not a certificate: the sentence behind "this is …", and what would be right. */
const OTHER_BLOCKS: readonly (readonly [RegExp, string, string])[] = [
  [/PRIVATE KEY$/, 'a private key', 'import the certificate only, and keep the key where it is'],
  [/CERTIFICATE REQUEST$/, 'a certificate request', 'import the certificate that the authority made of it'],
  [/PUBLIC KEY$/, 'a public key', 'import the certificate that contains it'],
  [/CRL$/, 'a revocation list', 'import the certificate of the authority instead'],
  [
    /^TRUSTED CERTIFICATE$/,
    'a certificate in the TRUSTED form of OpenSSL',
    'convert it with: openssl x509 -in FILE -out certificate.pem',
  ],
  [/^(DH|EC) PARAMETERS$/, 'a parameter file', 'import a certificate'],
];

/** DER object identifiers that tell other containers apart. */
const PKCS7_SIGNED_DATA = Buffer.from('06092a864886f70d010702', 'hex');
const PKCS7_DATA = Buffer.from('06092a864886f70d010701', 'hex');

/**
 * The certificates in a PEM, DER or PKCS#7 file, in their order, without repetition. Throws RelayError
 * `certificate-invalid` whose message completes "the file cannot be used: …", with the remedy as hint.
 */
export async function readCertificates(bytes: Buffer): Promise<X509Certificate[]> {
  if (bytes.length === 0) throw invalid('the file is empty', 'export the certificate again');
  if (bytes.length > MAX_CERTIFICATE_FILE) {
    throw invalid('this is larger than 1 MiB, which no certificate is', 'choose the certificate file');
  }
  if (bytes.includes('PRIVATE KEY-----')) refuseOtherBlocks('PRIVATE KEY', bytes); // before it becomes a string
  const text = textOf(bytes);
  const certificates = text === undefined ? await readDer(bytes) : await readPem(text, bytes);
  const known = new Map(certificates.map((certificate) => [certificate.fingerprint256, certificate]));
  if (known.size > MOST_CERTIFICATES) {
    throw invalid(`this holds more than ${MOST_CERTIFICATES} certificates`, 'import only those you need');
  }
  return [...known.values()];
}

/** The bytes of a file, as far as `readCertificates` would look at them; one byte more tells it that there is more. */
export async function readFileBounded(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(Math.min((await file.stat()).size, MAX_CERTIFICATE_FILE) + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The file as text where it has PEM armour; Windows editors may have saved it as UTF-16. */
function textOf(bytes: Buffer): string | undefined {
  const text = bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.toString('utf16le') : bytes.toString('latin1');
  return text.includes(BEGIN) ? text : undefined;
}

async function readPem(text: string, bytes: Buffer): Promise<X509Certificate[]> {
  const found: X509Certificate[] = [];
  let position = 0;
  for (;;) {
    const begin = text.indexOf(BEGIN, position);
    if (begin < 0) break;
    const labelEnd = text.indexOf(DASHES, begin + BEGIN.length);
    const label = labelEnd < 0 ? '' : text.slice(begin + BEGIN.length, labelEnd).trim();
    refuseOtherBlocks(label, bytes);
    const endLine = `${DASHES}END ${label}${DASHES}`;
    const end = labelEnd < 0 ? -1 : text.indexOf(endLine, labelEnd);
    if (end < 0) {
      throw invalid('the file is cut off: a block has no END line', 'copy the whole file again');
    }
    const der = Buffer.from(text.slice(labelEnd + DASHES.length, end), 'base64');
    if (/^(PKCS7|PKCS #7 SIGNED DATA|CMS)$/.test(label)) found.push(...(await readPkcs7(der)));
    else if (/^(X509 )?CERTIFICATE$/.test(label)) found.push(parse(der));
    else throw invalid(`this is not a certificate but “${label.slice(0, 40)}”`, 'import a certificate');
    if (found.length > MOST_CERTIFICATES) break;
    position = end + endLine.length;
  }
  return found;
}

function refuseOtherBlocks(label: string, bytes: Buffer): void {
  for (const [pattern, what, remedy] of OTHER_BLOCKS) {
    if (!pattern.test(label)) continue;
    bytes.fill(0);
    throw invalid(`this is ${what}`, remedy);
  }
}

async function readDer(bytes: Buffer): Promise<X509Certificate[]> {
  if (bytes[0] !== 0x30) {
    throw invalid('this is not a certificate', 'choose a PEM (-----BEGIN CERTIFICATE-----) or DER file');
  }
  const start = bytes.subarray(0, 64);
  if (start.includes(PKCS7_SIGNED_DATA) && !isPkcs12(start)) return readPkcs7(bytes);
  if (isPkcs12(start)) {
    bytes.fill(0);
    throw invalid(
      'this is a PKCS#12 file (.pfx, .p12), which holds a private key',
      'export the certificate without its key',
    );
  }
  if (isDerPrivateKey(bytes)) {
    bytes.fill(0);
    throw invalid('this is a private key', 'import the certificate only, and keep the key where it is');
  }
  return [parse(bytes)];
}

/** PFX ::= SEQUENCE { INTEGER 3, ContentInfo } (RFC 7292 section 4). */
function isPkcs12(start: Buffer): boolean {
  const version = start.indexOf(Buffer.from([0x02, 0x01, 0x03]));
  return version >= 2 && version <= 6 && (start.includes(PKCS7_DATA) || start.includes(PKCS7_SIGNED_DATA));
}

/** PKCS#1, SEC 1 and PKCS#8 keys start with a version of 0 or 1; a certificate starts with a second SEQUENCE. */
function isDerPrivateKey(bytes: Buffer): boolean {
  const lengthBytes = (bytes[1] ?? 0) & 0x80 ? (bytes[1] ?? 0) & 0x7f : 0;
  const first = 2 + lengthBytes;
  return bytes[first] === 0x02 && bytes[first + 1] === 0x01 && (bytes[first + 2] ?? 9) <= 1;
}

async function readPkcs7(der: Buffer): Promise<X509Certificate[]> {
  try {
    const { X509Certificates } = await loadX509();
    return new X509Certificates(der).map((certificate) => parse(Buffer.from(certificate.rawData)));
  } catch (error) {
    if (error instanceof RelayError) throw error;
    throw invalid('this PKCS#7 file cannot be read', 'export the certificate as PEM', error);
  }
}

/** Loaded when first needed: it takes a tenth of a second, and most starts do without. */
export async function loadX509() {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function parse(der: Buffer): X509Certificate {
  try {
    const certificate = new X509Certificate(der);
    void certificate.validToDate.getTime();
    return certificate;
  } catch (error) {
    throw invalid('this is not a certificate, or a damaged one', 'export it again as PEM', error);
  }
}

function invalid(message: string, hint: string, cause?: unknown): RelayError {
  return new RelayError('certificate-invalid', message, { hint, cause });
}

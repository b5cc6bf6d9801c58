import { X509Certificate } from 'node:crypto';
import { open } from 'node:fs/promises';
import { RelayError } from '../shared/errors.ts';
import { derElement } from './der.ts';
import { type FileKind, isPkcs7, kindOfBlock, kindOfDer, kindOfMagic, kindOfText } from './file-kinds.ts';

/**
 * Turns the bytes of a file into certificates, or says in exact words what the file is instead. Input comes from
 * administrators' downloads, so every common mistake has its own sentence. A private key is recognised by its label or
 * its outer form, is never decoded, and the buffer that held it is wiped before the error leaves.
 */

/** The largest file that is looked at, in bytes; a bundle of all public authorities has about 250 KB. */
export const MAX_CERTIFICATE_FILE = 1024 * 1024;

const MOST_CERTIFICATES = 1000;
const BEGIN = '-----BEGIN ';
const DASHES = '-----';
/** Base64 that somebody copied without its armour is at least so long; no certificate is shorter. */
const SHORTEST_BASE64 = 100;

/** A certificate, and the text that stands before it in a PEM file. */
export interface FoundCertificate {
  readonly certificate: X509Certificate;
  /** From the block before it, or the beginning of the file; empty in binary files. */
  readonly before: string;
}

/**
 * The certificates in a PEM, DER or PKCS#7 file, in their order, without repetition. Base64 without its BEGIN and END lines, text
 * around the blocks, UTF-16 and line breaks written as \n are fine. Throws RelayError `certificate-invalid` whose message
 * completes "the file cannot be used: …", with the remedy as hint.
 */
export async function readCertificates(bytes: Buffer): Promise<X509Certificate[]> {
  const found = (await readFoundCertificates(bytes)).map(({ certificate }) => certificate);
  return [...new Map(found.map((certificate) => [certificate.fingerprint256, certificate])).values()];
}

/** The same with the text before each, and with repetitions. */
export async function readFoundCertificates(bytes: Buffer): Promise<readonly FoundCertificate[]> {
  if (bytes.length > MAX_CERTIFICATE_FILE) {
    throw invalid('this is larger than 1 MiB, which no certificate is', 'choose the certificate file');
  }
  const key = kindOfBlock('PRIVATE KEY');
  if (key && bytes.includes('PRIVATE KEY-----') && !bytes.includes('OPENSSH PRIVATE KEY-----')) {
    refuse(key, bytes); // before it becomes a string
  }
  const text = textOf(bytes);
  if (text?.trim() === '') throw invalid('the file is empty', 'export the certificate again');
  const found = text?.includes(BEGIN) === true ? await readPem(text, bytes) : await readOther(text, bytes);
  if (found.length > MOST_CERTIFICATES) {
    throw invalid(`this holds more than ${MOST_CERTIFICATES} certificates`, 'import only those you need');
  }
  return found;
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

/** The file as text, which Windows editors may have saved as UTF-16; undefined where it is binary. */
export function textOf(bytes: Buffer): string | undefined {
  if (bytes.length === 0) return '';
  const [first = 0, second = 0] = bytes;
  if ((first === 0xff && second === 0xfe) || (second === 0 && first !== 0)) return bytes.toString('utf16le');
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) {
    return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
      .swap16()
      .toString('utf16le');
  }
  return first === 0x30 && second >= 0x80 ? undefined : bytes.toString('latin1');
}

async function readPem(text: string, bytes: Buffer): Promise<FoundCertificate[]> {
  const found: FoundCertificate[] = [];
  let position = 0;
  for (;;) {
    const begin = text.indexOf(BEGIN, position);
    if (begin < 0) break;
    const before = text.slice(position, begin);
    const labelEnd = text.indexOf(DASHES, begin + BEGIN.length);
    const label = labelEnd < 0 ? '' : text.slice(begin + BEGIN.length, labelEnd).trim();
    const other = kindOfBlock(label);
    if (other) refuse(other, bytes);
    const endLine = `${DASHES}END ${label}${DASHES}`;
    const end = labelEnd < 0 ? -1 : text.indexOf(endLine, labelEnd);
    const body = text.slice(labelEnd + DASHES.length, end);
    if (end < 0 || body.includes(BEGIN)) {
      throw invalid('the file is cut off: a block has no END line', 'copy the whole file again');
    }
    // What was copied out of JSON or a variable has its line breaks written out.
    const der = Buffer.from(body.replaceAll(/\\[rn]/g, ''), 'base64');
    if (/^(PKCS7|PKCS #7 SIGNED DATA|CMS)$/.test(label)) {
      found.push(...(await readPkcs7(der)).map((certificate) => ({ certificate, before })));
    } else if (/^(X509 )?CERTIFICATE$/.test(label)) found.push({ certificate: parse(der, bytes), before });
    else throw invalid(`this is not a certificate but “${label.slice(0, 40)}”`, 'import a certificate');
    if (found.length > MOST_CERTIFICATES) break;
    position = end + endLine.length;
  }
  return found;
}

function refuse({ what, remedy, secret }: FileKind, ...wiped: readonly Buffer[]): never {
  if (secret) for (const bytes of wiped) bytes.fill(0);
  throw invalid(`this is ${what}`, remedy);
}

/** DER, or base64 of it; whatever else it may be is told by name. */
async function readOther(text: string | undefined, bytes: Buffer): Promise<FoundCertificate[]> {
  const kind = kindOfMagic(bytes) ?? (text === undefined ? undefined : kindOfText(text));
  if (kind) refuse(kind, bytes);
  const bare = text === undefined ? undefined : derInBase64(text);
  const der = bare ?? bytes;
  if (der[0] !== 0x30) {
    throw invalid('this is not a certificate', 'choose a PEM (-----BEGIN CERTIFICATE-----) or DER file');
  }
  const certificates = isPkcs7(der) ? await readPkcs7(der) : [parse(der, bytes)];
  return certificates.map((certificate) => ({ certificate, before: '' }));
}

function derInBase64(text: string): Buffer | undefined {
  const base64 = text.replace(/^\uFEFF|^\u00EF\u00BB\u00BF/, '').replaceAll(/\s/g, '');
  if (base64.length < SHORTEST_BASE64 || !/^[\w+/-]+={0,2}$/.test(base64)) return undefined;
  const der = Buffer.from(base64, 'base64');
  return der[0] === 0x30 ? der : undefined;
}

async function readPkcs7(der: Buffer): Promise<X509Certificate[]> {
  refuseCut(der);
  const kind = isPkcs7(der) ? undefined : kindOfDer(der);
  if (kind) refuse(kind, der);
  try {
    const { X509Certificates } = await loadX509();
    const found = new X509Certificates(der).map((one) => new X509Certificate(Buffer.from(one.rawData)));
    if (found.length > 0) return found;
  } catch (error) {
    throw invalid('this PKCS#7 file cannot be read', 'export the certificate as PEM', error);
  }
  throw invalid('this PKCS#7 file holds no certificate', 'export the certificate itself, as PEM');
}

/** Loaded when first needed: it takes a tenth of a second, and most starts do without. */
export async function loadX509() {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function parse(der: Buffer, bytes: Buffer): X509Certificate {
  refuseCut(der);
  const kind = kindOfDer(der);
  if (kind) refuse(kind, der, bytes);
  try {
    const certificate = new X509Certificate(der);
    void certificate.validToDate.getTime();
    return certificate;
  } catch (error) {
    throw invalid('this is not a certificate, or a damaged one', 'export it again as PEM', error);
  }
}

/** DER says at its beginning how long it is. */
function refuseCut(der: Buffer): void {
  const whole = derElement(der);
  if (whole?.tag !== 0x30 || whole.end <= der.length || whole.end > MAX_CERTIFICATE_FILE) return;
  const text = `the file is cut off: it has ${der.length} of ${whole.end} bytes`;
  throw invalid(text, 'copy the whole file again');
}

function invalid(message: string, hint: string, cause?: unknown): RelayError {
  return new RelayError('certificate-invalid', message, { hint, cause });
}

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { RelayError } from '../shared/errors.ts';
import { kindOfBlock, kindOfDer, kindOfMagic, kindOfText } from './file-kinds.ts';
import type { Unlock } from './unlock.ts';

/**
 * A private key as administrators have it: PEM or DER, in any of the usual forms, open or protected with a password. Every fault is
 * a RelayError `certificate-invalid` that begins with "the key …" and shows nothing of it.
 */

const MOST_KEYS = 10;
const KEY_LABEL = /^(?:ENCRYPTED |RSA |EC |DSA )?PRIVATE KEY$/;

/** The keys in a text (PEM) or in base64 (DER); usually one. */
export async function readKeys(
  text: string,
  password: string | undefined,
  unlock: Unlock,
): Promise<readonly KeyObject[]> {
  if (text.trim() === '') throw invalid('the file is empty', 'choose the file of the private key');
  if (!text.includes('-----BEGIN ')) return [await readDer(text, password, unlock)];
  const blocks = blocksOf(text);
  const keys: KeyObject[] = [];
  for (const { label, pem } of blocks.filter((block) => KEY_LABEL.test(block.label)).slice(0, MOST_KEYS)) {
    keys.push(await readPem(label, pem, password, unlock));
  }
  if (keys.length > 0) return keys;
  const [label] = blocks.map((block) => block.label);
  if (label === undefined)
    throw invalid('the file is cut off: a block has no END line', 'copy the whole file again');
  if (/CERTIFICATE$|^PKCS7$/.test(label)) {
    throw invalid('this is a certificate', 'choose the file of the private key that belongs to it');
  }
  if (label === 'OPENSSH PRIVATE KEY') {
    throw invalid('this is a private key of SSH', 'choose the private key that the certificate was made for');
  }
  const kind = kindOfBlock(label);
  throw invalid(`this is ${kind?.what ?? `not a private key but “${label.slice(0, 40)}”`}`, CHOOSE);
}

const CHOOSE = 'choose the file of the private key';

interface Block {
  readonly label: string;
  readonly pem: string;
}

function blocksOf(text: string): readonly Block[] {
  const found: Block[] = [];
  const pattern = /-----BEGIN ([^\n-]{1,60})-----/g;
  for (const match of text.matchAll(pattern)) {
    const label = match[1] ?? '';
    const endLine = `-----END ${label}-----`;
    const end = text.indexOf(endLine, match.index);
    if (end < 0) {
      if (KEY_LABEL.test(label)) return [];
      continue;
    }
    found.push({ label, pem: `${text.slice(match.index, end + endLine.length)}\n` });
  }
  return found;
}

async function readPem(
  label: string,
  written: string,
  password: string | undefined,
  unlock: Unlock,
): Promise<KeyObject> {
  const pem = written.replaceAll(/\\r\\n|\\n/g, '\n');
  const isProtected = label === 'ENCRYPTED PRIVATE KEY' || pem.includes('Proc-Type: 4,ENCRYPTED');
  if (isProtected) return await opened(Buffer.from(pem), 'pem', password, unlock);
  return parsed(() => createPrivateKey(pem));
}

async function readDer(text: string, password: string | undefined, unlock: Unlock): Promise<KeyObject> {
  const kind = kindOfText(text);
  if (kind) throw invalid(`this is ${kind.what}`, CHOOSE);
  const bare = text.replaceAll(/\s/g, '');
  const der = /^[\w+/-]+={0,2}$/.test(bare) ? Buffer.from(bare, 'base64') : Buffer.from(text, 'latin1');
  const other = kindOfMagic(der) ?? kindOfDer(der);
  if (other !== undefined && other.what !== 'a private key') throw invalid(`this is ${other.what}`, CHOOSE);
  if (der[0] !== 0x30) throw invalid('this is not a private key', CHOOSE);
  if (other === undefined) throw invalid('this is a certificate', CHOOSE);
  for (const type of ['pkcs8', 'sec1', 'pkcs1'] as const) {
    try {
      return createPrivateKey({ key: der, format: 'der', type });
    } catch {
      // another form, or protected
    }
  }
  return await opened(der, 'der', password, unlock);
}

async function opened(
  bytes: Buffer,
  format: 'pem' | 'der',
  password: string | undefined,
  unlock: Unlock,
): Promise<KeyObject> {
  if (password === undefined || password === '') {
    throw invalid('it is protected with a password', 'type the password of the key');
  }
  try {
    const { keys } = await unlock({ kind: 'key', bytes, format, password });
    const [key = new Uint8Array()] = keys;
    return parsed(() => createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'pkcs8' }));
  } catch (error) {
    if (error instanceof RelayError && error.code === 'certificate-invalid') {
      throw invalid(error.publicMessage.replace(/^the key cannot be used: /, ''), error.hint ?? CHOOSE);
    }
    throw error;
  }
}

function parsed(read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch {
    // no cause: the reader of a log shall not meet pieces of a key in an error
    throw invalid('the file is damaged', 'copy the whole file again');
  }
}

function invalid(text: string, hint: string): RelayError {
  return new RelayError('certificate-invalid', `the key cannot be used: ${text}`, { hint });
}

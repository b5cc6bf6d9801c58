/**
 * The thread in which what is protected with a password is opened: deriving keys from passwords takes as long as the file
 * wants, and parsers of old formats have surprises. Nothing waits for it but the one who asked, and it is ended when it
 * takes too long (unlock.ts). Takes one request and answers once.
 */
import { createPrivateKey, pbkdf2Sync } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import forge from 'node-forge';
import { derChildren, derContent, derElement } from './der.ts';
import type { UnlockAnswer, UnlockRequest, UnlockTrouble } from './unlock.ts';

/** Rounds of key derivation; more are an attack on whoever counts them. Common files have 2,000 to 600,000. */
const MOST_ROUNDS = 5_000_000;
/** The same where JavaScript counts them: some 3 s. */
const MOST_SLOW_ROUNDS = 1_000_000;
const MOST_BAGS = 1000;

class Trouble extends Error {
  readonly trouble: UnlockTrouble;
  constructor(trouble: UnlockTrouble) {
    super(trouble);
    this.trouble = trouble;
  }
}

// What is in the bags is wanted byte for byte, and read by OpenSSL later: a certificate that is written anew may lose its
// signature, and the library knows no elliptic curves.
forge.pki.certificateFromAsn1 = () => {
  throw new Error('not here');
};
forge.pki.privateKeyFromAsn1 = () => {
  throw new Error('not here');
};
// RFC 8018 takes bytes, and everybody writes passwords in UTF-8; the library takes them for Latin-1.
Object.assign(forge.pkcs5, {
  pbkdf2(password: string, salt: string, rounds: number, length: number, digest?: { algorithm?: string }) {
    if (rounds > MOST_ROUNDS) throw new Trouble('too-costly');
    const hash = digest?.algorithm ?? 'sha1';
    return pbkdf2Sync(password, Buffer.from(salt, 'latin1'), rounds, length, hash).toString('latin1');
  },
});

const { generateKey } = forge.pkcs12;
const bounded: typeof generateKey = (password, salt, id, rounds, length, digest) => {
  if (rounds > MOST_SLOW_ROUNDS) throw new Trouble('too-costly');
  return generateKey(password, salt, id, rounds, length, digest);
};
Object.assign(forge.pkcs12, { generateKey: bounded });
const passwordBased: unknown = Reflect.get(forge, 'pbe'); // its types leave it out
if (typeof passwordBased === 'object') Object.assign(passwordBased ?? {}, { generatePkcs12Key: bounded });

function openPkcs12(bytes: Uint8Array, password: string | undefined): UnlockAnswer {
  let outer: forge.asn1.Asn1;
  try {
    outer = forge.asn1.fromDer(Buffer.from(bytes).toString('latin1'));
  } catch {
    throw new Trouble('damaged');
  }
  // No password and an empty one are two things to the format, and one to people.
  const tries = password === undefined || password === '' ? ['', undefined] : [password];
  const troubles: UnlockTrouble[] = [];
  for (const word of tries) {
    try {
      return contentsOf(forge.pkcs12.pkcs12FromAsn1(outer, false, word));
    } catch (error) {
      if (error instanceof Trouble) throw error;
      troubles.push(troubleOf(error, password));
    }
  }
  throw new Trouble(troubles.find((trouble) => trouble !== 'damaged') ?? 'damaged');
}

function contentsOf({ safeContents }: forge.pkcs12.Pkcs12Pfx): UnlockAnswer {
  const { keyBag, pkcs8ShroudedKeyBag, certBag } = forge.pki.oids;
  const bags = safeContents.flatMap(({ safeBags }) => safeBags).slice(0, MOST_BAGS);
  const derOf = (...types: readonly (string | undefined)[]) =>
    bags
      .filter(({ type }) => types.includes(type))
      .map(({ asn1 }) => Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1'));
  return { certificates: derOf(certBag), keys: derOf(keyBag, pkcs8ShroudedKeyBag) };
}

/** By the library's words, which are all that it gives. */
function troubleOf(error: unknown, password: string | undefined): UnlockTrouble {
  const text = error instanceof Error ? error.message : '';
  const wrong = password === undefined || password === '' ? 'password-missing' : 'password-wrong';
  if (/MAC could not be verified|wrong password|Failed to decrypt/.test(text)) return wrong;
  if (/nsupported|Unknown|not supported|only .* supported/i.test(text)) return 'unknown-protection';
  return 'damaged';
}

/** A private key in PEM or DER, which a password protects. */
function openKey(bytes: Uint8Array, format: 'pem' | 'der', password: string): UnlockAnswer {
  const content = Buffer.from(bytes);
  const der = format === 'der' ? content : pemBody(content);
  if (der !== undefined && roundsIn(der) > MOST_ROUNDS) throw new Trouble('too-costly');
  try {
    const key =
      format === 'pem'
        ? createPrivateKey({ key: content, format, passphrase: password })
        : createPrivateKey({ key: content, format, type: 'pkcs8', passphrase: password });
    return { certificates: [], keys: [key.export({ format: 'der', type: 'pkcs8' })] };
  } catch {
    throw new Trouble('password-wrong');
  }
}

function pemBody(pem: Buffer): Buffer | undefined {
  const body = /-----BEGIN ENCRYPTED PRIVATE KEY-----([^-]+)-----END/.exec(pem.toString('latin1'))?.[1];
  return body === undefined ? undefined : Buffer.from(body, 'base64');
}

/** The largest number among the parameters of the encryption (RFC 8018 appendix A.2): its rounds, or the cost of scrypt. */
function roundsIn(der: Buffer): number {
  const [algorithm] = derChildren(der, derElement(der));
  let elements = algorithm === undefined ? [] : [algorithm];
  let most = 0;
  for (let depth = 0; depth < 6; depth += 1) {
    for (const element of elements) {
      if (element.tag !== 0x02) continue;
      const digits = derContent(der, element).toString('hex').replace(/^0+/, '');
      most = Math.max(
        most,
        digits.length > 12 ? Number.MAX_SAFE_INTEGER : Number.parseInt(digits || '0', 16),
      );
    }
    elements = elements.filter(({ tag }) => tag === 0x30).flatMap((element) => derChildren(der, element));
  }
  return most;
}

function answer({ kind, bytes, password, format }: UnlockRequest): UnlockAnswer {
  return kind === 'pkcs12' ? openPkcs12(bytes, password) : openKey(bytes, format ?? 'pem', password ?? '');
}

/** One request is all that a thread gets, so it comes with its start. */
function isRequest(value: unknown): value is UnlockRequest {
  return typeof value === 'object' && value !== null && 'kind' in value && 'bytes' in value;
}

const request: unknown = workerData;
if (isRequest(request)) {
  let outcome: UnlockAnswer | { readonly trouble: UnlockTrouble };
  try {
    outcome = answer(request);
  } catch (error) {
    outcome = { trouble: error instanceof Trouble ? error.trouble : 'damaged' };
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
  parentPort?.postMessage(outcome);
}

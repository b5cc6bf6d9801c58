import { createPublicKey } from 'node:crypto';
import { type DerElement, derChildren, derContent, derElement } from './der.ts';

/**
 * What a file is that is no certificate: administrators hand in what they were sent, and deserve to be told what it is. Pure; keys
 * are recognised by their label or their outer form and never decoded.
 */
export interface FileKind {
  /** Completes "this is …". */
  readonly what: string;
  /** What would be right. */
  readonly remedy: string;
  /** It is a key: the memory that holds it is wiped before anybody is told. */
  readonly secret?: true;
}

const KEEP_KEY = 'take the certificate only, and leave the key where it is';

const PRIVATE_KEY: FileKind = { what: 'a private key', remedy: KEEP_KEY, secret: true };
const PUBLIC_KEY: FileKind = { what: 'a public key', remedy: 'take the certificate that contains it' };
const REQUEST: FileKind = {
  what: 'a certificate request',
  remedy: 'take the certificate that the authority made of it',
};
const REVOCATIONS: FileKind = {
  what: 'a revocation list',
  remedy: 'take the certificate of the authority instead',
};

/** The first that matches counts. */
const BLOCKS: readonly (readonly [RegExp, FileKind])[] = [
  [/^OPENSSH PRIVATE KEY$/, { what: 'a private key of SSH', remedy: KEEP_KEY, secret: true }],
  [/PRIVATE KEY$/, PRIVATE_KEY],
  [/CERTIFICATE REQUEST$/, REQUEST],
  [/^SSH2 PUBLIC KEY|^OPENSSH PUBLIC KEY/, { what: 'a public key of SSH', remedy: 'take a certificate' }],
  [/^PGP /, { what: 'an OpenPGP block', remedy: 'take the X.509 certificate of the server or authority' }],
  [/PUBLIC KEY$/, PUBLIC_KEY],
  [/CRL$/, REVOCATIONS],
  [
    /^TRUSTED CERTIFICATE$/,
    {
      what: 'a certificate in the TRUSTED form of OpenSSL',
      remedy: 'convert it with: openssl x509 -in FILE -out certificate.pem',
    },
  ],
  [/^(DH|EC|DSA|X9\.42 DH) PARAMETERS$/, { what: 'a parameter file', remedy: 'take a certificate' }],
];

/** By the label of a PEM block. */
export function kindOfBlock(label: string): FileKind | undefined {
  return BLOCKS.find(([pattern]) => pattern.test(label))?.[1];
}

/** What each begins with, byte order marks aside. */
const TEXTS: readonly (readonly [RegExp, FileKind])[] = [
  [/^PuTTY-User-Key-File/, { what: 'a private key of PuTTY', remedy: KEEP_KEY, secret: true }],
  [/^(ssh-|ecdsa-sha2-|sk-ssh-)/, { what: 'a public key of SSH', remedy: 'take a certificate' }],
  [/^---- BEGIN SSH2/, { what: 'a public key of SSH', remedy: 'take a certificate' }],
  [
    /^<(!doctype|html|\?xml|head|body)/i,
    {
      what: 'a web page',
      remedy: 'the download probably asked for a sign-in; fetch the certificate file again',
    },
  ],
  [/^[[{]/, { what: 'a JSON file', remedy: 'take a PEM (-----BEGIN CERTIFICATE-----) or DER file' }],
  [
    /^(?:SHA-?(?:1|256)\b[^\n]{0,40}[=:]\s*)?(?:[0-9a-f]{2}[:\s-]?){19,31}[0-9a-f]{2}$/i,
    {
      what: 'the fingerprint of a certificate, not the certificate',
      remedy: 'compare it with the one that is shown when the certificate is fetched from its server',
    },
  ],
  [
    /^Certificate:\s+Data:/,
    {
      what: 'the readable form of a certificate, without the certificate',
      remedy: 'write the PEM form with: openssl x509 -in FILE -out certificate.pem',
    },
  ],
  [
    /^(https?|smtps?):\/\//i,
    { what: 'an address', remedy: 'fetch the certificate from that server instead' },
  ],
];

/** By how a text without PEM blocks begins. */
export function kindOfText(text: string): FileKind | undefined {
  const start = text
    .slice(0, 4096)
    .replace(/^\uFEFF|^\u00EF\u00BB\u00BF/, '')
    .trim();
  return TEXTS.find(([pattern]) => pattern.test(start))?.[1];
}

/** Their first bytes, in hexadecimal. */
const MAGIC: readonly (readonly [string, FileKind])[] = [
  [
    'feedfeed',
    {
      what: 'a Java keystore (.jks)',
      remedy: 'export the certificate with: keytool -exportcert -rfc -alias NAME -keystore FILE',
      secret: true,
    },
  ],
  [
    'cececece',
    {
      what: 'a Java keystore (.jceks)',
      remedy: 'export the certificate with: keytool -exportcert -rfc -alias NAME -keystore FILE',
      secret: true,
    },
  ],
  ['504b0304', { what: 'a ZIP archive', remedy: 'unpack it and take the certificate in it' }],
  ['1f8b', { what: 'a gzip archive', remedy: 'unpack it and take the certificate in it' }],
  ['377abcaf', { what: 'a 7-Zip archive', remedy: 'unpack it and take the certificate in it' }],
  ['25504446', { what: 'a PDF document', remedy: 'take the certificate file itself' }],
  ['89504e47', { what: 'a picture', remedy: 'take the certificate file itself' }],
  ['ffd8ff', { what: 'a picture', remedy: 'take the certificate file itself' }],
];

/** By the first bytes of other formats. */
export function kindOfMagic(bytes: Buffer): FileKind | undefined {
  const start = bytes.toString('hex', 0, 4);
  return MAGIC.find(([magic]) => start.startsWith(magic))?.[1];
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const OBJECT = 0x06;
const OCTETS = 0x04;
const BITS = 0x03;

/** PKCS#7 content types (RFC 2315 section 14), as the content of their object identifiers. */
const PKCS7_DATA = Buffer.from('2a864886f70d010701', 'hex');
const PKCS7_SIGNED = Buffer.from('2a864886f70d010702', 'hex');
const PKCS7_ENVELOPED = Buffer.from('2a864886f70d010703', 'hex');
/** Password-based encryption: PKCS#5 (RFC 8018) and PKCS#12 (RFC 7292 appendix C). */
const PASSWORD_BASED = ['2a864886f70d0105', '2a864886f70d010c01'];

/** A PKCS#7 SignedData, in which certificates travel. */
export function isPkcs7(der: Buffer): boolean {
  const [type] = derChildren(der, derElement(der));
  if (type?.tag === OBJECT) return derContent(der, type).equals(PKCS7_SIGNED);
  // BER of indefinite length says so at the same place.
  return der[0] === SEQUENCE && der[1] === 0x80 && der.subarray(4, 13).equals(PKCS7_SIGNED);
}

/** PFX ::= SEQUENCE { INTEGER 3, ContentInfo } (RFC 7292 section 4). */
export function isPkcs12(der: Buffer): boolean {
  if (der[0] !== SEQUENCE) return false;
  const start = der.subarray(0, 64);
  const version = start.indexOf(Buffer.from([INTEGER, 0x01, 0x03]));
  return version >= 2 && version <= 6 && (start.includes(PKCS7_DATA) || start.includes(PKCS7_SIGNED));
}

const ANOTHER_KIND = 'export the certificate without its key';

/** By the outer form of DER. */
export function kindOfDer(der: Buffer): FileKind | undefined {
  if (isPkcs12(der)) {
    const what = 'a PKCS#12 file (.pfx, .p12), which holds a private key';
    return { what, remedy: ANOTHER_KIND, secret: true };
  }
  const parts = derChildren(der, derElement(der));
  const [first, second] = parts;
  if (first?.tag === INTEGER && isVersion(derContent(der, first))) return PRIVATE_KEY;
  if (first?.tag === OBJECT && derContent(der, first).equals(PKCS7_ENVELOPED)) {
    return { what: 'an encrypted PKCS#7 message', remedy: 'export the certificate itself, as PEM' };
  }
  if (first?.tag !== SEQUENCE) return undefined;
  if (parts.length === 2 && second?.tag === OCTETS && isPasswordBased(der, first)) return PRIVATE_KEY;
  if (parts.length === 2 && second?.tag === BITS) return isPublicKey(der) ? PUBLIC_KEY : undefined;
  return kindOfSigned(der, first);
}

/** Requests (RFC 2986) and revocation lists (RFC 5280 section 5.1) are signed in the same way as certificates. */
function kindOfSigned(der: Buffer, signed: DerElement): FileKind | undefined {
  const inner = derChildren(der, signed);
  const tags = inner.map(({ tag }) => tag);
  const [version, ...behind] = tags;
  const isZero = derContent(der, inner[0]).equals(Buffer.from([0]));
  if (version === INTEGER && isZero && behind[0] === SEQUENCE && behind[2] === 0xa0) return REQUEST;
  const rest = version === INTEGER ? behind : tags;
  const isTime = rest[2] === 0x17 || rest[2] === 0x18;
  return rest[0] === SEQUENCE && rest[1] === SEQUENCE && isTime ? REVOCATIONS : undefined;
}

/** PKCS#1, SEC 1 and PKCS#8 keys begin with a version of 0 or 1. */
function isVersion(content: Buffer): boolean {
  return content.length === 1 && (content[0] ?? 9) <= 1;
}

function isPasswordBased(der: Buffer, algorithm: DerElement): boolean {
  const id = derContent(der, derChildren(der, algorithm)[0]).toString('hex');
  return PASSWORD_BASED.some((start) => id.startsWith(start));
}

function isPublicKey(der: Buffer): boolean {
  try {
    createPublicKey({ key: der, format: 'der', type: 'spki' });
    return true;
  } catch {
    return false;
  }
}

import { createPrivateKey } from 'node:crypto';
import forge from 'node-forge';

/** PKCS#12 files (RFC 7292) for tests, in the ways in which programs of thirty years wrote them, and in ways in which none should. */
export interface Pkcs12Options {
  readonly password?: string;
  /** PEM; PKCS#8. */
  readonly keys?: readonly string[];
  /** PEM. */
  readonly certificates?: readonly string[];
  /** `rc2`: 40 bits, for certificates, and 3DES for keys: what Windows did until 2019. `aes`: what is written today. */
  readonly protection?: 'rc2' | 'aes';
  /** Rounds of key derivation. */
  readonly rounds?: number;
  readonly withoutMac?: boolean;
  /** Object identifier of the digest in the MAC; SHA-1 if absent. */
  readonly macAlgorithm?: string;
  readonly version?: number;
}

const { asn1, pki } = forge;
const { SEQUENCE, SET, OCTETSTRING, INTEGER, OID, NULL } = asn1.Type;

type Node = forge.asn1.Asn1;

const universal = (type: forge.asn1.Type, value: string | Node[]): Node =>
  asn1.create(asn1.Class.UNIVERSAL, type, typeof value !== 'string', value);
const sequence = (...values: Node[]): Node => universal(SEQUENCE, values);
const octets = (bytes: string): Node => universal(OCTETSTRING, bytes);
const oid = (id: string): Node => universal(OID, asn1.oidToDer(id).getBytes());
const number = (value: number): Node => universal(INTEGER, asn1.integerToDer(value).getBytes());
const tagged = (...values: Node[]): Node =>
  asn1.create(asn1.Class.CONTEXT_SPECIFIC, asn1.Type.NONE, true, values);
const der = (node: Node): string => asn1.toDer(node).getBytes();

const OIDS = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509: '1.2.840.113549.1.9.22.1',
  rc2: '1.2.840.113549.1.12.1.6',
  tripleDes: '1.2.840.113549.1.12.1.3',
  sha1: '1.3.14.3.2.26',
} as const;

export function makePkcs12(options: Pkcs12Options): Buffer {
  const { password = '', keys = [], certificates = [], protection = 'aes', rounds = 2048 } = options;
  const keyBags = keys.map((pem) => {
    const info = asn1.fromDer(
      createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' }).toString('latin1'),
    );
    return sequence(oid(OIDS.keyBag), tagged(shrouded(info, password, protection, rounds)));
  });
  const certBags = certificates.map((pem) => {
    const body = Buffer.from(pem.replaceAll(/-----[^-]+-----/g, ''), 'base64').toString('latin1');
    return sequence(oid(OIDS.certBag), tagged(sequence(oid(OIDS.x509), tagged(octets(body)))));
  });
  const safe = sequence(
    content(sequence(...keyBags)),
    protection === 'rc2'
      ? encrypted(sequence(...certBags), password, rounds)
      : content(sequence(...certBags)),
  );
  const contents = der(safe);
  const parts = [number(options.version ?? 3), sequence(oid(OIDS.data), tagged(octets(contents)))];
  if (options.withoutMac !== true) parts.push(macOf(contents, password, rounds, options.macAlgorithm));
  return Buffer.from(der(sequence(...parts)), 'latin1');
}

function content(bags: Node): Node {
  return sequence(oid(OIDS.data), tagged(octets(der(bags))));
}

function shrouded(info: Node, password: string, protection: 'rc2' | 'aes', rounds: number): Node {
  if (protection === 'aes') {
    return pki.encryptPrivateKeyInfo(info, forge.util.encodeUtf8(password), {
      algorithm: 'aes256',
      count: rounds,
      prfAlgorithm: 'sha256',
    });
  }
  const { salt, algorithm } = pbe(OIDS.tripleDes, rounds);
  const key = derived(password, salt, 1, rounds, 24);
  const cipher = forge.cipher.createCipher('3DES-CBC', key);
  return sequence(algorithm, octets(run(cipher, der(info), { iv: derived(password, salt, 2, rounds, 8) })));
}

function encrypted(bags: Node, password: string, rounds: number): Node {
  const { salt, algorithm } = pbe(OIDS.rc2, rounds);
  const cipher = forge.rc2.createEncryptionCipher(derived(password, salt, 1, rounds, 5), 40);
  const bytes = run(cipher, der(bags), derived(password, salt, 2, rounds, 8));
  const info = sequence(
    oid(OIDS.data),
    algorithm,
    asn1.create(asn1.Class.CONTEXT_SPECIFIC, asn1.Type.NONE, false, bytes),
  );
  return sequence(oid(OIDS.encryptedData), tagged(sequence(number(0), info)));
}

function pbe(algorithm: string, rounds: number) {
  const salt = forge.random.getBytesSync(8);
  return { salt, algorithm: sequence(oid(algorithm), sequence(octets(salt), number(rounds))) };
}

/** Key material of RFC 7292 appendix B; counted in earnest only where the rounds are honest. */
function derived(password: string, salt: string, id: number, rounds: number, length: number) {
  const honest = Math.min(rounds, 10_000);
  return forge.pkcs12.generateKey(password, forge.util.createBuffer(salt), id, honest, length).getBytes();
}

interface Cipher {
  start(iv: string | { readonly iv: string }): void;
  update(input: forge.util.ByteBuffer): void;
  finish(): unknown;
  readonly output: forge.util.ByteBuffer;
}

function run(cipher: unknown, bytes: string, iv: string | { readonly iv: string }): string {
  if (!isCipher(cipher)) throw new Error('not a cipher');
  cipher.start(iv);
  cipher.update(forge.util.createBuffer(bytes));
  cipher.finish();
  return cipher.output.getBytes();
}

function isCipher(value: unknown): value is Cipher {
  return typeof value === 'object' && value !== null && 'update' in value && 'finish' in value;
}

function macOf(contents: string, password: string, rounds: number, algorithm: string = OIDS.sha1): Node {
  const salt = forge.random.getBytesSync(8);
  const mac = forge.hmac.create();
  mac.start('sha1', derived(password, salt, 3, rounds, 20));
  mac.update(contents);
  const digest = sequence(sequence(oid(algorithm), universal(NULL, '')), octets(mac.getMac().getBytes()));
  return sequence(digest, octets(salt), number(rounds));
}

/** A PKCS#7 message of this type around nothing that matters. */
export function makePkcs7(type: string, ...inner: Node[]): Buffer {
  return Buffer.from(der(sequence(oid(type), tagged(...inner))), 'latin1');
}

/** A SignedData without certificates (RFC 2315 section 9.1). */
export function pkcs7WithoutCertificates(): Buffer {
  const signed = sequence(number(1), universal(SET, []), sequence(oid(OIDS.data)), universal(SET, []));
  return makePkcs7('1.2.840.113549.1.7.2', signed);
}

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { importTrustAnchor } from '../../src/certificates/import.ts';
import { makeRequest } from '../../src/certificates/make-self-signed.ts';
import type { Upload } from '../../src/certificates/read-upload.ts';
import {
  createServerCertificateDesk,
  type ServerCertificateDesk,
} from '../../src/certificates/server-certificate-desk.ts';
import {
  createServerCertificates,
  type LiveServerCertificates,
} from '../../src/certificates/server-certificates.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { RelayError } from '../../src/shared/errors.ts';
import {
  expired,
  makeAuthority,
  makeSelfSigned,
  notYetValid,
  type TestAuthority,
  type TestCertificate,
} from '../support/certificates.ts';
import { makePkcs7, makePkcs12, pkcs7WithoutCertificates } from '../support/pkcs12.ts';
import { recordLog } from '../support/recorded-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const derOf = (pem: string) => Buffer.from(pem.replaceAll(/-----[^-]+-----/g, ''), 'base64');
const pemOf = (label: string, der: Buffer) =>
  `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`;
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);
const DAY = 86_400_000;
const KEY = { format: 'pem', type: 'pkcs8' } as const;

/** A file, and the words that it has to be met with. */
type Case = readonly [name: string, file: string | Buffer, words: string];

async function refusalOf(work: Promise<unknown>, name: string): Promise<RelayError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof RelayError) return thrown;
  throw thrown instanceof Error ? thrown : new Error(`${name} was taken`);
}

/** Every key that a case hands in; no answer may show any of them. */
function expectNoKey(error: RelayError, key: string): void {
  const shown = JSON.stringify([error.publicMessage, error.hint, error.stack, error.faults]);
  for (const line of key.split('\n').filter((each) => each.length > 40)) expect(shown).not.to.contain(line);
}

/** A protected key that asks for so many rounds; it cannot be opened, only be believed. */
function lockedWithRounds(key: string, rounds: number): string {
  const locked = createPrivateKey(key).export({
    format: 'der',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  const at = locked.indexOf(Buffer.from('02020800', 'hex')); // 2048
  const count = Buffer.alloc(4);
  count.writeUInt32BE(rounds);
  const longer = Buffer.concat([
    locked.subarray(0, at),
    Buffer.from([0x02, 0x04]),
    count,
    locked.subarray(at + 4),
  ]);
  // Every sequence around it grows by two bytes.
  for (const head of sequencesAround(longer, at)) longer[head] = (longer[head] ?? 0) + 2;
  return pemOf('ENCRYPTED PRIVATE KEY', longer);
}

/** Where the lengths of the sequences stand that hold this place; short and two-byte forms only. */
function sequencesAround(der: Buffer, place: number): readonly number[] {
  const found: number[] = [];
  for (let offset = 0; offset < place; ) {
    const first = der[offset + 1] ?? 0;
    const size = first === 0x82 ? 2 : first === 0x81 ? 1 : 0;
    const length = size === 0 ? first : der.readUIntBE(offset + 2, size);
    const start = offset + 2 + size;
    if (der[offset] === 0x30 && start + length >= place) {
      found.push(offset + 1 + size);
      offset = start;
    } else offset = start + length;
  }
  return found;
}

const pemOfPair = ({ privateKey }: { readonly privateKey: KeyObject }) => privateKey.export(KEY);

describe('files that are no use', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let root: TestAuthority;
  let leaf: TestCertificate;

  before(async () => {
    root = await makeAuthority('House Root');
    leaf = await root.issue({ hosts: ['relay.example.com'] });
  });
  beforeEach(async () => {
    directory = await temporaryDirectory();
  });
  afterEach(() => directory.remove());

  it('are named exactly where a trust anchor is meant, and nothing of them is kept', async () => {
    const key = createPrivateKey(root.key);
    const request = await makeRequest(['relay.example.com'], key);
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
    const locked = key.export({ format: 'der', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' });
    const old = await makeSelfSigned({ hosts: ['mail.example.com'], ...expired() });
    const der = derOf(root.certificate);
    const armoured = root.certificate.trim().split('\n');
    const utf16 = Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(root.key, 'utf16le').swap16()]);
    const revocations = Buffer.from(
      '3040302c020101300a06082a8648ce3d040302300f310d300b06035504030c0454657374170d3236303130313030303030305a300a06082a8648ce3d0403020304000000',
      'hex',
    );
    const cases: readonly Case[] = [
      ['nothing', '', 'the file is empty'],
      ['white space', ' \r\n\t\n', 'the file is empty'],
      ['PKCS#8 key', root.key, 'this is a private key'],
      ['RSA key, only begun', '-----BEGIN RSA PRIVATE KEY-----\nMIIE', 'this is a private key'],
      ['SEC 1 key', key.export({ format: 'der', type: 'sec1' }), 'this is a private key'],
      ['PKCS#8 key, DER', key.export({ format: 'der', type: 'pkcs8' }), 'this is a private key'],
      ['protected key, DER', locked, 'this is a private key'],
      ['protected key', pemOf('ENCRYPTED PRIVATE KEY', locked), 'this is a private key'],
      ['key without its armour', derOf(root.key).toString('base64'), 'this is a private key'],
      ['key under a wrong label', pemOf('CERTIFICATE', derOf(root.key)), 'this is a private key'],
      ['key in UTF-16', utf16, 'this is a private key'],
      ['certificate with its key', root.certificate + root.key, 'this is a private key'],
      ['SSH key', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn\n', 'this is a private key of SSH'],
      ['PuTTY key', 'PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n', 'this is a private key of PuTTY'],
      ['SSH public key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me@host', 'this is a public key of SSH'],
      ['OpenPGP', '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ', 'this is an OpenPGP block'],
      ['request', request, 'this is a certificate request'],
      ['request, DER', derOf(request), 'this is a certificate request'],
      ['public key', pemOf('PUBLIC KEY', spki), 'this is a public key'],
      ['public key, DER', spki, 'this is a public key'],
      ['revocation list', '-----BEGIN X509 CRL-----\nAAAA\n', 'this is a revocation list'],
      ['revocation list, DER', revocations, 'this is a revocation list'],
      ['OpenSSL’s own form', '-----BEGIN TRUSTED CERTIFICATE-----\nAA\n', 'in the TRUSTED form of OpenSSL'],
      ['parameters', '-----BEGIN DH PARAMETERS-----\nAA\n', 'this is a parameter file'],
      ['unknown block', pemOf('ATTRIBUTE CERTIFICATE', der), 'but “ATTRIBUTE CERTIFICATE”'],
      ['web page', '\uFEFF <!DOCTYPE html><title>Sign in</title>', 'this is a web page'],
      ['JSON', '{"installed":{"client_id":"x"}}', 'this is a JSON file'],
      ['fingerprint', '3A:'.repeat(31) + '3A', 'this is the fingerprint of a certificate'],
      ['readable form', 'Certificate:\n    Data:\n        Version: 3', 'this is the readable form'],
      ['address', 'https://mail.example.com/', 'this is an address'],
      ['text', 'hello', 'this is not a certificate'],
      ['noise', randomBytes(400).fill(0x41, 0, 2), 'this is not a certificate'],
      ['Java keystore', Buffer.from('feedfeed00000002', 'hex'), 'this is a Java keystore'],
      ['ZIP', Buffer.from('504b0304140000', 'hex'), 'this is a ZIP archive'],
      ['gzip', Buffer.from('1f8b0800', 'hex'), 'this is a gzip archive'],
      ['PDF', '%PDF-1.7\n', 'this is a PDF document'],
      ['picture', Buffer.from('89504e470d0a1a0a', 'hex'), 'this is a picture'],
      ['without its END', root.certificate.slice(0, 200), 'cut off: a block has no END line'],
      [
        'an END missing in between',
        armoured.slice(0, -1).join('\n') + root.certificate,
        'a block has no END line',
      ],
      ['cut DER', der.subarray(0, 120), `the file is cut off: it has 120 of ${der.length} bytes`],
      [
        'cut inside its armour',
        pemOf('CERTIFICATE', der.subarray(0, 90)),
        'the file is cut off: it has 90 of',
      ],
      ['damaged', root.certificate.replace('MII', 'MIX'), 'this is not a certificate, or a damaged one'],
      ['too large', Buffer.alloc(1024 * 1024 + 1, 'x'), 'this is larger than 1 MiB'],
      [
        'expired',
        old.certificate,
        `the certificate of mail.example.com expired on ${dayOf(Date.now() - DAY)}`,
      ],
      [
        'one of two expired',
        root.certificate + old.certificate,
        'the certificate of mail.example.com expired',
      ],
      [
        'PKCS#12',
        makePkcs12({ keys: [leaf.key], certificates: [leaf.certificate] }),
        'this is a PKCS#12 file',
      ],
      ['PKCS#7 without certificates', pkcs7WithoutCertificates(), 'this PKCS#7 file holds no certificate'],
      [
        'the same as PEM',
        pemOf('PKCS7', pkcs7WithoutCertificates()),
        'this PKCS#7 file holds no certificate',
      ],
      ['encrypted PKCS#7', makePkcs7('1.2.840.113549.1.7.3'), 'this is an encrypted PKCS#7 message'],
      ['damaged PKCS#7', makePkcs7('1.2.840.113549.1.7.2'), 'this PKCS#7 file cannot be read'],
      ['cut PKCS#7', pkcs7WithoutCertificates().subarray(0, 20), 'the file is cut off'],
    ];
    for (const [name, file, words] of cases) {
      const bytes = Buffer.from(file);
      const error = await refusalOf(importTrustAnchor(bytes, { directory: directory.path }), name);
      expect(error.code, name).to.equal('certificate-invalid');
      expect(error.publicMessage, name).to.contain(words);
      expect(error.hint, name).to.be.a('string').and.not.equal('');
      expectNoKey(error, root.key);
      if (/private key|PKCS#12|keystore/.test(words))
        expect(
          bytes.every((byte) => byte === 0),
          name,
        ).to.equal(true);
    }
    expect(cases).to.have.length.greaterThan(40);
    expect(await readdir(directory.path)).to.deep.equal([]);
  });

  describe('as a server certificate', () => {
    let desk: ServerCertificateDesk;
    let certificates: LiveServerCertificates;
    let log: ReturnType<typeof recordLog>;

    beforeEach(() => {
      log = recordLog();
      certificates = createServerCertificates({
        directory: directory.path,
        hostname: 'relay.example.com',
        clock: systemClock,
        log: log.log,
      });
      desk = createServerCertificateDesk({
        certificates,
        settings: { current: () => ({ listeners: [], accessUrl: 'http://relay.example.com:8025' }) },
        hostname: () => 'relay.example.com',
        trustAnchors: { authorities: () => [root.certificate] },
        clock: systemClock,
      });
    });
    afterEach(() => certificates.close());

    async function expectRefused(name: string, upload: Upload, words: string): Promise<void> {
      const error = await refusalOf(desk.save('office', upload), name);
      expect(error.code, name).to.equal('certificate-invalid');
      expect(error.publicMessage, name).to.contain(words);
      expect(error.hint, name).to.be.a('string').and.not.equal('');
      for (const text of [upload.key, upload.certificate, upload.password]) {
        if (text?.includes('PRIVATE KEY')) expectNoKey(error, text);
      }
    }

    it('are named exactly where a pair is meant, and nothing of them is kept', async () => {
      const { certificate, key } = leaf;
      const other = await root.issue();
      const locked = createPrivateKey(key).export({ ...KEY, cipher: 'aes-256-cbc', passphrase: 'right' });
      const oldLocked = createPrivateKey(key).export({
        format: 'pem',
        type: 'sec1',
        cipher: 'aes-128-cbc',
        passphrase: 'right',
      });
      const request = await makeRequest(['relay.example.com'], createPrivateKey(key));
      const middle = await root.intermediate();
      const made = (options: Parameters<typeof root.issue>[0]) =>
        root.issue({ hosts: ['relay.example.com'], ...options });
      const old = await made(expired());
      const young = await made(notYetValid());
      const client = await made({ usages: ['1.3.6.1.5.5.7.3.2'] });
      const sha1 = await made({ hash: 'SHA-1' });
      const short = await made({
        subjectKey: pemOfPair(generateKeyPairSync('rsa', { modulusLength: 1024 })),
      });
      const curve = await made({
        subjectKey: pemOfPair(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })),
      });
      const agreement = pemOfPair(generateKeyPairSync('x25519'));
      const rounds = lockedWithRounds(key, 2_000_000_000);
      const cases: readonly (readonly [name: string, upload: Upload, words: string])[] = [
        ['nothing', { certificate: '\n', key }, 'the certificate cannot be used: the file is empty'],
        ['an empty key', { certificate, key: ' ' }, 'the key cannot be used: the file is empty'],
        ['two keys', { certificate: key, key }, 'the certificate cannot be used: this is a private key'],
        ['swapped', { certificate: key, key: certificate }, 'the two files are swapped'],
        [
          'two certificates',
          { certificate, key: certificate },
          'the key cannot be used: this is a certificate',
        ],
        ['a certificate alone', { certificate }, 'the key is missing'],
        ['a request', { certificate: request, key }, 'this is a certificate request'],
        [
          'a request as key',
          { certificate, key: request },
          'the key cannot be used: this is a certificate request',
        ],
        [
          'another key',
          { certificate, key: other.key },
          'the key does not belong to the certificate of relay.example.com',
        ],
        ['a public key', { certificate, key: pemOf('PUBLIC KEY', Buffer.from('x')) }, 'this is a public key'],
        [
          'an SSH key',
          { certificate, key: pemOf('OPENSSH PRIVATE KEY', Buffer.from('x')) },
          'a private key of SSH',
        ],
        [
          'a PuTTY key',
          { certificate, key: 'PuTTY-User-Key-File-2: ssh-rsa' },
          'this is a private key of PuTTY',
        ],
        ['a cut key', { certificate, key: key.slice(0, 90) }, 'the key cannot be used: the file is cut off'],
        [
          'a damaged key',
          { certificate, key: key.replace('MI', 'XX') },
          'the key cannot be used: the file is damaged',
        ],
        ['a word', { certificate, key: 'secret' }, 'the key cannot be used: this is not a private key'],
        ['a web page', { certificate: '<html>', key }, 'the certificate cannot be used: this is a web page'],
        [
          'a certificate in DER as key',
          { certificate, key: derOf(certificate).toString('base64') },
          'this is a certificate',
        ],
        [
          'a locked key',
          { certificate, key: locked },
          'the key cannot be used: it is protected with a password',
        ],
        [
          'a locked key, wrong password',
          { certificate, key: locked, password: 'wrong' },
          'the key cannot be used: the password is wrong',
        ],
        [
          'an old locked key, wrong password',
          { certificate, key: oldLocked, password: 'wrong' },
          'the password is wrong',
        ],
        [
          'a locked key in DER',
          { certificate, key: derOf(locked).toString('base64') },
          'it is protected with a password',
        ],
        ['a key locked for ever', { certificate, key: rounds, password: 'x' }, 'would take too long to open'],
        ['expired', { certificate: old.chain, key: old.key }, `it expired on ${dayOf(Date.now() - DAY)}`],
        [
          'not yet valid',
          { certificate: young.chain, key: young.key },
          `it is not valid before ${dayOf(Date.now() + DAY)}`,
        ],
        ['for clients only', { certificate: client.chain, key: client.key }, 'it is not made for servers'],
        ['signed with SHA-1', { certificate: sha1.chain, key: sha1.key }, 'it is signed with SHA-1'],
        ['a short key', { certificate: short.chain, key: short.key }, 'its RSA key has 1024 bits'],
        [
          'an odd curve',
          { certificate: curve.chain, key: curve.key },
          'on the curve secp256k1, which TLS clients do not know',
        ],
        [
          'a key that cannot sign',
          { certificate, key: agreement },
          'the key does not belong to the certificate',
        ],
        [
          'an authority',
          { certificate: middle.chain, key: middle.key },
          'the certificate of an authority, not of a server',
        ],
        ['cut', { certificate: certificate.slice(0, 99), key }, 'a block has no END line'],
      ];
      for (const [name, upload, words] of cases) await expectRefused(name, upload, words);
      expect(cases).to.have.length.greaterThan(20);
      expect(await readdir(directory.path)).to.deep.equal([]);
      expect(log.text()).to.equal('');
    });

    it('are named exactly where PKCS#12 is meant, and nothing of them is kept', async () => {
      const { certificate, key } = leaf;
      const good = { keys: [key], certificates: [certificate], password: 'right' };
      const other = await root.issue();
      const old = await root.issue({ hosts: ['relay.example.com'], ...expired() });
      const young = await root.issue({ hosts: ['relay.example.com'], ...notYetValid() });
      const client = await root.issue({ usages: ['1.3.6.1.5.5.7.3.2'] });
      const short = await root.issue({
        subjectKey: pemOfPair(generateKeyPairSync('rsa', { modulusLength: 1024 })),
      });
      const whole = makePkcs12(good);
      const flipped = Buffer.from(whole);
      flipped[flipped.length - 60] = (flipped.at(-60) ?? 0) ^ 0xff;
      const sane: readonly (readonly [
        name: string,
        file: Buffer,
        password: string | undefined,
        words: string,
      ])[] = [
        ['wrong password', whole, 'wrong', 'the password is wrong'],
        ['no password', whole, undefined, 'this is protected with a password'],
        ['empty password', whole, '', 'this is protected with a password'],
        [
          'old one, wrong password',
          makePkcs12({ ...good, protection: 'rc2' }),
          'wrong',
          'the password is wrong',
        ],
        [
          'old one, no password',
          makePkcs12({ ...good, protection: 'rc2' }),
          undefined,
          'protected with a password',
        ],
        [
          'without MAC, wrong password',
          makePkcs12({ ...good, withoutMac: true }),
          'wrong',
          'the PKCS#12 file cannot be used: ',
        ],
        ['no key', makePkcs12({ ...good, keys: [] }), 'right', 'it holds no private key'],
        [
          'no certificate',
          makePkcs12({ ...good, certificates: [] }),
          'right',
          'a private key and no certificate',
        ],
        ['nothing at all', makePkcs12({ password: 'right' }), 'right', 'it holds no private key'],
        ['two keys', makePkcs12({ ...good, keys: [key, other.key] }), 'right', 'it holds 2 private keys'],
        [
          'another key',
          makePkcs12({ ...good, keys: [other.key] }),
          'right',
          'the key does not belong to the certificate',
        ],
        [
          'another certificate',
          makePkcs12({ ...good, certificates: [other.certificate] }),
          'right',
          'the key does not belong',
        ],
        [
          'only the authority',
          makePkcs12({ ...good, certificates: [root.certificate] }),
          'right',
          'the key does not belong',
        ],
        [
          'expired',
          makePkcs12({ ...good, keys: [old.key], certificates: [old.certificate] }),
          'right',
          'it expired on',
        ],
        [
          'not yet valid',
          makePkcs12({ ...good, keys: [young.key], certificates: [young.certificate] }),
          'right',
          'it is not valid before',
        ],
        [
          'for clients only',
          makePkcs12({ ...good, keys: [client.key], certificates: [client.certificate] }),
          'right',
          'not made for servers',
        ],
        [
          'a short key',
          makePkcs12({ ...good, keys: [short.key], certificates: [short.certificate] }),
          'right',
          'its RSA key has 1024 bits',
        ],
        ['changed on the way', flipped, 'right', 'the PKCS#12 file cannot be used: '],
        ['cut off', whole.subarray(0, whole.length - 200), 'right', 'the file is damaged'],
        [
          'an unknown digest',
          makePkcs12({ ...good, macAlgorithm: '2.16.840.1.101.3.4.2.10' }),
          'right',
          'in a way that Postern does not know',
        ],
        [
          'a certificate that is none',
          makePkcs12({ ...good, certificates: [pemOf('X', Buffer.from('nonsense, long enough'))] }),
          'right',
          'the PKCS#12 file cannot be used: ',
        ],
        [
          'of another version',
          makePkcs12({ ...good, version: 2 }),
          'right',
          'the certificate cannot be used: ',
        ],
        [
          'too many rounds',
          makePkcs12({ ...good, rounds: 2_000_000_000, protection: 'rc2' }),
          'right',
          'would take too long to open',
        ],
      ];
      const taken = sane.values();
      // Two are opened at once, and no more.
      const each = async () => {
        for (const [name, file, password, words] of taken) {
          const upload = {
            certificate: file.toString('base64'),
            ...(password === undefined ? {} : { password }),
          };
          await expectRefused(name, upload, words);
        }
      };
      await Promise.all([each(), each()]);
      expect(sane).to.have.length.greaterThan(20);
      await expectRefused(
        'a key beside it',
        { certificate: whole.toString('base64'), key, password: 'right' },
        'it brings its own key',
      );
      expect(await readdir(directory.path)).to.deep.equal([]);
      expect(log.text()).to.equal('');
    });

    it('are told from those that only look odd: every usual form of a good one is taken', async () => {
      const middle = await root.intermediate('House Mail');
      const one = await middle.issue({ hosts: ['relay.example.com'], validTo: Date.now() + 90 * DAY });
      const { certificate, chain, key } = one;
      const whole = chain + root.certificate;
      const parts = [root.certificate, chain.slice(certificate.length), certificate];
      const locked = (passphrase: string) =>
        createPrivateKey(key).export({ ...KEY, cipher: 'aes-256-cbc', passphrase });
      const pkcs8 = createPrivateKey(key).export({ format: 'der', type: 'pkcs8' }).toString('base64');
      const sec1 = createPrivateKey(key).export({ format: 'pem', type: 'sec1' });
      const p12 = (protection: 'rc2' | 'aes', password: string) =>
        makePkcs12({ keys: [key], certificates: parts, password, protection }).toString('base64');
      const good: readonly (readonly [name: string, upload: Upload])[] = [
        ['a pair', { certificate: whole, key }],
        ['the wrong order', { certificate: parts.join(''), key }],
        [
          'text and CRLF around',
          { certificate: `Bag Attributes\r\n${whole.replaceAll('\n', '\r\n')}`, key: `x\r\n${sec1}` },
        ],
        ['one file with both', { certificate: key + whole }],
        ['key in DER', { certificate: whole, key: pkcs8 }],
        ['a locked key', { certificate: whole, key: locked('pässword'), password: 'pässword' }],
        ['one locked file with both', { certificate: whole + locked('x'), password: 'x' }],
        ['PKCS#12 of today', { certificate: p12('aes', 'Schlüssel €'), password: 'Schlüssel €' }],
        ['PKCS#12 of old', { certificate: p12('rc2', 'Schlüssel €'), password: 'Schlüssel €' }],
        ['PKCS#12 without password', { certificate: p12('aes', '') }],
      ];
      for (const [name, upload] of good) {
        const { certificate: saved, warnings } = await desk.save('office', upload);
        expect(warnings, name).to.deep.equal([]);
        expect(saved.problem, name).to.equal(undefined);
        expect(
          saved.chain.map((each) => each.name),
          name,
        ).to.deep.equal(['House Mail', 'House Root']);
        expect((await certificates.read('office')).certificate, name).to.equal(whole);
      }
      expect((await stat(join(directory.path, 'office.key'))).mode & 0o777).to.equal(0o600);
      expect((await readdir(directory.path)).toSorted()).to.deep.equal(['office.crt', 'office.key']);
    });

    it('are none where Postern makes one itself, and nothing is odd about it either', async () => {
      for (const kind of ['ec', 'rsa'] as const) {
        const { certificate, warnings } = await desk.make({
          name: kind,
          hosts: ['relay.example.com', '::1'],
          kind,
        });
        expect(warnings).to.deep.equal([]);
        expect(certificate).to.include({ name: kind, own: true });
        expect(certificate.certificate?.hosts).to.deep.equal(['relay.example.com', '::1']);
        expect(await desk.request(kind)).to.match(/^-----BEGIN CERTIFICATE REQUEST-----/);
      }
      const { certificate, key } = await certificates.read('ec');
      const again = await desk.save('ec', { certificate, key });
      expect(again.warnings).to.deep.equal([]);
      const taken = await refusalOf(desk.make({ name: '../x', hosts: ['a b'] }), 'a host');
      expect(taken.code).to.equal('bad-request');
      await desk.save('office', { certificate: leaf.certificate, key: leaf.key });
      const there = await refusalOf(
        desk.make({ name: 'office', hosts: ['a.example'] }),
        'a name that is taken',
      );
      expect(there.code).to.equal('not-allowed');
      expect(
        (await desk.make({ name: 'office', hosts: ['a.example'], replace: true })).certificate.own,
      ).to.equal(true);
    });

    it('are told from those that are only worth a warning', async () => {
      const stranger = await (await makeAuthority('Another Root')).intermediate('Another CA');
      const nameless = await root.issue({ hosts: [], commonName: 'relay' });
      const elsewhere = await root.issue({ hosts: ['mail.example.net'], validTo: Date.now() + 5 * DAY });
      const unknown = await stranger.issue({ hosts: ['relay.example.com'] });
      const cases: readonly (readonly [Upload, string])[] = [
        [{ certificate: nameless.certificate, key: nameless.key }, 'It names no host (subjectAltName)'],
        [
          { certificate: elsewhere.certificate, key: elsewhere.key },
          'It is for mail.example.net and not for relay.example.com',
        ],
        [
          { certificate: elsewhere.certificate, key: elsewhere.key },
          `It expires on ${dayOf(Date.now() + 5 * DAY)}`,
        ],
        [
          { certificate: unknown.certificate, key: unknown.key },
          'The chain lacks Another CA, the issuer of relay.example.com',
        ],
        [
          { certificate: unknown.chain, key: unknown.key },
          'The chain lacks Another Root, the issuer of Another CA',
        ],
        [{ certificate: leaf.certificate + nameless.certificate, key: leaf.key }, 'relay was left out'],
      ];
      for (const [upload, words] of cases) {
        expect((await desk.save('office', upload)).warnings.join('\n')).to.contain(words);
      }
    });

    it('leave what is in force alone, and so does a crash between the two files', async () => {
      await desk.save('office', { certificate: leaf.certificate, key: leaf.key });
      await certificates.get('office');
      const other = await root.issue({ hosts: ['relay.example.com'] });
      await expectRefused(
        'another key',
        { certificate: leaf.certificate, key: other.key },
        'does not belong',
      );
      expect(await readFile(join(directory.path, 'office.key'), 'utf8')).to.equal(leaf.key);
      // As it is when the machine stops behind the first step: the new pair is there, both files are still the old ones.
      const { writeFile } = await import('node:fs/promises');
      const pending = join(directory.path, '.office.pair');
      await writeFile(pending, JSON.stringify({ certificate: other.certificate, key: other.key }));
      await writeFile(join(directory.path, 'office.key'), other.key);
      certificates.close();
      certificates = createServerCertificates({
        directory: directory.path,
        hostname: 'relay.example.com',
        clock: systemClock,
        log: log.log,
      });
      expect(await certificates.get('office')).to.deep.equal({
        certificate: other.certificate,
        key: other.key,
      });
      expect((await readdir(directory.path)).toSorted()).to.deep.equal(['office.crt', 'office.key']);
    });
  });
});

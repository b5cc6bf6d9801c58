import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { importTrustAnchor } from '../../src/certificates/import.ts';
import { readCertificates } from '../../src/certificates/read-certificates.ts';
import { RelayError } from '../../src/shared/errors.ts';
import {
  expired,
  makeAuthority,
  makeSelfSigned,
  notYetValid,
  type TestAuthority,
} from '../support/certificates.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const der = (pem: string) => Buffer.from(pem.replaceAll(/-----[^-]+-----/g, ''), 'base64');

describe('importing a trust anchor', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let root: TestAuthority;

  before(async () => {
    root = await makeAuthority();
  });
  beforeEach(async () => {
    directory = await temporaryDirectory();
  });
  afterEach(() => directory.remove());

  const importBytes = (bytes: Buffer, name?: string) =>
    importTrustAnchor(bytes, { directory: directory.path, ...(name === undefined ? {} : { name }) });

  async function refusal(bytes: Buffer): Promise<RelayError> {
    try {
      await importBytes(bytes);
    } catch (error) {
      if (error instanceof RelayError) return error;
      throw error;
    }
    throw new Error('the import was not refused');
  }

  it('keeps PEM and DER alike, under the subject’s name, readable for all, and says what it was', async () => {
    const [first] = await importBytes(Buffer.from(root.certificate));
    expect(first).to.include({ name: 'Test Authority', kind: 'authority', selfSigned: true, known: false });
    expect(first?.file).to.match(/\/test-authority-[0-9a-f]{12}\.pem$/);
    expect(await readFile(String(first?.file), 'utf8')).to.equal(root.certificate);
    expect((await stat(String(first?.file))).mode & 0o777).to.equal(0o644);
    const [again] = await importBytes(der(root.certificate));
    expect(again).to.include({ known: true, file: first?.file });
    expect(await readdir(directory.path)).to.have.length(1);
  });

  it('keeps each certificate of a chain in a file of its own, wherever the text around it comes from', async () => {
    const middle = await root.intermediate();
    const bundle = `Bag Attributes\r\n${middle.chain}\r\nsubject=x\r\n${root.certificate}${root.certificate}`;
    const imported = await importBytes(Buffer.from(bundle.replaceAll('\n', '\r\n')));
    expect(imported.map(({ name }) => name)).to.deep.equal(['Test Authority Intermediate', 'Test Authority']);
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(root.certificate, 'utf16le')]);
    expect((await importBytes(utf16))[0]?.known).to.equal(true);
    expect(await readdir(directory.path)).to.have.length(2);
  });

  it('reads PKCS#7 as Windows exports it', async () => {
    const { X509Certificate, X509Certificates } = await import('@peculiar/x509');
    const raw = Buffer.from(new X509Certificates(new X509Certificate(root.certificate)).export('raw'));
    expect((await importBytes(raw))[0]?.name).to.equal('Test Authority');
    const pem = `-----BEGIN PKCS7-----\n${raw.toString('base64')}\n-----END PKCS7-----\n`;
    expect((await importBytes(Buffer.from(pem)))[0]?.known).to.equal(true);
  });

  it('refuses what is no use, in exact words', async () => {
    const old = await makeSelfSigned({
      hosts: ['mail.example.com'],
      validTo: Date.UTC(2020, 1, 3),
      validFrom: 0,
    });
    const key = createPrivateKey(root.key);
    const sec1 = key.export({ format: 'der', type: 'sec1' });
    const pkcs8 = key.export({ format: 'der', type: 'pkcs8' });
    const encrypted = key.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' });
    const cases: readonly (readonly [string | Buffer, string])[] = [
      [root.key, 'this is a private key'],
      [sec1, 'this is a private key'],
      [pkcs8, 'this is a private key'],
      [encrypted, 'this is a private key'],
      [root.certificate + root.key, 'this is a private key'],
      ['-----BEGIN RSA PRIVATE KEY-----\nAA', 'this is a private key'],
      ['-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n', 'this is a certificate request'],
      ['-----BEGIN PUBLIC KEY-----\nAAAA\n', 'this is a public key'],
      ['-----BEGIN X509 CRL-----\nAAAA\n', 'this is a revocation list'],
      ['', 'the file is empty'],
      ['<html>Sign in</html>', 'this is a web page'],
      [root.certificate.slice(0, 200), 'the file is cut off: a block has no END line'],
      [root.certificate.replace('MII', 'MIX'), 'this is not a certificate, or a damaged one'],
      [Buffer.alloc(1024 * 1024 + 1, 'x'), 'this is larger than 1 MiB, which no certificate is'],
      [old.certificate, 'the certificate of mail.example.com expired on 2020-02-03'],
      [(await makeSelfSigned(expired())).certificate + root.certificate, 'expired on'],
    ];
    for (const [input, words] of cases) {
      const error = await refusal(Buffer.from(input));
      expect(error.code).to.equal('certificate-invalid');
      expect(error.publicMessage).to.contain(words);
      expect(error.hint, words).to.be.a('string').and.not.equal('');
    }
    expect(await readdir(directory.path)).to.deep.equal([]);
  });

  it('names a PKCS#12 file for what it is', async function () {
    const files = join(directory.path, 'p12');
    await mkdir(files);
    await writeFile(join(files, 'a.pem'), root.certificate + root.key);
    const options = ['pkcs12', '-export', '-in', join(files, 'a.pem'), '-passout', 'pass:x'];
    let made: Buffer;
    try {
      made = execFileSync('openssl', options, { stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      this.skip(); // the program is not installed
    }
    expect((await refusal(made)).publicMessage).to.contain('this is a PKCS#12 file');
  });

  it('wipes a private key from the memory that it was handed', async () => {
    const bytes = Buffer.from(root.key);
    await refusal(bytes);
    expect(bytes.every((byte) => byte === 0)).to.equal(true);
  });

  it('takes a certificate that is not valid yet, since it will be', async () => {
    const soon = await makeSelfSigned(notYetValid());
    expect((await importBytes(Buffer.from(soon.certificate)))[0]?.validFrom).to.be.greaterThan(Date.now());
  });

  it('never lets a subject or name choose where the file goes', async () => {
    const evil = await makeSelfSigned({ commonName: '../../etc/cron.d/x\u0000\n‮', hosts: ['a.example'] });
    const [one] = await importBytes(Buffer.from(evil.certificate));
    const [two] = await importBytes(Buffer.from(root.certificate), '../../.ssh/authorized_keys');
    for (const imported of [one, two]) {
      expect(imported?.file).to.match(/^[^\0]*\/[a-z0-9.-]+-[0-9a-f]{12}\.pem$/);
      expect(join(String(imported?.file), '..')).to.equal(directory.path);
      expect(imported?.subject).not.to.match(/[\p{Cc}\p{Cf}]/u);
    }
  });

  it('answers every input with certificates or with words', async () => {
    const whole = Buffer.from(root.certificate);
    const raw = der(root.certificate);
    const mutated = fc
      .tuple(fc.constantFrom(whole, raw), fc.nat(2000), fc.nat(255), fc.nat(4000))
      .map(([bytes, position, value, length]) => {
        const copy = Buffer.from(bytes.subarray(0, Math.max(1, length % (bytes.length + 1))));
        copy[position % copy.length] = value;
        return copy;
      });
    const any = fc.oneof(
      mutated,
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(any, async (bytes) => {
        try {
          await readCertificates(bytes);
        } catch (error) {
          expect(error).to.be.instanceOf(RelayError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

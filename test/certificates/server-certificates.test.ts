import { X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  createServerCertificates,
  type LiveServerCertificates,
} from '../../src/certificates/server-certificates.ts';
import { type Clock, systemClock } from '../../src/shared/clock.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { expired, makeAuthority, makeSelfSigned } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { recordLog } from '../support/recorded-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const DAY = 86_400_000;

describe('server certificates', () => {
  let parent: Awaited<ReturnType<typeof temporaryDirectory>>;
  let directory: string;
  let recorded: ReturnType<typeof recordLog>;
  let certificates: LiveServerCertificates;

  const open = (clock: Clock = systemClock) => {
    certificates = createServerCertificates({
      directory,
      hostname: 'relay.example.com',
      clock,
      log: recorded.log,
    });
    return certificates;
  };
  const put = async (name: string, files: { crt?: string; key?: string }) => {
    await mkdir(directory, { recursive: true });
    if (files.key !== undefined) await writeFile(join(directory, `${name}.key`), files.key, { mode: 0o600 });
    if (files.crt !== undefined) await writeFile(join(directory, `${name}.crt`), files.crt);
  };

  beforeEach(async () => {
    parent = await temporaryDirectory();
    directory = join(parent.path, 'certificates');
    recorded = recordLog();
  });
  afterEach(async () => {
    certificates.close();
    await parent.remove();
  });

  it('make the default one on first need, once, for this host and this machine, and keep it', async () => {
    const [one, two] = await Promise.all([open().get('default'), certificates.get('default')]);
    expect(one).to.deep.equal(two);
    const leaf = new X509Certificate(one.certificate);
    for (const host of ['relay.example.com', 'localhost']) expect(leaf.checkHost(host)).to.equal(host);
    for (const address of ['127.0.0.1', '::1']) expect(leaf.checkIP(address)).to.equal(address);
    expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).to.equal('prime256v1');
    expect(leaf.validFromDate.getTime()).to.be.lessThan(Date.now());
    expect((leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / DAY).to.be.within(700, 825);
    expect((await stat(join(directory, 'default.key'))).mode & 0o777).to.equal(0o600);
    expect(recorded.lines.filter((line) => line.includes('was made'))).to.have.length(1);
    certificates.close();
    expect(await open().get('default')).to.deep.equal(one);
  });

  it('renew an own one in its last month with the same key, and tell whoever serves it', async () => {
    const now = Date.now();
    let later = 0;
    const timers: (() => void)[] = [];
    const clock: Clock = {
      now: () => now + later,
      monotonic: () => later,
      after(milliseconds, callback) {
        if (milliseconds === DAY / 2) timers.push(callback);
        return { cancel: () => undefined };
      },
    };
    const first = await open(clock).get('default');
    certificates.close();
    later = 690 * DAY;
    timers.length = 0;
    expect(await open(clock).get('default')).to.deep.equal(first);
    let told = 0;
    certificates.onChange(() => {
      told += 1;
    });
    later = 710 * DAY;
    timers.splice(0).forEach((callback) => callback());
    await eventually(() => told === 1);
    const renewed = await certificates.get('default');
    expect(renewed.key).to.equal(first.key);
    expect(new X509Certificate(renewed.certificate).validToDate.getTime()).to.be.greaterThan(
      clock.now() + 700 * DAY,
    );
  });

  it('never touch a pair that an administrator put there, expired or not', async () => {
    const old = await makeSelfSigned(expired());
    await put('default', { crt: old.certificate, key: old.key });
    expect((await open().get('default')).certificate).to.equal(old.certificate);
    expect(await readFile(join(directory, 'default.crt'), 'utf8')).to.equal(old.certificate);
    expect(recorded.text()).to.contain('This server certificate expired on');
  });

  it('serve a named pair with its chain, and another one as soon as it lies there', async () => {
    const root = await makeAuthority();
    const middle = await root.intermediate();
    const [first, second] = [await middle.issue(), await middle.issue()];
    await put('printers', { crt: first.chain, key: first.key });
    expect((await open().get('printers')).certificate).to.equal(first.chain);
    let told = 0;
    certificates.onChange(() => {
      told += 1;
    });
    await put('printers', { key: second.key });
    await eventually(() => recorded.text().includes('the old one stays'));
    expect((await certificates.get('printers')).certificate).to.equal(first.chain);
    expect(told).to.equal(0);
    await put('printers', { crt: second.chain });
    await eventually(() => told === 1);
    expect(await certificates.get('printers')).to.include({ certificate: second.chain, key: second.key });
  });

  it('tell when a name that was asked for in vain can be served', async () => {
    open();
    await certificates.get('default');
    await certificates.get('later').catch(() => undefined);
    let told = 0;
    certificates.onChange(() => {
      told += 1;
    });
    const { certificate, key } = await makeSelfSigned();
    await put('later', { crt: certificate, key });
    await eventually(() => told === 1);
    expect((await certificates.get('later')).key).to.equal(key);
  });

  it('warn when others can read a key', async () => {
    const { certificate, key } = await makeSelfSigned();
    await put('open', { crt: certificate, key });
    await chmod(join(directory, 'open.key'), 0o644);
    await open().get('open');
    expect(recorded.text()).to.contain('Others may read the key');
  });

  it('refuse a pair that is no use, in words that never show the key', async () => {
    const root = await makeAuthority();
    const [one, two] = [await root.issue(), await root.issue()];
    const cases: readonly (readonly [string, { crt?: string; key?: string }, string, string])[] = [
      ['other', { crt: one.certificate, key: two.key }, 'certificate-invalid', 'its key does not belong'],
      ['swapped', { crt: one.key, key: one.certificate }, 'certificate-invalid', 'this is a private key'],
      ['no-key', { crt: one.certificate }, 'certificate-invalid', 'no-key.key is missing'],
      ['no-crt', { key: one.key }, 'certificate-invalid', 'no-crt.crt is missing'],
      ['junk', { crt: one.certificate, key: one.key.slice(0, 90) }, 'certificate-invalid', 'no private key'],
      ['default', { crt: one.certificate }, 'certificate-invalid', 'default.key is missing'],
      ['nothing', {}, 'not-found', 'there is no server certificate “nothing”'],
      ['../x', {}, 'not-found', 'there is no server certificate'],
      ['.hidden', {}, 'not-found', 'there is no server certificate'],
    ];
    open();
    for (const [name, files, code, words] of cases) {
      if (Object.keys(files).length > 0) await put(name, files);
      const error: unknown = await certificates.get(name).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error, name).to.be.instanceOf(RelayError);
      if (!(error instanceof RelayError)) continue;
      expect(error.code, name).to.equal(code);
      expect(error.publicMessage).to.contain(words);
      expect(JSON.stringify([error, error.hint, error.stack])).not.to.contain(one.key.split('\n')[1]);
    }
  });

  it('go on with the own key when only the certificate is gone', async () => {
    const first = await open().get('default');
    certificates.close();
    await rm(join(directory, 'default.crt'));
    const again = await open().get('default');
    expect(again.key).to.equal(first.key);
    expect(again.certificate).not.to.equal(first.certificate);
  });
});

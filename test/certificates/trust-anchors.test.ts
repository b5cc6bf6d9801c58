import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { importTrustAnchor } from '../../src/certificates/import.ts';
import { createTrustAnchors, type LiveTrustAnchors } from '../../src/certificates/trust-anchors.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { expired, makeAuthority, makeSelfSigned } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { recordLog } from '../support/recorded-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('trust anchors', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let certs: string;
  let recorded: ReturnType<typeof recordLog>;
  let anchors: LiveTrustAnchors | undefined;

  beforeEach(async () => {
    directory = await temporaryDirectory();
    certs = join(directory.path, 'certs');
    recorded = recordLog();
  });
  afterEach(async () => {
    anchors?.close();
    await directory.remove();
  });

  async function open(options: { builtIn?: () => readonly string[] } = {}): Promise<LiveTrustAnchors> {
    anchors = await createTrustAnchors({
      directories: [certs],
      log: recorded.log,
      clock: systemClock,
      builtIn: () => ['built in'],
      ...options,
    });
    return anchors;
  }

  it('are the system’s authorities when nothing was imported, and the same array until something changes', async () => {
    anchors = await createTrustAnchors({ directories: [certs], log: recorded.log, clock: systemClock });
    expect(anchors.authorities()).to.have.length.greaterThan(50);
    expect(anchors.authorities()[0]).to.contain('-----BEGIN CERTIFICATE-----');
    expect(anchors.authorities()).to.equal(anchors.authorities());
  });

  it('include every certificate of the files in the directory, described', async () => {
    const root = await makeAuthority('Root of the house');
    const self = await makeSelfSigned({ hosts: ['mail.example.com'] });
    await mkdir(certs);
    await writeFile(join(certs, 'a.pem'), root.certificate + self.certificate);
    await writeFile(join(certs, 'readme.txt'), 'not looked at');
    const opened = await open();
    expect(opened.authorities()).to.have.members(['built in', root.certificate, self.certificate]);
    expect(opened.list().map(({ name, kind, selfSigned }) => [name, kind, selfSigned])).to.deep.equal([
      ['Root of the house', 'authority', true],
      ['mail.example.com', 'server', true],
    ]);
    expect(opened.list()[1]?.hosts).to.deep.equal(['mail.example.com']);
    expect(opened.list()[1]?.file).to.equal(join(certs, 'a.pem'));
    expect(recorded.text()).not.to.contain('not used');
  });

  it('hear of an import and of a removal without being asked, even into a directory that came later', async () => {
    const root = await makeAuthority();
    const opened = await open();
    await mkdir(certs);
    await opened.look(); // stands for the half-minute look that finds a new directory
    let told = 0;
    opened.onChange(() => {
      told += 1;
    });
    const before = opened.authorities();
    const [imported] = await importTrustAnchor(Buffer.from(root.certificate), { directory: certs });
    await eventually(() => opened.authorities().includes(root.certificate));
    expect(opened.authorities()).not.to.equal(before);
    expect(told).to.equal(1);
    await rm(String(imported?.file));
    await eventually(() => !opened.authorities().includes(root.certificate));
    expect(told).to.equal(2);
  });

  it('leave out bad files, say why, and keep the good ones', async () => {
    const root = await makeAuthority();
    const old = await makeSelfSigned({ commonName: 'old', ...expired() });
    await mkdir(certs);
    await writeFile(join(certs, 'good.crt'), root.certificate);
    await writeFile(join(certs, 'key.pem'), root.key);
    await writeFile(join(certs, 'old.pem'), old.certificate);
    await writeFile(join(certs, 'junk.cer'), 'hello');
    await writeFile(join(certs, 'empty.crt'), '');
    await mkdir(join(certs, 'directory.pem'));
    await symlink('/dev/zero', join(certs, 'endless.pem'));
    await symlink(join(certs, 'nowhere'), join(certs, 'dangling.pem'));
    const opened = await open();
    // What has expired stays in sight, and is refused by whoever meets it.
    expect(opened.list().map(({ file }) => file)).to.deep.equal([
      join(certs, 'good.crt'),
      join(certs, 'old.pem'),
    ]);
    expect(opened.unusable().map(({ file }) => file)).to.deep.equal(['empty.crt', 'junk.cer', 'key.pem']);
    const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    for (const [file, words] of [
      ['key.pem', 'this is a private key'],
      ['old.pem', `expired on ${day}`],
      ['junk.cer', 'this is not a certificate'],
      ['empty.crt', 'the file is empty'],
    ] as const) {
      const line = recorded.lines.find((each) => each.includes(file));
      expect(line, file).to.contain(words);
    }
    const body = root.key.split('\n')[1] ?? '';
    expect(body).to.have.length.greaterThan(40);
    expect(recorded.text()).not.to.contain(body);
  });

  it('read a file again when another is renamed over it', async () => {
    const [first, second] = [await makeAuthority('First'), await makeAuthority('Second')];
    await mkdir(certs);
    await writeFile(join(certs, 'ca.pem'), first.certificate);
    const opened = await open();
    await writeFile(join(certs, '.new'), second.certificate);
    await rename(join(certs, '.new'), join(certs, 'ca.pem'));
    await eventually(() => opened.list()[0]?.name === 'Second');
    expect(opened.list()).to.have.length(1);
  });
});

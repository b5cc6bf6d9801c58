import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ensureAdminToken, readAdminToken } from '../../src/admin/admin-token.ts';
import { errorText, RelayError } from '../../src/shared/errors.ts';
import { systemRandom } from '../../src/shared/random.ts';

describe('the admin token', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-token-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is made once, long and random, for the owner only', async () => {
    const first = await ensureAdminToken(directory, systemRandom);
    const file = join(directory, 'admin.token');
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect((await readFile(file, 'utf8')).trim())
      .to.equal(first.reveal())
      .and.to.have.lengthOf(43);
    expect((await ensureAdminToken(directory, systemRandom)).reveal()).to.equal(first.reveal());
  });

  for (const [name, text] of [
    ['empty', ''],
    ['short', 'abc\n'],
    ['several lines', `${'a'.repeat(30)}\n${'b'.repeat(30)}\n`],
    ['binary', '\u0000'.repeat(40)],
    ['far too long', 'a'.repeat(5000)],
  ] as const) {
    it(`is refused when the file is ${name}, without printing it and without replacing it`, async () => {
      const file = join(directory, 'admin.token');
      await writeFile(file, text);
      const error: unknown = await ensureAdminToken(directory, systemRandom).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).to.be.instanceOf(RelayError);
      expect(errorText(error)).to.contain(file).and.not.contain('aaaa');
      expect(await readFile(file, 'utf8')).to.equal(text);
    });
  }

  it('is said to be missing when the operator names a file that is not there', async () => {
    const error: unknown = await readAdminToken(join(directory, 'x')).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(RelayError).and.to.have.property('code', 'configuration');
  });
});

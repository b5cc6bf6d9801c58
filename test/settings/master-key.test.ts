import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { openMasterKey } from '../../src/settings/master-key.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { systemRandom } from '../../src/shared/random.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('openMasterKey', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let file: string;
  beforeEach(async () => {
    directory = await temporaryDirectory();
    file = join(directory.path, 'master.key');
  });
  afterEach(() => directory.remove());

  const write = async (content: string | Buffer, mode = 0o600) => {
    await writeFile(file, content);
    await chmod(file, mode);
  };
  const refusal = async (): Promise<RelayError> => {
    const error: unknown = await openMasterKey(file, systemRandom).catch((thrown: unknown) => thrown);
    if (error instanceof RelayError) return error;
    throw new Error('it was accepted');
  };

  it('makes a key for its owner alone on the first start, and finds it again', async () => {
    const made = await openMasterKey(file, systemRandom);
    expect(made).to.have.length(32);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect(await openMasterKey(file, systemRandom)).to.deep.equal(made);
    expect(await readFile(file, 'latin1')).to.equal(`${made.toString('base64')}\n`);
    expect(await readdir(directory.path), 'nothing else is left').to.deep.equal(['master.key']);
  });

  it('gives one key to those who start at once', async () => {
    const keys = await Promise.all(
      [1, 2, 3].map(() => openMasterKey(file, systemRandom).catch(() => undefined)),
    );
    const found = keys.filter((key) => key !== undefined).map((key) => key.toString('hex'));
    expect(found).to.not.have.length(0);
    expect(new Set(found).size).to.equal(1);
  });

  it('reads base64, hexadecimal and raw keys, also through a link', async () => {
    const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7));
    for (const content of [
      key,
      key.toString('hex'),
      ` ${key.toString('base64')}\n\n`,
      key.toString('base64url'),
    ]) {
      await write(content);
      expect(await openMasterKey(file, systemRandom), String(content)).to.deep.equal(key);
    }
    const link = join(directory.path, 'link');
    await symlink(file, link);
    expect(await openMasterKey(link, systemRandom)).to.deep.equal(key);
  });

  it('refuses a key that others can read, and says how to change that', async () => {
    for (const mode of [0o640, 0o604, 0o660, 0o666]) {
      await write(Buffer.alloc(32, 7), mode);
      const { code, message, hint } = await refusal();
      expect(code).to.equal('configuration');
      expect(message).to.include('can be read by others').and.include(file);
      expect(hint).to.include('chmod 600');
    }
  });

  it('refuses what is no key, and keeps it: secrets may depend on it', async () => {
    for (const content of ['', 'short', Buffer.alloc(31, 1), Buffer.alloc(33, 200), 'x'.repeat(5000)]) {
      await write(content);
      const { message } = await refusal();
      expect(message).to.include('does not hold a key of 32 bytes');
      expect((await readFile(file)).equals(Buffer.from(content))).to.equal(true);
    }
  });

  it('refuses a directory and a pipe, without waiting for a writer', async () => {
    await mkdir(file);
    expect((await refusal()).message).to.include('is not a file');
    file = join(directory.path, 'pipe');
    execFileSync('mkfifo', ['-m', '600', file]);
    expect((await refusal()).message).to.include('is not a file');
  });

  it('names the directory where a key cannot be made', async () => {
    file = join(directory.path, 'none', 'master.key');
    const { message, hint } = await refusal();
    expect(message).to.include('could not be made (ENOENT)');
    expect(hint).to.include(join(directory.path, 'none'));
  });
});

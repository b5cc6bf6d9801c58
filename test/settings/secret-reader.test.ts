import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { PasswordSource } from '../../src/settings/schema-values.ts';
import { createSealer } from '../../src/settings/sealer.ts';
import { createSecretReader } from '../../src/settings/secret-reader.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { Secret } from '../../src/shared/secret.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const sealer = createSealer(Buffer.alloc(32, 1));
const script = (source: string) => ({ command: [process.execPath, '-e', source] });

describe('createSecretReader', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let read: (source: PasswordSource) => Promise<Secret>;
  const environment: NodeJS.ProcessEnv = { PATH: process.env['PATH'], PASSWORD: 'from env', EMPTY: '' };
  beforeEach(async () => {
    directory = await temporaryDirectory();
    read = createSecretReader({ sealer, directory: directory.path, environment, commandTimeout: 3000 });
  });
  afterEach(() => directory.remove());

  const refusal = async (source: PasswordSource, reader = read): Promise<string> => {
    const error: unknown = await reader(source).catch((thrown: unknown) => thrown);
    if (!(error instanceof RelayError)) throw new Error('it was read');
    expect(error.code).to.equal('secret-unavailable');
    expect(error.cause, 'the cause could hold what must not be logged').to.equal(undefined);
    return error.message;
  };

  it('opens what is sealed and takes values as they are', async () => {
    expect((await read({ sealed: sealer.seal('settings', new Secret('s')) })).reveal()).to.equal('s');
    expect((await read({ value: ' v\n' })).reveal()).to.equal(' v\n');
  });

  it('reads files anew each time, without the line end, relative to its directory', async () => {
    for (const [content, expected] of [
      ['one\n', 'one'],
      ['two\r\n', 'two'],
      [' three ', ' three '],
      ['a\nb\n\n', 'a\nb'],
    ] as const) {
      await writeFile(join(directory.path, 'secret'), content);
      expect((await read({ file: 'secret' })).reveal()).to.equal(expected);
      expect((await read({ file: join(directory.path, 'secret') })).reveal()).to.equal(expected);
    }
  });

  it('reads variables', async () => {
    expect((await read({ env: 'PASSWORD' })).reveal()).to.equal('from env');
    expect(await refusal({ env: 'NONE' })).to.equal('the environment variable NONE is not set');
    expect(await refusal({ env: 'EMPTY' })).to.equal('the environment variable EMPTY is empty');
    expect(await refusal({ env: 'constructor' })).to.include('is not set');
  });

  it('names files that cannot be read, are empty, too large, or no files', async () => {
    const path = join(directory.path, 'secret');
    expect(await refusal({ file: 'secret' })).to.equal(`the secret file ${path} cannot be read (ENOENT)`);
    await writeFile(path, '\n');
    expect(await refusal({ file: 'secret' })).to.equal(`the secret file ${path} is empty`);
    await writeFile(path, 'x'.repeat(65_537));
    expect(await refusal({ file: 'secret' })).to.equal(`the secret file ${path} holds more than 65536 bytes`);
    expect(await refusal({ file: '.' })).to.include('is not a file');
    execFileSync('mkfifo', [join(directory.path, 'pipe')]);
    expect(await refusal({ file: 'pipe' })).to.include('is not a file');
    expect(await refusal({ file: '/dev/zero' })).to.include('is not a file');
    expect(await refusal({ file: 'a\0b' })).to.include('cannot be read');
  });

  it('runs commands without a shell and reads what they print', async () => {
    expect((await read(script('console.log("printed")'))).reveal()).to.equal('printed');
    expect((await read({ command: ['printf', '%s', '$(id) `id` ; id'] })).reveal()).to.equal(
      '$(id) `id` ; id',
    );
    expect((await read(script('process.stdout.write(process.cwd())'))).reveal()).to.equal(directory.path);
  });

  it('give no command and no server the address of the store, which holds its password', async () => {
    const withStore = createSecretReader({
      sealer,
      directory: directory.path,
      environment: { ...environment, POSTERN_DATABASE: 'postgres://u:hunter2@db/p' },
    });
    const shown = await withStore(script('console.log(JSON.stringify(process.env))'));
    expect(shown.reveal()).to.contain('from env').and.not.contain('hunter2');
    const error = await withStore({ env: 'POSTERN_DATABASE' }).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'secret-unavailable');
  });

  it('says how a command failed, and nothing that it wrote', async () => {
    const failing = script('console.log("hunter2"); console.error("hunter2"); process.exitCode = 3');
    expect(await refusal(failing)).to.equal(`the secret command ${process.execPath} ended with exit code 3`);
    expect(await refusal({ command: ['no-such-program', 'hunter2'] })).to.equal(
      'the secret command no-such-program cannot be started (ENOENT)',
    );
    expect(await refusal(script(''))).to.include('is empty');
    expect(await refusal(script('process.kill(process.pid, "SIGTERM")'))).to.include('was ended by SIGTERM');
    expect(await refusal(script('process.stdout.write("x".repeat(100_000))'))).to.include(
      'more than 65536 bytes',
    );
    expect(await refusal({ command: ['x\0y'] })).to.include('cannot be started');
  });

  it('ends a command that gives no answer, though it ignores signals', async () => {
    const impatient = createSecretReader({
      sealer,
      directory: directory.path,
      environment,
      commandTimeout: 400,
    });
    const stubborn = script('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)');
    expect(await refusal(stubborn, impatient)).to.include('gave no answer within 0.4 s');
  });

  it('runs a command once for all who ask at the same time, and again later', async () => {
    const count = script(`require('fs').appendFileSync('runs', 'x'); console.log('same')`);
    await Promise.all(Array.from({ length: 20 }, () => read(count)));
    expect(await readFile(join(directory.path, 'runs'), 'utf8')).to.equal('x');
    await read(count);
    expect(await readFile(join(directory.path, 'runs'), 'utf8')).to.equal('xx');
  });

  it('cannot turn a hash back', async () => {
    expect(await refusal({ hash: '$argon2id$…' })).to.include('cannot be turned back');
  });
});

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Printed } from '../support/command-line.ts';

const LAUNCHER = fileURLToPath(new URL('../../scripts/postern', import.meta.url));
/** What a system without our Node has on its PATH. */
const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin';
const SETTINGS = 'listeners: [{ name: test, address: 127.0.0.1, port: 0 }]\n';

describe('postern as a process', function () {
  this.timeout(30_000);
  let directory: string;
  let children: ChildProcess[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-process-'));
    children = [];
  });
  afterEach(async () => {
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });

  function environment(admin = '127.0.0.1:0'): Record<string, string> {
    return { PATH: SYSTEM_PATH, POSTERN_DATA: join(directory, 'data'), POSTERN_ADMIN: admin };
  }

  function postern(argv: readonly string[], env = environment(), launcher = LAUNCHER): Promise<Printed> {
    return new Promise((resolve) => {
      const child = execFile(launcher, [...argv], { env, cwd: directory }, (error, out, err) => {
        resolve({ code: error === null ? 0 : (child.exitCode ?? -1), out, err });
      });
    });
  }

  /** Starts it, and resolves with where the admin listens once it is ready. */
  async function serve(...flags: string[]) {
    await writeFile(join(directory, 'settings.yaml'), SETTINGS);
    const argv = ['serve', '--log-format', 'json', '--settings', 'settings.yaml', ...flags];
    const child = spawn(LAUNCHER, argv, { env: environment(), cwd: directory });
    children.push(child);
    let log = '';
    child.stderr.on('data', (piece: Buffer) => {
      log += piece.toString();
    });
    for await (const piece of child.stdout as AsyncIterable<Buffer>) {
      log += piece.toString();
      if (log.includes('Postern is ready')) break;
    }
    const admin = /"admin":"http:\/\/([^"]+)"/.exec(log)?.[1];
    expect(admin, log).to.be.a('string');
    return { child, env: environment(admin) };
  }

  it('runs from any directory, through a symbolic link, beside an older system Node', async () => {
    const link = join(directory, 'linked');
    await symlink(LAUNCHER, link);
    const { code, out, err } = await postern(['--version'], environment(), link);
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(out).to.match(/^postern \d+\.\d+\.\d+/);
    const help = await postern(['--help']);
    expect(help.out).to.contain('postern queue show ID').and.contain('postern serve');
  });

  it('does not mind a reader that goes (| head)', async () => {
    const child = spawn(
      '/bin/sh',
      ['-c', `${LAUNCHER} --help | head -n 1; ${LAUNCHER} serve --help | true`],
      {
        env: environment(),
      },
    );
    let err = '';
    child.stderr.on('data', (piece: Buffer) => {
      err += piece.toString();
    });
    await once(child, 'close');
    expect(err).to.equal('');
  });

  it('serves, tests itself, is copied, refuses a second process, and stops when it is told to', async () => {
    const { child, env } = await serve();
    expect(await postern(['ready', '--wait'], env)).to.deep.equal({ code: 0, out: 'Ready.\n', err: '' });
    const test = await postern(['send-test', '--to', 'a@example.com'], env);
    expect(test, test.err).to.deep.include({ code: 0 });
    expect(test.out).to.contain('Held and not sent');
    expect((await postern(['queue', 'list'], env)).out).to.contain('a@example.com');

    const copy = join(directory, 'copy.db');
    expect((await postern(['backup', copy], env)).code).to.equal(0);
    expect((await postern(['backup', copy], env)).err).to.contain('is there already');
    const restored = await postern(['restore', copy], env);
    expect(restored.code).to.equal(1);
    expect(restored.err).to.contain('Another process has the store');
    const second = await postern(['serve', '--settings', 'settings.yaml'], environment());
    expect(second.code).to.equal(1);
    expect(second.err).to.contain('could not start: Another process has the store');

    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(child.exitCode).to.equal(0);
    expect(await postern(['queue', 'list'], env)).to.deep.include({ code: 1, out: '' });

    const done = await postern(['restore', copy], env);
    expect(done, done.err).to.deep.include({ code: 0 });
    expect(
      (await readdir(join(directory, 'data'))).filter((name) => name.includes('before-restore')),
    ).to.have.length(1);
    const again = await serve();
    expect((await postern(['queue', 'list'], again.env)).out).to.contain('a@example.com');
    again.child.kill('SIGINT');
    await once(again.child, 'exit');
  });

  it('names every fault of the settings when it cannot start, and of a file that is checked', async () => {
    await writeFile(join(directory, 'bad.yaml'), 'hostnme: x\nlisteners: [{ name: a, port: 99999 }]\n');
    for (const argv of [
      ['serve', '--settings', 'bad.yaml'],
      ['check', 'bad.yaml'],
    ]) {
      const { code, err } = await postern(argv);
      expect(code).to.equal(1);
      expect(err).to.contain('hostnme').and.contain('listeners[0].port');
    }
  });

  it('ends with 2 when the options are typed wrongly, naming all of them', async () => {
    const { code, err } = await postern(['serve', '--admin', '0.0.0.0:8025', '--log-level', 'loud']);
    expect(code).to.equal(2);
    expect(err).to.contain('--admin').and.contain('--log-level');
  });

  it('restores nothing that is not a store', async () => {
    await writeFile(join(directory, 'junk.db'), 'junk'.repeat(1000));
    const { code, err } = await postern(['restore', 'junk.db']);
    expect(code).to.equal(1);
    expect(err).to.contain('not a whole Postern store');
    expect(await readdir(join(directory, 'data'))).to.deep.equal([]);
  });
});

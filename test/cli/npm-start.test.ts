import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import type { Printed } from '../support/command-line.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const packageSchema = z.object({ scripts: z.object({ start: z.string() }) });
const ROOT = join(import.meta.dirname, '../..');

describe('npm start', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  beforeEach(async () => {
    directory = await temporaryDirectory();
    await put('src/main.ts');
    await put('scripts/page/build.ts');
    await mkdir(join(directory.path, 'scripts'), { recursive: true });
    await copyFile(join(ROOT, 'scripts/postern'), join(directory.path, 'scripts/postern'));
  });
  afterEach(() => directory.remove());

  async function put(path: string, text = ''): Promise<void> {
    await mkdir(dirname(join(directory.path, path)), { recursive: true });
    await writeFile(join(directory.path, path), text);
  }

  /** A Node that says what it was asked to run. */
  async function install(): Promise<void> {
    await put('node_modules/esbuild/package.json');
    await put(
      'node_modules/.bin/node',
      '#!/bin/sh\nfor last; do [ "${last%.ts}" = "$last" ] || echo "$last"; done\n',
    );
    await chmod(join(directory.path, 'node_modules/.bin/node'), 0o755);
  }

  /** Runs the script as npm does. */
  async function run(event: string): Promise<Printed> {
    const { scripts } = packageSchema.parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')));
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', npm_lifecycle_event: event };
    return new Promise((resolve) => {
      const child = execFile('sh', ['-c', scripts.start], { env, cwd: directory.path }, (error, out, err) =>
        resolve({ code: error === null ? 0 : (child.exitCode ?? -1), out, err }),
      );
    });
  }

  it('asks for npm ci, and says nothing else, where the libraries are not installed', async () => {
    const { code, out, err } = await run('start');
    expect(code).to.equal(1);
    expect(out).to.equal('');
    expect(err).to.match(/^postern: the libraries are not installed; run 'npm ci' in \S+ first\n$/);
  });

  it('builds the page each time, and so does whatever serves without one', async () => {
    await install();
    const built = [join(directory.path, 'scripts/page/build.ts'), join(directory.path, 'src/main.ts'), ''];
    expect((await run('other')).out.split('\n')).to.deep.equal(built);
    await put('dist/page/manifest.json');
    expect((await run('start')).out.split('\n')).to.deep.equal(built);
    expect((await run('other')).out.split('\n')).to.deep.equal(built.slice(1));
  });
});

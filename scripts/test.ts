/**
 * `npm test`: the tests of the rooms and those of the whole program, in two processes side by side, since most of the time either waits. What
 * the second one says is shown when the first has ended. Arguments go to both: `npm test -- --grep "words"`.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { buffer } from 'node:stream/consumers';
import { buildPage, PAGE_DIRECTORY } from './page/build.ts';

const ROOMS = 'test/!(interop|e2e)/**/*.test.ts';
const WHOLE = 'test/e2e/**/*.test.ts';

const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const given = process.argv.slice(2);
// Made now, so that the two do not both begin with it.
await buildPage({ outdir: PAGE_DIRECTORY });

const colour = process.stdout.isTTY ? ['--color'] : [];
const rooms = spawn(process.execPath, [mocha, ...given, ROOMS], { stdio: 'inherit' });
const whole = spawn(process.execPath, [mocha, ...colour, ...given, WHOLE], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const said = buffer(whole.stdout);
// Ctrl-C reaches all three; the two end by themselves, and this one after them.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => {
  rooms.kill();
  whole.kill();
});

const codes = [await ended(rooms)];
process.stdout.write(await said);
codes.push(await ended(whole));
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;

/** The exit code; 1 where a signal ended it. */
function ended(child: ReturnType<typeof spawn>): Promise<number> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode ?? 1);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

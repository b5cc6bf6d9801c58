import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runLoad } from '../../scripts/bench/load.ts';
import { relaySettings, startPostern } from '../../scripts/bench/postern.ts';
import { run } from '../../scripts/bench/processes.ts';
import { startSink } from '../../scripts/bench/sink.ts';
import { eventually } from '../support/eventually.ts';

const MESSAGES = 1000;
const CALLS = 'trace=fsync,fdatasync,mkdir,mkdirat,openat,write,writev,sendto,sendmsg';

/** What the kernel is asked to do, so that 250 is true even where the power goes the moment after. */
describe('before the first 250', function () {
  this.timeout(90_000);

  it('the log, its directory entry and that of every new directory are synced; at 20 senders several messages share a sync', async function () {
    const strace = await run('strace', ['--version']).catch(() => undefined);
    if (strace === undefined) {
      console.log('      skipped: strace is not installed');
      this.skip();
    }
    const base = await mkdtemp(join(tmpdir(), 'postern-syncs-'));
    const directory = join(base, 'postern');
    const data = join(directory, 'data');
    const trace = join(base, 'trace');
    const sink = await startSink();
    const postern = await startPostern({
      directory,
      settings: relaySettings(sink.port, 10),
      under: ['strace', '-f', '-y', '--seccomp-bpf', '-s', '40', '-o', trace, '-e', CALLS],
      within: 60_000,
    });
    try {
      const load = { port: postern.port, senders: 20, messages: MESSAGES, size: 10_000 } as const;
      await runLoad({ ...load, perConnection: 'many' });
      await eventually(() => sink.count() === MESSAGES, 30_000, 'all messages');
      await postern.stop();
      const lines = (await readFile(trace, 'utf8')).split('\n');
      const all = (wanted: RegExp) => lines.flatMap((line, index) => (wanted.test(line) ? [index] : []));
      const first = (wanted: RegExp) => all(wanted)[0] ?? expect.fail(`no call like ${String(wanted)}`);
      const syncOf = (path: string) => all(new RegExp(`f(?:data)?sync\\(\\d+<${path}>`));
      const accepted = first(/"250 2\.0\.0 Queued/);
      const made = first(new RegExp(`mkdir(?:at)?\\(.*"${data}", 0700\\) += 0`));
      const logMade = first(new RegExp(`openat\\(.*"${data}/postern\\.db-wal", .*O_CREAT`));
      const logSyncs = syncOf(`${data}/postern\\.db-wal`);

      const between = (calls: readonly number[], from: number) =>
        calls.filter((call) => call > from && call < accepted).length;
      expect(between(syncOf(directory), made), 'the entry of the data directory').to.be.greaterThan(0);
      expect(between(syncOf(data), logMade), 'the entry of the log').to.be.greaterThan(0);
      const answered = first(/"354 /);
      expect(between(logSyncs, answered), 'the log with the first message in it').to.be.greaterThan(0);

      const perMessage = all(/f(?:data)?sync\(\d+</).length / MESSAGES;
      console.log(`      ${perMessage.toFixed(2)} syncs for each message taken and delivered`);
      expect(perMessage).to.be.within(0.001, 1);
    } finally {
      await postern.kill();
      await sink.close();
      await rm(base, { recursive: true, force: true });
    }
  });
});

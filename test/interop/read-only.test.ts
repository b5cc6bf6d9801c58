import { access, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { runLoad } from '../../scripts/bench/load.ts';
import { type RunningPostern, relaySettings, startPostern } from '../../scripts/bench/postern.ts';
import { freePort, run } from '../../scripts/bench/processes.ts';
import { eventually } from '../support/eventually.ts';
import { openLedger } from './ledger.ts';

const SENDERS = 5;
const PAUSE = 20;

/** The disk of the store turns read-only: never a 250 for what is not kept, and no help but the disk's is needed. */
describe('on a disk that turns read-only', function () {
  this.timeout(90_000);
  let base = '';
  let disk = '';
  let postern: RunningPostern | undefined;

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'postern-read-only-'));
    disk = join(base, 'postern', 'data');
    await mkdir(disk, { recursive: true });
  });
  afterEach(async () => {
    await postern?.kill();
    postern = undefined;
    await run('umount', [disk]).catch(() => undefined);
    await rm(base, { recursive: true, force: true });
  });

  it('under load, as Linux does after an error of the disk: 4xx, and mail is taken again once it is mounted anew', async function () {
    const image = join(base, 'image');
    const breakDisk = await makeDisk(image, disk);
    if (breakDisk === undefined) {
      console.log('      skipped: a file system of our own cannot be mounted and broken here');
      this.skip();
    }
    const ledger = await openLedger({ pause: PAUSE });
    const options = {
      directory: join(base, 'postern'),
      settings: (port: number) => ({
        ...relaySettings(ledger.sink.port, 4)(port),
        queue: { minFreeDisk: '1 B' },
      }),
      port: await freePort(),
    };
    postern = await startPostern(options);
    const stop = new AbortController();
    const refusals: string[] = [];
    let broken = false;
    let mended = false;
    let acceptedWhileBroken = 0;
    let acceptedAfter = 0;
    const load = runLoad({
      port: options.port,
      senders: SENDERS,
      messages: 100_000,
      size: 4000,
      perConnection: 'many',
      goOn: true,
      signal: stop.signal,
      onAccepted(number) {
        ledger.accepted(number);
        if (broken && !mended) acceptedWhileBroken += 1;
        if (mended) acceptedAfter += 1;
      },
      onFailed: (_number, reason) => refusals.push(reason),
    });
    await eventually(() => ledger.acceptedCount > 200, 20_000, 'mail before the fault');
    await breakDisk();
    broken = true;
    await eventually(() => refusals.length > 20, 20_000, 'refusals');
    // As an administrator would, once Postern has let go of the files that cannot be written any more.
    await eventually(() => run('umount', [disk]).then(() => true), 20_000, 'the end of the broken mount');
    await run('e2fsck', ['-fy', image]).catch(() => undefined); // ends with 1 when it has mended something
    await run('mount', ['-o', 'loop', image, disk]);
    mended = true;
    await eventually(() => acceptedAfter > 20, 20_000, 'mail after the fault');
    stop.abort();
    await load;
    await eventually(() => ledger.missing().length === 0, 40_000, 'all that was answered 250');
    console.log(
      `      ${ledger.acceptedCount} accepted and delivered, ${refusals.length} answered 4xx, ${ledger.duplicates()} twice`,
    );
    for (const refusal of refusals) expect(refusal).to.match(/unexpected reply: 4\d\d/);
    expect(acceptedWhileBroken, 'replies that were under way when the disk broke').to.be.at.most(SENDERS);
    await ledger.sink.close();
  });

  it('before the start: refused with a remedy, and everything is there when it can be written again', async function () {
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', disk]).then(
      () => true,
      () => false,
    );
    if (!mounted) {
      console.log('      skipped: mounting is not permitted');
      this.skip();
    }
    const directory = join(base, 'postern');
    const port = await freePort();
    const sinkPort = await freePort(); // nobody listens there yet, so everything stays in the queue
    const ledger = await openLedger();
    await ledger.sink.close();
    const settings = (own: number) => ({
      ...relaySettings(sinkPort, 4)(own),
      queue: { minFreeDisk: '1 B' },
    });
    postern = await startPostern({ directory, settings, port });
    await runLoad({
      port,
      senders: SENDERS,
      messages: 200,
      size: 4000,
      perConnection: 'many',
      onAccepted: ledger.accepted,
    });
    await postern.kill();
    await run('mount', ['-o', 'remount,ro', disk]);
    const failure = await startPostern({ directory, settings, port, within: 10_000 }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure, 'it does not start').to.be.instanceOf(Error);
    expect(String(failure)).to.match(/writ|read-only/i);
    await run('mount', ['-o', 'remount,rw', disk]);
    const arrived = await openLedger({ port: sinkPort });
    for (let number = 0; number < 200; number += 1) arrived.accepted(number);
    postern = await startPostern({ directory, settings, port });
    await eventually(() => arrived.missing().length === 0, 20_000, 'all that was answered 250');
    expect(arrived.duplicates()).to.equal(0);
    await arrived.sink.close();
  });
});

/**
 * Mounts a small ext4 of our own that turns read-only at its first error; resolves to a way to make that error, which
 * Linux offers for tests. A file system that is written to cannot be made read-only by hand.
 */
async function makeDisk(image: string, mountPoint: string): Promise<(() => Promise<void>) | undefined> {
  try {
    await writeFile(image, '');
    await truncate(image, 64 * 1024 * 1024);
    await run('mkfs.ext4', ['-q', image]);
    await run('mount', ['-o', 'loop,errors=remount-ro', image, mountPoint]);
    const device = basename((await run('findmnt', ['-no', 'SOURCE', mountPoint])).trim());
    const trigger = `/sys/fs/ext4/${device}/trigger_fs_error`;
    await access(trigger);
    return () => writeFile(trigger, 'test');
  } catch {
    return undefined;
  }
}

/** What a real disk does to the store: a file system of a few megabytes, full or read-only. Needs the right to mount one. */

import { spawnSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../src/shared/clock.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { recordLog } from '../support/recorded-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { accepting, expectCode, message, settling } from './samples.ts';

function mount(...parameters: string[]): boolean {
  return spawnSync('mount', parameters, { stdio: 'ignore' }).status === 0;
}

describe('SQLite store on a small disk', () => {
  let directory: { path: string; remove(): Promise<void> };
  let store: Store | undefined;
  let mounted = false;

  async function open(): Promise<Store> {
    store = await openStore({
      database: 'sqlite:',
      dataDirectory: directory.path,
      log: recordLog().log,
      clock: systemClock,
    });
    return store;
  }

  beforeEach(async function mountSmall() {
    directory = await temporaryDirectory();
    mounted =
      process.platform === 'linux' && mount('-t', 'tmpfs', '-o', 'size=4m', 'postern-test', directory.path);
    if (!mounted) this.skip();
  });
  afterEach(async () => {
    await store?.close().catch(() => undefined);
    store = undefined;
    if (mounted) spawnSync('umount', ['--lazy', directory.path]);
    await directory.remove();
  });

  it('keeps every message that it took and none that it refused when the disk fills, and goes on when there is space', async () => {
    const small = await open();
    const ballast = join(directory.path, 'ballast');
    await writeFile(ballast, Buffer.alloc(1024 * 1024));
    const taken: string[] = [];
    const refused: string[] = [];
    for (let count = 0; count < 100 && refused.length < 5; count += 1) {
      const record = message({ size: 100_000 });
      const body = Buffer.alloc(100_000, record.id);
      const batch = {
        accepts: [{ message: record, chunks: [body], firstChunk: 0 }],
        settles: [],
        journal: [],
      };
      await small.queue.commit(batch).then(
        () => taken.push(record.id),
        (error: unknown) => {
          expect(error).to.be.instanceOf(RelayError).with.property('code', 'store-full');
          refused.push(record.id);
        },
      );
    }
    expect(taken.length).to.be.greaterThan(3);
    expect(refused).to.have.lengthOf(5);
    await expectCode(small.queue.writeChunk(message().id, 0, Buffer.alloc(200_000)), 'store-full');
    for (const id of refused) expect(await small.queue.find(id)).to.equal(undefined);
    await rm(ballast);
    const later = message();
    await small.queue.commit(accepting(later));
    await small.close();
    const again = await open();
    for (const id of [...taken, later.id]) {
      expect(await again.queue.find(id)).to.not.equal(undefined);
      expect((await again.queue.readChunk(id, 0))?.toString()).to.contain(id);
    }
    for (const id of refused) expect(await again.queue.find(id)).to.equal(undefined);
    expect(await again.queue.counts()).to.have.deep.nested.property('[0].count', taken.length + 1);
  });

  it('counts the room that finished mail has left in the file', async () => {
    const small = await open();
    const record = message({ size: 1_000_000 });
    const batch = {
      accepts: [{ message: record, chunks: [Buffer.alloc(1_000_000)], firstChunk: 0 }],
      settles: [],
      journal: [],
    };
    await small.queue.commit(batch);
    const before = await small.freeBytes();
    await small.queue.commit(settling({ ...record, state: 'delivered', finishedAt: 1, dropBody: true }));
    expect(await small.freeBytes()).to.be.greaterThan(before + 800_000);
  });

  it('refuses while the disk is read-only, and goes on when it is not', async () => {
    const first = await open();
    const known = message();
    await first.queue.commit(accepting(known));
    await first.close();
    if (!mount('-o', 'remount,ro', directory.path)) throw new Error('remount failed');
    const error = await open().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error)
      .to.be.instanceOf(RelayError)
      .with.property('code')
      .that.is.oneOf(['store-unavailable', 'configuration']);
    if (!mount('-o', 'remount,rw', directory.path)) throw new Error('remount failed');
    const second = await open();
    expect(await second.queue.find(known.id)).to.deep.equal(known);
    await second.queue.commit(accepting(message()));
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { systemClock } from '../../src/shared/clock.ts';
import type { StoreFault } from '../../src/store/faults.ts';
import { migrations } from '../../src/store/migrations/migrations.ts';
import { type OpenStoreOptions, openStore, type Store } from '../../src/store/open-store.ts';
import { verifySqliteFile } from '../../src/store/sqlite/verify-sqlite-file.ts';
import { recordLog } from '../support/recorded-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { accepting, expectCode, message, settling } from './samples.ts';

describe('SQLite store', () => {
  let directory: { path: string; remove(): Promise<void> };
  const stores: Store[] = [];

  async function open(options: Partial<OpenStoreOptions> = {}): Promise<Store> {
    const store = await openStore({
      database: 'sqlite:',
      dataDirectory: directory.path,
      log: recordLog().log,
      clock: systemClock,
      ...options,
    });
    stores.push(store);
    return store;
  }

  /** A store whose next commits meet these faults. */
  async function openFaulty() {
    const faults: (StoreFault | undefined)[] = [];
    const store = await open({ faults: { next: () => faults.shift() } });
    return { store, faults };
  }

  beforeEach(async () => {
    directory = await temporaryDirectory();
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await directory.remove();
  });

  describe('file', () => {
    it('is readable by its owner only, and so is the log beside it', async () => {
      const store = await open({ dataDirectory: join(directory.path, 'new', 'data') });
      await store.queue.commit(accepting(message()));
      const mode = async (...name: string[]) =>
        (await stat(join(directory.path, 'new', ...name))).mode & 0o777;
      expect(await mode('data')).to.equal(0o700);
      expect(await mode('data', 'postern.db')).to.equal(0o600);
      expect(await mode('data', 'postern.db-wal')).to.equal(0o600);
    });

    it('may have a name of its own, inside the data directory or elsewhere', async () => {
      await open({ database: 'sqlite:mail.db' });
      await open({ database: `sqlite:${join(directory.path, 'elsewhere.db')}` });
      expect(await readdir(directory.path)).to.include.members(['mail.db', 'elsewhere.db']);
    });

    it('says what is wrong when it cannot be made', async () => {
      await writeFile(join(directory.path, 'file'), '');
      const error = await expectCode(open({ dataDirectory: join(directory.path, 'file') }), 'configuration');
      expect(error.hint).to.contain('data directory');
    });

    it('is refused when it is no database', async () => {
      await writeFile(
        join(directory.path, 'postern.db'),
        'this is not a database, but long enough to be looked at'.repeat(99),
      );
      await expectCode(open(), 'store-unavailable');
    });

    it('refuses an address that is no database, without repeating it', async () => {
      const error = await expectCode(open({ database: 'mysql://user:sesame@host/db' }), 'configuration');
      expect(JSON.stringify(error) + error.message).to.not.contain('sesame');
    });
  });

  describe('a second user of the file', () => {
    it('is refused at once, with directory and remedy', async () => {
      const first = await open();
      const error = await expectCode(open(), 'store-busy');
      expect(error.message).to.contain(directory.path);
      expect(error.hint).to.contain('--data');
      await first.queue.commit(accepting(message()));
    });

    it('is refused in another process, and let in when the first is killed', async () => {
      const script = `
        import { openStore } from '${new URL('../../src/store/open-store.ts', import.meta.url).href}';
        import { systemClock } from '${new URL('../../src/shared/clock.ts', import.meta.url).href}';
        const log = { error() {}, warn() {} };
        const store = await openStore({ database: 'sqlite:', dataDirectory: process.argv[1], log, clock: systemClock });
        await store.queue.joinNode({ id: 'killed', label: '' }, 3600000);
        console.log('open');
        setInterval(() => {}, 1000);`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, directory.path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        await once(child.stdout, 'data');
        await expectCode(open(), 'store-busy');
      } finally {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      const store = await open();
      // Its lease would have run for an hour; with the lock ours, it is known to be dead.
      expect(await store.queue.nodes()).to.deep.equal([]);
    });
  });

  describe('faults', () => {
    for (const [fault, code] of [
      ['full', 'store-full'],
      ['sync', 'store-unavailable'],
    ] as const) {
      it(`keeps nothing of a commit that fails (${fault}), and works again by itself`, async () => {
        const { store, faults } = await openFaulty();
        const known = message();
        await store.queue.commit(accepting(known));
        for (let round = 0; round < 3; round += 1) {
          const record = message();
          faults.push(fault, fault);
          await expectCode(store.queue.commit(accepting(record)), code);
          const settle = settling({ ...known, state: 'delivered', finishedAt: 1, dropBody: true });
          await expectCode(store.queue.commit(settle), code);
          expect(await store.queue.find(record.id)).to.equal(undefined);
          expect(await store.queue.readChunk(record.id, 0)).to.equal(undefined);
          expect(await store.queue.find(known.id)).to.deep.equal(known);
          await store.queue.commit(accepting(record));
          expect(await store.queue.find(record.id)).to.deep.equal(record);
        }
        expect((await store.queue.counts())[0]).to.include({ state: 'queued', count: 4 });
      });
    }

    it('answers what was under way when its thread dies, loses nothing, and goes on with another', async () => {
      const { store, faults } = await openFaulty();
      const known = message();
      await store.queue.commit(accepting(known));
      faults.push('crash');
      const [first, second] = [message(), message()];
      const results = await Promise.allSettled([
        store.queue.commit(accepting(first)),
        store.queue.commit(accepting(second)),
        store.queue.find(known.id),
      ]);
      expect(results.map((result) => result.status)).to.deep.equal(['rejected', 'rejected', 'rejected']);
      await until(
        () =>
          store.healthy().then(
            () => true,
            () => false,
          ),
        'the store answers again',
      );
      expect(await store.queue.find(first.id)).to.equal(undefined);
      expect(await store.queue.find(known.id)).to.deep.equal(known);
      await store.queue.commit(accepting(first));
      expect(await store.queue.find(first.id)).to.deep.equal(first);
    });

    it('lets nothing of others into a transaction that is rolled back', async () => {
      const store = await open();
      await store.settings.append(0, { document: 'a', at: 1, by: 'x', summary: '' });
      const records = Array.from({ length: 20 }, () => message());
      const conflicts = Array.from({ length: 20 }, () =>
        store.settings.append(0, { document: 'b', at: 1, by: 'x', summary: '' }).catch(() => 'conflict'),
      );
      await Promise.all([...records.map((record) => store.queue.commit(accepting(record))), ...conflicts]);
      for (const record of records) expect(await store.queue.find(record.id)).to.deep.equal(record);
      expect(await Promise.all(conflicts)).to.deep.equal(conflicts.map(() => 'conflict'));
    });
  });

  describe('backup', () => {
    it('is a whole store, made while mail comes in', async () => {
      const store = await open();
      const before = Array.from({ length: 50 }, () => message());
      await store.queue.commit(accepting(...before));
      const copy = join(directory.path, 'copy.db');
      let done = false;
      const writing = (async () => {
        for (let count = 0; count < 1000 && !done; count += 1) await store.queue.commit(accepting(message()));
      })();
      await store.backup(copy);
      done = true;
      await writing;
      expect((await stat(copy)).mode & 0o777).to.equal(0o600);
      expect(verifySqliteFile(copy)).to.deep.equal({ version: migrations.at(-1)?.version });
      const restored = await open({ database: 'sqlite:copy.db' });
      for (const record of before) expect(await restored.queue.find(record.id)).to.deep.equal(record);
      expect((await readdir(directory.path)).filter((name) => name.includes('partial'))).to.deep.equal([]);
    });

    it('does not overwrite anything, and says where it cannot write', async () => {
      const store = await open();
      const taken = join(directory.path, 'taken');
      await writeFile(taken, 'precious');
      await expectCode(store.backup(taken), 'not-allowed');
      expect(await readFile(taken, 'utf8')).to.equal('precious');
      await expectCode(store.backup(join(directory.path, 'missing', 'copy')), 'configuration');
    });

    it('is refused when it is damaged, is no store, or comes from a newer Postern', async () => {
      const store = await open();
      await store.queue.commit(accepting(...Array.from({ length: 200 }, () => message())));
      const copy = join(directory.path, 'copy.db');
      await store.backup(copy);
      const cut = join(directory.path, 'cut.db');
      await copyFile(copy, cut);
      await truncate(cut, (await stat(copy)).size - 30_000);
      const text = join(directory.path, 'text');
      await writeFile(text, 'no database');
      const foreign = join(directory.path, 'foreign.db');
      new DatabaseSync(foreign).exec('create table t (a)');
      for (const path of [cut, text, foreign, join(directory.path, 'missing')]) {
        await expectCode(
          Promise.try(() => verifySqliteFile(path)),
          'bad-request',
        );
      }
      new DatabaseSync(copy).exec(`insert into schema_versions values (999, 'future', 0)`);
      await expectCode(
        Promise.try(() => verifySqliteFile(copy)),
        'store-newer',
      );
    });
  });

  describe('migration', () => {
    const next = {
      version: 1 + (migrations.at(-1)?.version ?? 0),
      name: 'a column',
      up: async (db: Parameters<(typeof migrations)[number]['up']>[0]) => {
        await db.schema.alterTable('nodes').addColumn('extra', 'text').execute();
      },
    };

    it('copies the file first, keeps the data, and refuses the older code afterwards', async () => {
      const record = message();
      const old = await open();
      await old.queue.commit(accepting(record));
      await old.close();
      const log = recordLog();
      const migrated = await open({ migrations: [...migrations, next], log: log.log });
      expect(await migrated.queue.find(record.id)).to.deep.equal(record);
      await migrated.close();
      const copy = join(directory.path, `postern.db.version-${next.version - 1}`);
      expect(verifySqliteFile(copy)).to.deep.equal({ version: next.version - 1 });
      expect(log.text())
        .to.contain(`from schema version ${next.version - 1} to ${next.version}`)
        .and.to.contain(copy);
      const error = await expectCode(open(), 'store-newer');
      expect(error.message)
        .to.contain(String(next.version))
        .and.to.contain(String(next.version - 1));
      expect(error.hint).to.be.a('string');
    });

    it('changes nothing when a step fails', async () => {
      const record = message();
      const old = await open();
      await old.queue.commit(accepting(record));
      await old.close();
      const broken = {
        ...next,
        version: next.version + 1,
        up: () => Promise.reject(new Error('this step is broken')),
      };
      const failure = await open({ migrations: [...migrations, next, broken] }).then(
        () => 'opened',
        (error: unknown) => String(error),
      );
      expect(failure).to.contain('this step is broken');
      const store = await open();
      expect(await store.queue.find(record.id)).to.deep.equal(record);
    });
  });
});

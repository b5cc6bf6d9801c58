import { expect } from 'chai';
import type { StoredAuthorization } from '../../src/oauth/storage.ts';
import { systemClock } from '../../src/shared/clock.ts';
import type { Engine } from '../../src/store/engine.ts';
import { migrate, readVersion } from '../../src/store/migrate.ts';
import { migrations } from '../../src/store/migrations/migrations.ts';
import { openStore } from '../../src/store/open-store.ts';
import { openPostgres } from '../../src/store/postgres/open-postgres.ts';
import { createQueueStorage } from '../../src/store/queue.ts';
import { createSettingsStorage } from '../../src/store/settings.ts';
import { openSqlite } from '../../src/store/sqlite/open-sqlite.ts';
import { postgresServer } from '../support/postgres.ts';
import { recordLog } from '../support/recorded-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { accepting, message } from './samples.ts';

const authorization: StoredAuthorization = {
  upstream: 'office',
  subject: '',
  key: 'k',
  authorizedAt: 1,
  authorizedBy: 'admin',
  renewedAt: 2,
  version: 0,
};

const common = () => ({ log: recordLog().log, clock: systemClock });

describe('a store of schema version 1', () => {
  let directory: { path: string; remove(): Promise<void> };

  beforeEach(async () => {
    directory = await temporaryDirectory();
  });
  afterEach(() => directory.remove());

  for (const [name, address, openEngine] of [
    ['SQLite', () => Promise.resolve('sqlite:'), openSqlite],
    [
      'PostgreSQL',
      () => postgresServer().then((server) => server.createDatabase()),
      (options: Parameters<typeof openPostgres>[0]): Promise<Engine> => openPostgres(options),
    ],
  ] as const) {
    it(`is brought to authorizations with all its data on ${name}`, async function slow() {
      this.timeout(30_000);
      const options = { database: await address(), dataDirectory: directory.path, ...common() };
      const engine = await openEngine(options);
      const record = message();
      await migrate(engine, migrations.slice(0, 1));
      expect(await readVersion(engine)).to.equal(1);
      await createQueueStorage({ engine, clock: systemClock, node: () => 'n' }).commit(accepting(record));
      const revision = { document: '{}', at: 1, by: 'cli', summary: 'first' };
      await createSettingsStorage(engine).append(0, revision);
      await engine.close();

      for (const round of [0, 1]) {
        const store = await openStore(options);
        expect(await store.queue.find(record.id)).to.deep.equal(record);
        expect(await store.settings.latest()).to.deep.equal({ revision: 1, ...revision });
        expect(await store.authorizations.list()).to.have.lengthOf(round);
        expect(await store.authorizations.save(authorization, round)).to.equal(true);
        await store.close();
      }
    });
  }
});

describe('authorizations on several nodes', function () {
  this.timeout(30_000);

  it('are heard of at once at the other node, and after its connection was lost', async () => {
    const server = await postgresServer();
    const database = await server.createDatabase();
    const one = () => openStore({ database, dataDirectory: '/nowhere', ...common() });
    const [a, b] = await Promise.all([one(), one()]);
    try {
      const heard: string[] = [];
      b.authorizations.onChange((upstream) => heard.push(upstream));
      expect(await b.authorizations.find('office', '')).to.equal(undefined);
      await a.authorizations.save(authorization, 0);
      await until(() => heard.length === 1, 'the other node hears of it');
      expect(heard).to.deep.equal(['office']);
      expect(await b.authorizations.find('office', '')).to.include({ version: 1 });
      // Anybody who may connect can send what it likes.
      await server.query(database, `select pg_notify('postern_authorization', '{"from":1,"upstream":2}')`);
      await server.query(database, `select pg_notify('postern_authorization', 'nonsense')`);
      await server.query(
        database,
        `select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%' and datname = current_database()`,
      );
      await until(() => heard.length === 2, 'it looks again when it is back');
      await a.authorizations.remove('office');
      await until(() => heard.length === 3, 'it hears again');
      expect(new Set(heard)).to.deep.equal(new Set(['office']));
    } finally {
      await Promise.all([a.close(), b.close()]);
    }
  });

  it('keep no lock of a process that has died, with SQLite', async () => {
    const directory = await temporaryDirectory();
    const open = () => openStore({ database: 'sqlite:', dataDirectory: directory.path, ...common() });
    try {
      const first = await open();
      expect(await first.authorizations.lock('office', '', 'dead', 3_600_000)).to.equal(true);
      await first.close();
      const second = await open();
      expect(await second.authorizations.lock('office', '', 'alive', 1000)).to.equal(true);
      await second.close();
    } finally {
      await directory.remove();
    }
  });
});

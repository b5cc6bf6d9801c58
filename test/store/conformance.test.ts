import { systemClock } from '../../src/shared/clock.ts';
import { openStore } from '../../src/store/open-store.ts';
import { postgresServer } from '../support/postgres.ts';
import { recordLog } from '../support/recorded-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { describeAccess } from './access.ts';
import { describeAudit } from './audit.ts';
import { describeAuthorizations } from './authorizations.ts';
import { describeConformance } from './conformance.ts';
import { describeListing } from './listing.ts';
import { describeSmallStorages } from './small-storages.ts';
import { describeTrafficAndDevices } from './traffic-and-devices.ts';

async function openSqlite() {
  const directory = await temporaryDirectory();
  const store = await openStore({
    database: 'sqlite:',
    dataDirectory: directory.path,
    log: recordLog().log,
    clock: systemClock,
  });
  return {
    store,
    async close() {
      await store.close();
      await directory.remove();
    },
  };
}

/** One database for all tests of the run: emptied, which takes a tenth of the time of making a new one. */
let database: Promise<string> | undefined;

async function openPostgres() {
  const server = await postgresServer();
  database ??= server.createDatabase();
  const address = await database;
  const store = await openStore({
    database: address,
    dataDirectory: '/nowhere',
    log: recordLog().log,
    clock: systemClock,
  });
  await server.query(
    address,
    `truncate messages, chunks, journal, totals, nodes, usage, settings, denied, authorizations, renewal_locks, sign_ins, traffic, devices, upstream_tests, users, sessions, api_tokens, facts, audit`,
  );
  return { store, close: () => store.close() };
}

for (const [name, open] of [
  ['SQLite', openSqlite],
  ['PostgreSQL', openPostgres],
] as const) {
  describeConformance(name, open);
  describeListing(name, open);
  describeSmallStorages(name, open);
  describeAuthorizations(name, open);
  describeAccess(name, open);
  describeAudit(name, open);
  describeTrafficAndDevices(name, open);
}

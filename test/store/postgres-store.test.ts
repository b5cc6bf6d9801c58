import { expect } from 'chai';
import { systemClock } from '../../src/shared/clock.ts';
import { RelayError } from '../../src/shared/errors.ts';
import type { StoreFault } from '../../src/store/faults.ts';
import { migrations } from '../../src/store/migrations/migrations.ts';
import { type OpenStoreOptions, openStore, type Store } from '../../src/store/open-store.ts';
import { type PostgresServer, postgresServer } from '../support/postgres.ts';
import { recordLog } from '../support/recorded-log.ts';
import { until } from '../support/until.ts';
import { accepting, expectCode, message, START, settling } from './samples.ts';

/** Takes in small steps until there is nothing left; returns how many it got. */
async function takeAll(store: Store, node: string): Promise<number> {
  let count = 0;
  for (let step = 0; step < 200; step += 1) {
    const taken = await store.queue.takeOver(node, 40);
    if (taken.length === 0) break;
    count += taken.reduce((sum, lane) => sum + lane.count, 0);
  }
  return count;
}

describe('PostgreSQL store', function () {
  this.timeout(30_000);
  let server: PostgresServer;
  let database: string;
  const stores: Store[] = [];

  async function open(options: Partial<OpenStoreOptions> = {}): Promise<Store> {
    const log = recordLog().log;
    const store = await openStore({
      database,
      dataDirectory: '/nowhere',
      log,
      clock: systemClock,
      ...options,
    });
    stores.push(store);
    return store;
  }

  before(async () => {
    server = await postgresServer();
  });
  beforeEach(async () => {
    database = await server.createDatabase();
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  const verb = {
    at: START,
    by: 'admin',
    event: { type: 'released', by: 'admin' },
    from: ['held'],
    to: 'queued',
  } as const;

  it('migrates once when several nodes start at the same time', async () => {
    await Promise.all(Array.from({ length: 4 }, () => open()));
    const rows = await server.query(database, 'select version from schema_versions');
    expect(rows.map((row) => row['version'])).to.deep.equal(migrations.map((each) => each.version));
  });

  it('refuses a newer schema, and a server that does not let it in, without saying the password', async () => {
    await open();
    await server.query(database, `insert into schema_versions values (999, 'future', 0)`);
    const newer = await expectCode(open(), 'store-newer');
    expect(newer.message).to.contain('999');
    const wrong = database.replace(/:[^:@]*@/, ':sesame@');
    const refused = await expectCode(open({ database: wrong }), 'store-unavailable');
    expect(refused.hint).to.contain('password');
    expect(refused.message + String(refused.cause)).to.not.contain('sesame');
    const nobody = await expectCode(
      open({ database: 'postgres://u:sesame@127.0.0.1:1/x' }),
      'store-unavailable',
    );
    expect(nobody.message + String(nobody.cause)).to.not.contain('sesame');
    await expectCode(open({ database: 'postgres://u:sesame@[bad/x' }), 'configuration');
  });

  it('commits synchronously whatever the defaults of user and database are', async () => {
    await server.query(database, 'alter role current_user set synchronous_commit = off');
    try {
      const store = await open();
      await store.queue.commit(accepting(message()));
      await server.query(
        database,
        `create function tell() returns trigger language plpgsql as
         $$ begin raise exception 'it is %', current_setting('synchronous_commit'); end $$`,
      );
      await server.query(database, 'create trigger tell before insert on messages execute function tell()');
      const error = await expectCode(store.queue.commit(accepting(message())), 'store-unavailable');
      expect(String(error.cause)).to.contain('it is on');
    } finally {
      await server.query(database, 'alter role current_user reset synchronous_commit');
    }
  });

  it('never gives a message to two nodes that take over at once', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    const records = Array.from({ length: 1500 }, () => message({ node: 'dead' }));
    await a.queue.commit(accepting(...records));
    await Promise.all(
      [a, b].map((store, index) => store.queue.joinNode({ id: `n${index}`, label: '' }, 60_000)),
    );
    const [first, second] = await Promise.all([takeAll(a, 'n0'), takeAll(b, 'n1')]);
    expect(first).to.be.greaterThan(0);
    expect(second).to.be.greaterThan(0);
    expect(first + second).to.equal(1500);
    const rows = await server.query(
      database,
      `select message from journal group by message having count(*) > 1`,
    );
    expect(rows).to.deep.equal([]);
    const owned = await server.query(
      database,
      `select node, count(*)::int from messages group by node order by node`,
    );
    expect(owned).to.deep.equal([
      { node: 'n0', count: first },
      { node: 'n1', count: second },
    ]);
  });

  it('lets the old owner settle nothing after a takeover', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    const record = message({ node: 'a' });
    await a.queue.commit(accepting(record));
    await b.queue.takeOver('b', 10);
    const result = await a.queue.commit(
      settling({ ...record, state: 'delivered', finishedAt: 1, dropBody: true }),
    );
    expect(result.lost).to.deep.equal([record.id]);
    expect(await b.queue.readChunk(record.id, 0)).to.not.equal(undefined);
  });

  it('keeps its totals right while nodes settle and change the same messages', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    const records = Array.from({ length: 300 }, () => message({ size: 10 }));
    await a.queue.commit(accepting(...records));
    const ids = records.map((record) => record.id);
    const delivered = records.map((record) => ({
      ...record,
      state: 'delivered' as const,
      finishedAt: START,
      dropBody: true,
    }));
    const chunked = Array.from({ length: 10 }, (_, index) => index * 30);
    await Promise.all([
      ...chunked.map((from) => a.queue.commit(settling(...delivered.slice(from, from + 30)))),
      ...chunked.map((from) =>
        b.queue.changeState({
          ...verb,
          from: ['queued'],
          to: 'held',
          ids: ids.slice(from, from + 30).toReversed(),
        }),
      ),
      b.queue.purge(
        { finishedBefore: START + 1, bodiesBefore: 0, failedBodiesBefore: 0, heldBefore: 0 },
        100,
      ),
    ]);
    const real = await server.query(
      database,
      `select state, count(*)::int as count, sum(case when chunks > 0 then size else 0 end)::int as bytes
       from messages group by state order by state`,
    );
    expect(await a.queue.counts()).to.deep.equal(real);
  });

  it('wakes the node whose mail another one has changed, and not itself', async () => {
    const [a, b] = await Promise.all([open({ node: () => 'a' }), open({ node: () => 'b' })]);
    const heard: Record<'a' | 'b', string[]> = { a: [], b: [] };
    const stop = a.queue.onWake(({ node, lane }) => heard.a.push(`${node} ${lane}`));
    b.queue.onWake(({ node, lane }) => heard.b.push(`${node} ${lane}`));
    const records = [
      message({ node: 'a', state: 'held', lane: 'up\tx' }),
      message({ node: 'a', state: 'held', lane: 'up\tx' }),
    ];
    const mine = message({ node: 'b', state: 'held', lane: 'own\tx' });
    await b.queue.commit(accepting(...records, mine));
    await b.queue.changeState({ ...verb, ids: [...records, mine].map((record) => record.id) });
    await until(() => heard.a.length > 0, 'node a is woken');
    await server.query(
      database,
      `select pg_notify('postern_wake', 'not JSON'), pg_notify('postern_wake', '[1]')`,
    );
    await server.query(database, `select pg_notify('postern_wake', '{"node":"a","lane":"end"}')`);
    await until(() => heard.a.includes('a end') && heard.b.includes('a end'), 'both hear the last word');
    expect(heard).to.deep.equal({ a: ['a up\tx', 'a end'], b: ['a end'] });
    stop();
    await server.query(database, `select pg_notify('postern_wake', '{"node":"a","lane":"later"}')`);
    await until(() => heard.b.includes('a later'), 'the other goes on hearing');
    expect(heard.a).to.not.include('a later');
  });

  for (const to of ['held', 'deleted'] as const) {
    it(`tells the node that has a message in memory when it was ${to} elsewhere`, async () => {
      const [a, b] = await Promise.all([open({ node: () => 'a' }), open({ node: () => 'b' })]);
      const heard: string[] = [];
      a.queue.onWake(({ lane }) => heard.push(lane));
      const theirs = message({ node: 'a', lane: 'up\tx' });
      await a.queue.commit(accepting(theirs));
      await b.queue.changeState({ ...verb, from: ['queued'], to, ids: [theirs.id] });
      await until(() => heard.includes('up\tx'), 'node a is told');
    });
  }

  it('tells the other nodes of new settings', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    const heard: string[] = [];
    a.settings.onAppend((revision) => heard.push(`a ${revision}`));
    b.settings.onAppend((revision) => heard.push(`b ${revision}`));
    await a.settings.append(0, { document: '{}', at: 1, by: 'x', summary: '' });
    await until(() => heard.length > 0, 'b hears');
    expect(heard).to.deep.equal(['b 1']);
  });

  for (const [fault, code] of [
    ['full', 'store-full'],
    ['sync', 'store-unavailable'],
    ['crash', 'store-unavailable'],
  ] as const) {
    it(`keeps nothing of a commit that fails (${fault}), and works again by itself`, async () => {
      const faults: (StoreFault | undefined)[] = [undefined, fault, fault];
      const store = await open({ faults: { next: () => faults.shift() } });
      const [known, fresh] = [message(), message()];
      await store.queue.commit(accepting(known));
      await expectCode(store.queue.commit(accepting(fresh)), code);
      await expectCode(store.queue.commit(settling({ ...known, state: 'delivered', dropBody: true })), code);
      expect(await store.queue.find(fresh.id)).to.equal(undefined);
      expect(await store.queue.find(known.id)).to.deep.equal(known);
      await store.queue.commit(accepting(fresh));
      expect(await store.queue.counts()).to.deep.equal([{ state: 'queued', count: 2, bytes: 2000 }]);
    });
  }

  it('comes back by itself when the server was restarted, and hears what was said meanwhile', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    const record = message({ node: 'a' });
    await a.queue.commit(accepting(record));
    const heard: string[] = [];
    b.settings.onAppend((revision) => heard.push(`settings ${revision}`));
    b.queue.onWake(({ node }) => heard.push(`wake ${node}`));
    await a.settings.append(0, { document: '{}', at: 1, by: 'x', summary: '' });
    await until(() => heard.length > 0, 'the first word');
    await server.restart();
    const answers = await Promise.allSettled([a.queue.commit(accepting(message())), b.healthy()]);
    for (const answer of answers) {
      if (answer.status === 'rejected')
        expect(answer.reason).to.be.instanceOf(RelayError).with.property('code', 'store-unavailable');
    }
    await until(
      () =>
        a.healthy().then(
          () => true,
          () => false,
        ),
      'the store answers again',
    );
    expect(await a.queue.find(record.id)).to.deep.equal(record);
    await a.queue.commit(accepting(message()));
    await until(() => heard.includes('wake a'), 'what was missed is made up for');
    const before = heard.length;
    await a.settings.append(1, { document: '{}', at: 1, by: 'x', summary: '' });
    await until(() => heard.slice(before).includes('settings 2'), 'it hears again');
  });

  it('has everything that it confirmed when the server crashes under load, and fails the rest as unavailable', async () => {
    const store = await open();
    const confirmed: string[] = [];
    const failures = new Set<unknown>();
    let running = true;
    const load = Array.from({ length: 4 }, async () => {
      for (let count = 0; running && count < 5000; count += 1) {
        const records = [message(), message()];
        await store.queue.commit(accepting(...records)).then(
          () => confirmed.push(...records.map((record) => record.id)),
          (error: unknown) => failures.add(error instanceof RelayError ? error.code : error),
        );
      }
    });
    await until(() => confirmed.length > 100, 'the load runs');
    const before = confirmed.length;
    await server.restart();
    await until(() => confirmed.length > before + 100, 'it goes on after the crash');
    running = false;
    await Promise.all(load);
    expect([...failures]).to.deep.equal(['store-unavailable']);
    const found = await server.query(database, 'select id from messages');
    expect(found.map((row) => row['id'])).to.include.members(confirmed);
  });

  it('says what a commit failed with first, not what the server said to the statements behind it', async () => {
    const store = await open();
    const known = message();
    await store.queue.commit(accepting(known));
    for (let round = 0; round < 20; round += 1) {
      const others = Array.from({ length: round }, () => message());
      await expectCode(store.queue.commit(accepting(...others, known)), 'internal');
    }
    expect(await store.queue.counts()).to.deep.equal([{ state: 'queued', count: 1, bytes: 1000 }]);
  });

  it('leaves copies to the tools of the database', async () => {
    const error = await expectCode((await open()).backup('/nowhere/copy'), 'not-allowed');
    expect(error.hint).to.contain('pg_dump');
  });
});

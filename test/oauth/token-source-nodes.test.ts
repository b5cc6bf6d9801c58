import { expect } from 'chai';
import { openToken } from '../../src/oauth/sealed-tokens.ts';
import type { AuthorizationStorage, StoredAuthorization } from '../../src/oauth/storage.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { Secret } from '../../src/shared/secret.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { postgresServer } from '../support/postgres.ts';
import { recordLog } from '../support/recorded-log.ts';
import { invalidGrant, type RotatingProvider, rotatingProvider } from '../support/rotating-provider.ts';
import { driven, problemOf, sealer, type TokenBench, tokenBench, tokenText } from '../support/token-bench.ts';
import { until } from '../support/until.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;

describe('token sources of three nodes on one PostgreSQL', () => {
  let stores: Store[];
  let clock: ManualClock;
  let server: RotatingProvider;
  let nodes: TokenBench[];

  before(async function open() {
    this.timeout(30_000);
    const database = await (await postgresServer()).createDatabase();
    const log = recordLog().log;
    const one = () => openStore({ database, dataDirectory: '/nowhere', log, clock: systemClock });
    stores = [await one(), await one(), await one()];
  });
  after(() => Promise.all(stores.map((store) => store.close())));

  beforeEach(() => {
    clock = new ManualClock();
    server = rotatingProvider(clock);
    nodes = stores.map((store, index) => node(store.authorizations, index));
  });
  afterEach(async () => {
    for (const each of nodes) await each.stop();
    await stores[0]?.authorizations.remove('office');
    for (const holder of ['dead', 'node0 1', 'node1 1', 'node2 1']) {
      await stores[0]?.authorizations.unlock('office', '', holder);
    }
  });

  function node(storage: AuthorizationStorage, index: number): TokenBench {
    return tokenBench({ storage, clock, server, holder: `node${index}` });
  }

  function the(index: number): TokenBench {
    const found = nodes[index];
    if (found === undefined) throw new Error('no such node');
    return found;
  }

  const storage = () => {
    const [first] = stores;
    if (first === undefined) throw new Error('no store');
    return first.authorizations;
  };

  const row = async (): Promise<StoredAuthorization> => {
    const found = await storage().find('office', '');
    if (found === undefined) throw new Error('no row');
    return found;
  };
  const storedRefreshToken = async () => openToken(sealer, await row(), 'refreshToken').reveal();

  it('renew once in a lifetime of 5 s in all, and never two at once', async function slow() {
    this.timeout(20_000);
    server.lifetime = 5 * SECOND;
    await the(0).consent();
    const begin = clock.now();
    for (let step = 0; step < 300; step += 1) {
      const asked = nodes.flatMap(({ source, upstream }) =>
        Array.from({ length: 7 }, () => source.token({ upstream })),
      );
      for (const answer of await driven(clock, Promise.all(asked), 1)) tokenText(answer);
      clock.advance(100);
    }
    const lifetimes = (clock.now() - begin) / (5 * SECOND);
    expect(lifetimes).to.be.at.least(6);
    expect(server.requests + 1).to.be.within(lifetimes - 1, lifetimes + 1);
    expect(server.most).to.equal(1);
    expect(await storedRefreshToken()).to.equal(server.current());
  });

  it('hear of a consent that was given at another node, and of its end', async () => {
    for (const each of nodes) problemOf(await each.ask());
    await the(1).consent();
    for (const each of nodes) expect(tokenText(await each.ask())).to.contain('Access1');
    await storage().remove('office');
    await until(async () => (await the(2).ask()).kind === 'unavailable', 'the third node has heard of it');
  });

  it('drop a token that was refused at one of them', async () => {
    await the(0).consent();
    for (const each of nodes) tokenText(await each.ask());
    the(0).source.refused({ upstream: the(0).upstream }, new Secret(tokenText(await the(0).ask())));
    expect(tokenText(await the(0).ask())).to.contain('Access2');
    for (const each of nodes) {
      await until(async () => tokenText(await each.ask()).includes('Access2'), 'each node has the new token');
    }
    expect(server.requests).to.equal(1);
  });

  it('ask three times in all about a grant that is void', async () => {
    await the(0).consent();
    clock.advance(HOUR);
    server.failing = invalidGrant();
    for (let round = 0; round < 60; round += 1) {
      for (const each of nodes) problemOf(await each.ask());
      clock.advance(10 * SECOND);
    }
    expect(server.requests).to.equal(3);
  });

  it('wait for the lock of a node that has died, as long as it can last, and then go on', async function slow() {
    this.timeout(20_000);
    await the(0).consent();
    clock.advance(HOUR);
    expect(await storage().lock('office', '', 'dead', 400)).to.equal(true);
    expect(tokenText(await driven(clock, the(1).source.token({ upstream: the(1).upstream }), 5))).to.contain(
      'Access2',
    );
  });

  it('answer within 60 s when somebody keeps the lock', async () => {
    await the(0).consent();
    clock.advance(HOUR);
    await storage().lock('office', '', 'dead', 600_000);
    const begin = clock.now();
    const problem = problemOf(await driven(clock, the(1).source.token({ upstream: the(1).upstream }), 400));
    expect(problem.text).to.contain('renewed elsewhere');
    expect(clock.now() - begin).to.be.at.most(60 * SECOND);
  });

  /** Node 0 has asked, its answer is on its way, and its lock is gone. */
  async function underWay() {
    await the(0).consent();
    clock.advance(HOUR);
    const answered = Promise.withResolvers<void>();
    server.hold = answered.promise;
    const asked = the(0).source.token({ upstream: the(0).upstream });
    let rotated = false;
    server.onAnswer = () => {
      rotated = true;
    };
    await until(() => rotated, 'the provider has rotated');
    server.hold = undefined;
    await storage().unlock('office', '', 'node0 1');
    return { asked, arrive: () => answered.resolve() };
  }

  describe('when the lock ran out while an answer was under way', () => {
    it('its late answer is stored over a refusal of the old token, which it explains', async () => {
      const late = await underWay();
      expect(problemOf(await the(1).ask()).text).to.contain('revoked');
      expect((await row()).failure).to.include({ refusals: 1 });
      late.arrive();
      expect(tokenText(await driven(clock, late.asked))).to.contain('Access2');
      expect(await storedRefreshToken()).to.equal(server.current());
      expect(await row()).to.not.have.property('failure');
      await until(async () => (await the(1).ask()).kind === 'token', 'the other node uses it');
      for (const each of nodes) expect(each.alerts.told).to.deep.equal([]);
    });

    it('its late answer does not touch a newer consent, and that is said', async () => {
      const late = await underWay();
      await the(1).consent();
      const newer = await row();
      late.arrive();
      const token = tokenText(await driven(clock, late.asked));
      expect(token).to.contain('Access3');
      expect(await row()).to.deep.equal(newer);
      expect(await storedRefreshToken()).to.equal(server.current());
      expect(the(0).log.text()).to.contain('came too late and was not kept');
    });

    it('its late answer does not bring back a consent that was forgotten', async () => {
      const late = await underWay();
      await storage().remove('office');
      late.arrive();
      expect(problemOf(await driven(clock, late.asked)).text).to.contain('Nobody has authorized');
      expect(await storage().find('office', '')).to.equal(undefined);
    });

    it('its late access token does not take the place of one that lives longer', async () => {
      server.rotates = false;
      const late = await underWay();
      clock.advance(5 * SECOND);
      expect(tokenText(await the(1).ask())).to.contain('Access3');
      const before = await row();
      late.arrive();
      tokenText(await driven(clock, late.asked));
      expect((await row()).accessExpiresAt).to.equal(before.accessExpiresAt);
      expect(tokenText(await the(2).ask())).to.contain('Access3');
    });
  });
});

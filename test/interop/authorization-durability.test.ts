import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { type PosternOptions, type RunningPostern, startPostern } from '../../scripts/bench/postern.ts';
import { freePort } from '../../scripts/bench/processes.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { eventually } from '../support/eventually.ts';
import { postgresServer } from '../support/postgres.ts';
import {
  authorize,
  consentFor,
  type RemoteAdmin,
  remoteAdmin,
  simulatedUpstream,
} from '../support/simulated-consent.ts';
import { type PassedRequest, startTokenTrap, type TokenTrap } from '../support/token-trap.ts';
import { type PacedDevice, startPacedDevice } from './paced-device.ts';

/** By hand: `KILLS=50 mocha test/interop/authorization-durability.test.ts`. */
const KILLS = Number(process.env['KILLS'] ?? 5);
/** By hand more: how long three nodes share one consent, ms. */
const SHARED_FOR = Number(process.env['SHARED_FOR'] ?? 15_000);
const LIFETIME = 2000;
/** The answer is read and stored within this time after its last byte has gone, ms; killed at any moment of it. */
const MOMENT = 20;
/** Losses that are followed to the end, until three refusals are believed; the others are healed at the first word. */
const FOLLOWED = 2;
/** A renewal lock of a dead node lasts so long at most, ms (src/oauth/renewal.ts). */
const LOCKED_FOR = 30_000;

/** A line of the log. */
const ASKS_FOR_IT = /"level":"(warn|error)".*authorize office/;

describe('authorizations of whole processes', function () {
  this.timeout(120_000 + KILLS * 20_000 + SHARED_FOR);
  let base = '';
  let simulator: Simulator;
  let trap: TokenTrap;
  const running = new Set<RunningPostern>();
  const devices = new Set<PacedDevice>();

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'postern-authorization-'));
  });
  afterEach(async () => {
    await Promise.all([...devices].map((each) => each.stop()));
    devices.clear();
    await Promise.all([...running].map(crash));
    await trap.close();
    await simulator.close();
    await rm(base, { recursive: true, force: true });
  });

  async function provider(options: { rotate: boolean; lifetime?: number }): Promise<void> {
    simulator = await startSimulator({
      tokenLifetime: options.lifetime ?? LIFETIME,
      rotateRefreshTokens: options.rotate,
      limits: false,
    });
    trap = await startTokenTrap(simulator);
  }

  /** Every message signs in, so that a token is always needed. */
  function settings(admin: number, port: number) {
    const upstream = simulatedUpstream(simulator, { limits: { messagesPerConnection: 1, connections: 3 } });
    const authentication = { ...upstream.authentication, tokenEndpoint: trap.tokenEndpoint };
    return {
      accessUrl: `http://127.0.0.1:${admin}`,
      listeners: [{ name: 'devices', address: '127.0.0.1', port, security: 'none' }],
      clients: [{ name: 'devices', networks: ['127.0.0.0/8'] }],
      upstreams: [{ ...upstream, authentication }],
      defaultUpstream: 'office',
    };
  }

  async function place(
    name: string,
  ): Promise<PosternOptions & { readonly port: number; readonly admin: number }> {
    const directory = join(base, name);
    await mkdir(join(directory, 'data', 'certs'), { recursive: true, mode: 0o700 });
    const anchors = {
      'simulator.pem': simulator.certificateAuthority,
      'trap.pem': trap.certificateAuthority,
    };
    for (const [file, pem] of Object.entries(anchors))
      await writeFile(join(directory, 'data/certs', file), pem);
    const [port, admin] = [await freePort(), await freePort()];
    return { directory, port, admin, settings: (own) => settings(admin, own) };
  }

  async function start(options: PosternOptions): Promise<RunningPostern> {
    const postern = await startPostern(options);
    running.add(postern);
    return postern;
  }

  async function crash(postern: RunningPostern): Promise<void> {
    running.delete(postern);
    await postern.kill();
  }

  function device(port: number, name: string, pause = 40): PacedDevice {
    const started = startPacedDevice({ port, name, pause });
    devices.add(started);
    return started;
  }

  const arrivals = () => simulator.messages().flatMap(({ recipients }) => recipients);
  const arrivedFrom = (addresses: readonly string[]) => {
    const all = new Set(arrivals());
    return addresses.filter((address) => all.has(address));
  };

  /** Nothing that was accepted is missing, and no more came twice than deliveries were cut. */
  async function settled(sources: readonly PacedDevice[], cut: number): Promise<string> {
    await Promise.all(sources.map((source) => source.stop()));
    const accepted = sources.flatMap((source) => source.accepted);
    const missing = () => accepted.length - arrivedFrom(accepted).length;
    await eventually(() => missing() === 0, 60_000, `the arrival of ${missing()} of ${accepted.length}`);
    const twice = arrivals().length - new Set(arrivals()).size;
    expect(twice, 'arrived twice').to.be.at.most(cut);
    return `${accepted.length} accepted, 0 lost, ${twice} twice`;
  }

  /** Kills the process at a random moment after the next answer that brought tokens; resolves when it is dead. */
  async function killAtAnswer(postern: RunningPostern, grant = 'refresh_token'): Promise<void> {
    let dead = false;
    const end = () => {
      dead = process.kill(postern.pid, 'SIGKILL');
    };
    trap.onAnswered = ({ form, status }: PassedRequest) => {
      if (form.get('grant_type') !== grant || status !== 200) return;
      trap.onAnswered = undefined;
      const later = Math.floor(Math.random() * (MOMENT + 1));
      if (later > 0) setTimeout(end, later);
      else end();
    };
    await eventually(() => dead, 15_000, 'a token that is asked for');
    await crash(postern);
  }

  for (const rotate of [true, false]) {
    const what = rotate
      ? 'refresh tokens that are good once'
      : 'refresh tokens that stay good, as with Entra';
    it(`${what}: ${KILLS} × kill -9 between the provider’s answer and the store`, async () => {
      await provider({ rotate });
      const options = await place('postern');
      const admin = remoteAdmin(options.admin, join(options.directory, 'data'));
      let postern = await start(options);
      await authorize(admin, simulator);
      const source = device(options.port, 'device');
      await eventually(() => arrivals().length > 0, 20_000, 'the first message');
      const counts = { wentOn: 0, askedAgain: 0, followed: 0 };
      for (let kill = 0; kill < KILLS; kill += 1) {
        await killAtAnswer(postern);
        const before = source.accepted.length;
        const logged = (await postern.log()).length;
        postern = await start(options);
        const end = await wentOnOrAsked(admin, source, before);
        if (end === 'went on') {
          counts.wentOn += 1;
          continue;
        }
        counts.askedAgain += 1;
        await eventually(
          async () => ASKS_FOR_IT.test((await postern.log()).slice(logged)),
          5000,
          'a line of the log that asks for it',
        );
        if (counts.followed < FOLLOWED) {
          counts.followed += 1;
          postern = await untilVoid(postern, options, admin);
        }
        const then = source.accepted.length;
        await authorize(admin, simulator);
        await eventually(
          () => arrivedFrom(source.accepted.slice(then)).length > 0,
          20_000,
          'mail goes again',
        );
        expect((await admin.standing('office')).state).to.equal('authorized');
      }
      const mail = await settled([source], KILLS * 3 + counts.followed * 6);
      console.log(
        `      ${KILLS} kills: ${counts.wentOn} went on by themselves, ${counts.askedAgain} asked for it again ` +
          `(${counts.followed} followed to void), 0 silently dead; ${mail}`,
      );
      if (!rotate) expect(counts.askedAgain).to.equal(0);
    });
  }

  it('a consent whose tokens were lost with the process: the person is told, and the next one works', async () => {
    await provider({ rotate: true });
    const options = await place('postern');
    const admin = remoteAdmin(options.admin, join(options.directory, 'data'));
    let postern = await start(options);
    const source = device(options.port, 'device');
    let lost = 0;
    for (let round = 0; round < Math.min(KILLS, 10); round += 1) {
      const told = consentFor(admin, simulator).then(
        ({ page }) => page.status,
        () => 'no answer',
      );
      await killAtAnswer(postern, 'authorization_code');
      expect(await told).to.be.oneOf([200, 'no answer']);
      postern = await start(options);
      const { state, remedy } = await admin.standing('office');
      if (state !== 'authorized') {
        expect(state).to.equal('none');
        expect(remedy).to.contain('authorize office');
        lost += 1;
        await authorize(admin, simulator);
      }
      const before = source.accepted.length;
      await eventually(() => arrivedFrom(source.accepted.slice(before)).length > 0, 20_000, 'mail goes');
      const forgotten = await admin.call('/api/v1/upstreams/office/authorization', undefined, 'DELETE');
      expect(forgotten.status, forgotten.text).to.equal(200);
    }
    await authorize(admin, simulator);
    console.log(`      ${lost} consents lost; ${await settled([source], KILLS * 3)}`);
  });

  it('three nodes on one PostgreSQL: one token request a lifetime in all; the lock of a dead one runs out', async () => {
    const lifetime = 3000;
    await provider({ rotate: true, lifetime });
    const postgres = await postgresServer();
    const database = await postgres.createDatabase();
    const places = [await place('a'), await place('b'), await place('c')];
    const [first = expect.fail()] = places;
    const nodes: RunningPostern[] = [];
    for (const each of places) {
      const key = join(each.directory, 'data', 'master.key');
      if (each !== first) await copyFile(join(first.directory, 'data', 'master.key'), key);
      // Any of them takes the browser; the address is that of the first.
      const document = (port: number) => settings(first.admin, port);
      nodes.push(await start({ ...each, settings: document, database }));
    }
    const admins = places.map(({ admin, directory }) => remoteAdmin(admin, join(directory, 'data')));
    await authorize(admins[0] ?? expect.fail(), simulator);
    const consentedAt = performance.now();
    const sources = places.map(({ port }, index) => device(port, `device-${index}`, 100));
    await wait(SHARED_FOR);
    const lifetimes = (performance.now() - consentedAt) / lifetime;
    const { tokenRequests, tokenRequestsAtOnce } = simulator.counters();
    console.log(
      `      ${tokenRequests} token requests in ${lifetimes.toFixed(1)} lifetimes, at most ${tokenRequestsAtOnce} at once`,
    );
    // A token is renewed a fiftieth of its life before the end (margin.ts), and the first one came before the clock ran.
    expect(tokenRequests).to.be.within(lifetimes - 1, lifetimes / 0.98 + 1);
    expect(tokenRequestsAtOnce).to.equal(1);
    for (const [index, source] of sources.entries())
      expect(arrivedFrom(source.accepted), `mail of node ${index}`).to.have.length.greaterThan(20);

    // The next one that asks dies with the lock, and its question with it.
    let holder = 0;
    trap.onAsked = async () => {
      trap.onAsked = undefined;
      const [lock] = await postgres.query(database, 'select holder from renewal_locks');
      holder = Number(String(lock?.['holder']).split(' ')[1]);
      process.kill(holder, 'SIGKILL');
      return false;
    };
    await eventually(() => holder !== 0, 15_000, 'the next renewal');
    const diedAt = performance.now();
    const dead = nodes.findIndex(({ pid }) => pid === holder);
    expect(dead, `a node with the process id ${holder}`).to.be.within(0, 2);
    await crash(nodes[dead] ?? expect.fail());
    const passed = trap.passed.length;
    await eventually(() => trap.passed.length > passed, LOCKED_FOR + 5000, 'another node asks');
    const seconds = (performance.now() - diedAt) / 1000;
    // What waited for the token goes first, so it is any mail that counts here; all of it is counted at the end.
    for (const source of sources.filter((_source, index) => index !== dead)) {
      const before = arrivedFrom(source.accepted).length;
      await eventually(() => arrivedFrom(source.accepted).length > before + 5, 20_000, 'mail goes on');
    }
    for (const [index, admin] of admins.entries())
      if (index !== dead) expect((await admin.standing('office')).state).to.equal('authorized');
    console.log(
      `      a node died with the lock: the next renewal ${seconds.toFixed(1)} s after; ${await settled(sources, 3)}`,
    );
    expect(simulator.counters().tokenRequestsAtOnce).to.equal(1);
  });

  /** One of both within 20 s, or it is silently dead. */
  async function wentOnOrAsked(
    admin: RemoteAdmin,
    source: PacedDevice,
    before: number,
  ): Promise<'went on' | 'asked'> {
    return eventually(
      async () => {
        if (arrivedFrom(source.accepted.slice(before)).length > 0) return 'went on';
        const { state, text, remedy } = await admin.standing('office');
        if (state !== 'failing' && state !== 'void') return undefined;
        expect(text).to.be.a('string').and.not.equal('');
        expect(remedy).to.contain('authorize office');
        return 'asked';
      },
      20_000,
      'word of an authorization that is neither used nor asked for',
    );
  }

  /** The pauses between three refusals take minutes: they are made over by ageing the row while the process is down. */
  async function untilVoid(
    postern: RunningPostern,
    options: PosternOptions,
    admin: RemoteAdmin,
  ): Promise<RunningPostern> {
    let current = postern;
    for (let refusal = 2; refusal <= 3; refusal += 1) {
      await crash(current);
      ageFailure(join(options.directory, 'data', 'postern.db'));
      const logged = (await current.log()).length;
      current = await start(options);
      await eventually(
        async () => ASKS_FOR_IT.test((await current.log()).slice(logged)),
        20_000,
        `refusal ${refusal}`,
      );
    }
    await eventually(async () => (await admin.standing('office')).state === 'void', 5000, 'the state void');
    const { remedy, text } = await admin.standing('office');
    expect(remedy).to.contain('authorize office');
    expect(text).to.not.equal(undefined);
    return current;
  }
});

function ageFailure(file: string): void {
  const database = new DatabaseSync(file);
  try {
    const changed = database
      .prepare(
        `update authorizations set failure = json_set(failure, '$.at', json_extract(failure, '$.at') - 14400000) where failure is not null`,
      )
      .run();
    expect(Number(changed.changes)).to.equal(1);
  } finally {
    database.close();
  }
}

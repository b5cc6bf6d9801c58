import { expect } from 'chai';
import { type Access, createAccess } from '../../src/access/create-access.ts';
import { createSealer } from '../../src/settings/sealer.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { noMeter } from '../../src/shared/meter.ts';
import { systemRandom } from '../../src/shared/random.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { PASSWORD, quickHashing } from '../support/access.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { postgresServer } from '../support/postgres.ts';
import { recordLog } from '../support/recorded-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ORIGIN = { address: '192.0.2.1', agent: 'test' };

describe('two nodes with one database', () => {
  const clock = new ManualClock();
  const closers: (() => Promise<void> | void)[] = [];
  const nodes: Access[] = [];
  let store: Store;

  before(async function begin() {
    this.timeout(30_000);
    const database = await (await postgresServer()).createDatabase();
    for (let count = 0; count < 2; count += 1) {
      const directory = await temporaryDirectory();
      const { log } = recordLog();
      store = await openStore({ database, dataDirectory: directory.path, log, clock: systemClock });
      const opened = store;
      const access = createAccess({
        storage: opened.access,
        sealer: createSealer(Buffer.alloc(32, 7)),
        audit: { record: async () => undefined },
        pageUrl: () => 'https://relay.example.com',
        hostname: () => 'relay.example.com',
        dataDirectory: directory.path,
        clock,
        random: systemRandom,
        log,
        meter: noMeter,
        hashing: quickHashing,
      });
      nodes.push(access);
      closers.push(
        () => access.close(),
        () => opened.close(),
        () => directory.remove(),
      );
    }
  });
  after(async () => {
    for (const close of closers) await close();
  });

  it('make one administrator out of two who come at once with the link of the later start', async () => {
    const links = [await nodes[0]?.start(), await nodes[1]?.start()];
    const [early = '', late = ''] = links.map((made) => made?.link.reveal().split('#')[1]);
    expect(await redeem(nodes[0], early, 'Mallory')).to.contain('not good any more');
    const ends = await Promise.all(nodes.map((node, index) => redeem(node, late, `Ada ${index}`)));
    expect(ends.filter((end) => end === 'made')).to.have.lengthOf(1);
    expect(await store.access.users()).to.have.lengthOf(1);
  });

  it('know each other’s sessions and browsers, and end them for both at once', async () => {
    const [one, two] = nodes;
    const [user] = await store.access.users();
    const begun = await one?.signIn.attempt({ name: user?.name ?? '', password: PASSWORD, origin: ORIGIN });
    if (begun?.state !== 'signed-in' || two === undefined || user === undefined)
      throw new Error('not signed in');
    const cookie = begun.cookie.reveal();
    const seen = async () => (await two.sessions.find(cookie, { background: false }))?.user.name;
    expect(await seen()).to.equal(user.name);
    // The browser is known to the other node, whose strangers have to wait.
    const attempt = (mark?: string) =>
      two.signIn
        .attempt({ name: user.name, password: 'wrong', origin: ORIGIN, mark })
        .catch((error: unknown) => String(error));
    for (let count = 0; count < 6; count += 1) await attempt();
    expect(await attempt()).to.contain('Too many attempts');
    expect(await attempt(begun.mark)).to.contain('The name or the password is wrong');
    // Renewed at one node, kept alive at both.
    clock.advance(59 * 60_000);
    expect(await seen()).to.equal(user.name);
    clock.advance(59 * 60_000);
    expect((await one?.sessions.find(cookie, { background: true }))?.user.name).to.equal(user.name);
    expect(await one?.sessions.end(user.id, begun.session.id)).to.equal(true);
    expect(await seen()).to.equal(undefined);
  });
});

/** `made`, or the words of the refusal. */
async function redeem(node: Access | undefined, token: string, name: string): Promise<string> {
  try {
    await node?.setup.redeem({ token, name, password: PASSWORD }, ORIGIN);
    return 'made';
  } catch (error) {
    return String(error);
  }
}

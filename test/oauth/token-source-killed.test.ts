import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openToken } from '../../src/oauth/sealed-tokens.ts';
import type { Store } from '../../src/store/open-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { invalidGrant, rotatingProvider } from '../support/rotating-provider.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import {
  oauthUpstream,
  openSqliteStore,
  problemOf,
  sealer,
  tokenBench,
  tokenText,
} from '../support/token-bench.ts';
import { until } from '../support/until.ts';

const NODE = fileURLToPath(new URL('../support/dying-node.ts', import.meta.url));

/** Ten upstreams whose renewals are at ten different stages when the process dies. */
const NAMES = Array.from({ length: 10 }, (_, index) => `office${index}`);

/** What the provider gives in the place of an upstream's refresh token. */
const rotated = (name: string) => `rotated for ${name}`;

describe('a node that is killed between the answer of the provider and the store', () => {
  let directory: { path: string; remove(): Promise<void> };
  let store: Store;

  beforeEach(async () => {
    directory = await temporaryDirectory();
    store = await openSqliteStore(directory.path);
  });
  afterEach(async () => {
    await store.close();
    await directory.remove();
  });

  it('is authorized after it, or says that it has to be authorized again: 10 times', async function slow() {
    this.timeout(30_000);
    const clock = new ManualClock(Date.now() - 3_600_000);
    for (const name of NAMES) {
      const made = tokenBench({ storage: store.authorizations, clock, upstream: oauthUpstream({}, name) });
      await made.consent();
      await made.stop();
    }
    await store.close();
    const given = await renewAndKill(directory.path);
    store = await openSqliteStore(directory.path);
    let kept = 0;
    for (const name of NAMES) {
      const isKept = await afterwards(store, name);
      kept += isKept ? 1 : 0;
      // What was handed out was on stable storage before.
      if (given.has(name)) expect(isKept, name).to.equal(true);
    }
    // Both ends were met, so the test has looked at what it says.
    expect(kept).to.be.within(1, NAMES.length - 1);
  });
});

/** Answers one upstream after the other and kills the process with the last answer; returns those that had handed a token out. */
async function renewAndKill(path: string): Promise<ReadonlySet<string>> {
  const child = fork(NODE, [path, ...NAMES], { execArgv: [] });
  const exited = once(child, 'exit');
  const asked = new Set<string>();
  const given = new Set<string>();
  child.on('message', (said: unknown) => {
    if (typeof said !== 'object' || said === null || !('upstream' in said)) return;
    ('given' in said ? given : asked).add(String(said.upstream));
  });
  const answer = (name: string) => child.send({ upstream: name, refreshToken: rotated(name) });
  try {
    await until(() => asked.size === NAMES.length, 'all have asked', 20_000);
    // The first is through, the last has just been answered.
    for (const name of NAMES.slice(0, 1)) answer(name);
    await until(() => given.size === 1, 'the first has its token');
    for (const name of NAMES.slice(1)) {
      await wait(1);
      answer(name);
    }
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
  return given;
}

/** Starts again on what the dead process left. True when the rotated token is in the row; in both cases it goes on. */
async function afterwards(store: Store, name: string): Promise<boolean> {
  const clock = new ManualClock(Date.now() + 3_600_000);
  const row = await store.authorizations.find(name, '');
  const kept = row !== undefined && openToken(sealer, row, 'refreshToken').reveal() === rotated(name);
  const server = rotatingProvider(clock);
  const taken: string[] = [];
  const provider = {
    ...server.provider(),
    async refresh(token: { reveal(): string }) {
      taken.push(token.reveal());
      // The provider takes the token that it gave last, and no other.
      if (token.reveal() !== rotated(name)) throw invalidGrant();
      return server.consent();
    },
  };
  const upstream = oauthUpstream({}, name);
  const again = tokenBench({
    storage: store.authorizations,
    clock,
    upstream,
    server: { ...server, provider: () => provider },
  });
  if (kept) {
    tokenText(await again.ask());
    expect(again.alerts.told).to.deep.equal([]);
  } else {
    for (let round = 0; round < 3; round += 1) {
      problemOf(await again.ask());
      clock.advance(3 * 60_000);
    }
    expect(taken).to.have.lengthOf(3);
    expect(problemOf(await again.ask()).remedy).to.contain(`scripts/postern authorize ${name}`);
    await again.consent();
    tokenText(await again.ask());
  }
  await again.stop();
  return kept;
}

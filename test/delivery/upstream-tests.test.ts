import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import {
  createUpstreamTests,
  type StoredUpstreamTest,
  type UpstreamTestStorage,
} from '../../src/delivery/upstream-tests.ts';
import { type Settings, settingsSchema } from '../../src/settings/schema.ts';
import { createSealer } from '../../src/settings/sealer.ts';
import { Secret } from '../../src/shared/secret.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recordLog } from '../support/recorded-log.ts';

const sealer = createSealer(randomBytes(32));

function office(password: object, port = 587): Settings {
  return settingsSchema.parse({
    upstreams: [
      {
        name: 'office',
        kind: 'smtp',
        host: 'smtp.example.com',
        port,
        authentication: { type: 'password', user: 'relay', password },
      },
    ],
  });
}
const sealed = (text: string) => ({ sealed: sealer.seal('settings', new Secret(text)), setAt: '2026-11-22' });

function upstreamOf({ upstreams }: Settings) {
  const [first] = upstreams;
  if (first === undefined) throw new Error('no upstream');
  return first;
}

describe('what is known of tests of upstreams', () => {
  let rows: Map<string, StoredUpstreamTest>;
  let inForce: Settings;
  let change: (next: Settings) => void;
  let storage: UpstreamTestStorage;
  const log = recordLog();
  const clock = new ManualClock();

  function start() {
    const callbacks: ((now: Settings, before: Settings) => void)[] = [];
    change = (next) => {
      const before = inForce;
      inForce = next;
      for (const callback of callbacks) callback(next, before);
    };
    const settings = {
      current: () => inForce,
      onChange(callback: (now: Settings, before: Settings) => void) {
        callbacks.push(callback);
        return () => undefined;
      },
    };
    return createUpstreamTests({ settings, storage, sealer, clock, log: log.log });
  }
  beforeEach(() => {
    rows = new Map();
    inForce = office(sealed('first'));
    storage = {
      list: async () => [...rows.values()],
      put: async (test) => void rows.set(test.upstream, test),
      keepOnly: async (names) => {
        for (const name of rows.keys()) if (!names.includes(name)) rows.delete(name);
      },
    };
  });

  const standing = async (tests: ReturnType<typeof start>) =>
    (await tests.list()).map(({ result, current }) => `${result} ${current ? 'now' : 'before a change'}`);

  it('is nothing until one was made', async () => {
    expect(await start().list()).to.deep.equal([]);
  });

  it('says whether the settings were changed since', async () => {
    const tests = start();
    await tests.record(upstreamOf(inForce), { result: 'ok', by: 'anna', sentTo: 'a@example.com' });
    expect(await tests.list()).to.deep.equal([
      {
        upstream: 'office',
        result: 'ok',
        by: 'anna',
        at: clock.now(),
        sentTo: 'a@example.com',
        current: true,
      },
    ]);
    change(office(sealed('first'), 465));
    expect(await standing(tests)).to.deep.equal(['ok before a change']);
    change(office(sealed('first')));
    expect(await standing(tests), 'changed back, and sealed anew').to.deep.equal(['ok now']);
    change(office(sealed('second')));
    expect(await standing(tests), 'another password').to.deep.equal(['ok before a change']);
    change(office({ file: '/run/secret' }));
    expect(await standing(tests)).to.deep.equal(['ok before a change']);
  });

  it('counts a test of unsaved settings once they are saved as they were tested', async () => {
    const tests = start();
    await tests.record(upstreamOf(office(sealed('typed'))), { result: 'ok', by: 'anna' });
    expect(await tests.list(), 'not of the settings in force').to.deep.equal([]);
    change(office(sealed('typed')));
    await eventually(async () => expect(await standing(tests)).to.deep.equal(['ok now']));
  });

  it('forgets a test of settings that nobody saved', async () => {
    const tests = start();
    await tests.record(upstreamOf(office(sealed('typed'))), { result: 'ok', by: 'anna' });
    clock.advance(61 * 60 * 1000);
    change(office(sealed('typed')));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await tests.list()).to.deep.equal([]);
  });

  it('forgets what is known of an upstream that was removed', async () => {
    const tests = start();
    await tests.record(upstreamOf(inForce), { result: 'failed', by: 'anna', text: 'no' });
    change(settingsSchema.parse({}));
    await eventually(() => expect([...rows.keys()]).to.deep.equal([]));
  });

  it('keeps nothing from which a password can be guessed', async () => {
    const tests = start();
    await tests.record(upstreamOf(office(sealed('hunter2'))), { result: 'ok', by: 'anna' });
    change(office(sealed('hunter2')));
    await eventually(() => expect(rows.size).to.equal(1));
    const key = [...rows.values()][0]?.key ?? '';
    expect(key).to.match(/^[\w-]{43}$/);
    expect(createSealer(randomBytes(32)).digest('upstream-test', 'x')).to.not.equal(
      sealer.digest('upstream-test', 'x'),
    );
  });

  it('goes on when the store does not, and logs it', async () => {
    storage = { ...storage, put: () => Promise.reject(new Error('disk')) };
    await start().record(upstreamOf(inForce), { result: 'ok', by: 'anna' });
    expect(log.text()).to.contain('could not be stored');
  });
});

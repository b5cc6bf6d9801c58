import { expect } from 'chai';
import { isJsonObject, type Json } from '../../src/settings/json.ts';
import { valueAt } from '../../src/settings/paths.ts';
import { createSealer } from '../../src/settings/sealer.ts';
import { resealDocument } from '../../src/settings/secret-forms.ts';
import { SECRET_PATTERNS } from '../../src/settings/secret-places.ts';
import { createSettings } from '../../src/settings/service.ts';
import type { SettingsDeps, SettingsService } from '../../src/settings/settings-service.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemorySettingsStorage } from '../support/memory-settings-storage.ts';
import { recordLog } from '../support/recorded-log.ts';
import { until } from '../support/until.ts';

const sealer = createSealer(Buffer.alloc(32, 1));

const office = (changes: Record<string, Json> = {}): Json => ({
  name: 'office',
  kind: 'smtp',
  host: 'smtp.example.com',
  authentication: { type: 'password', user: 'relay@example.com', password: { value: 'hunter2' } },
  ...changes,
});
const withPassword = (password: Json, name = 'office'): Json => ({
  upstreams: [office({ name, authentication: { type: 'password', user: 'u', password } })],
});
const PASSWORD = ['upstreams', 0, 'authentication', 'password'] as const;

async function refusal(work: Promise<unknown>): Promise<RelayError> {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  if (error instanceof RelayError) return error;
  throw new Error(`it was not refused: ${String(error)}`);
}

describe('settings in the store', () => {
  let storage: MemorySettingsStorage;
  let clock: ManualClock;
  let log: ReturnType<typeof recordLog>;
  let open: SettingsService[];
  beforeEach(() => {
    storage = new MemorySettingsStorage();
    clock = new ManualClock(Date.UTC(2026, 10, 2));
    log = recordLog();
    open = [];
  });
  afterEach(() => Promise.all(open.map((service) => service.close())));

  const create = async (changes: Partial<SettingsDeps> = {}): Promise<SettingsService> => {
    const deps = { storage, sealer, clock, log: log.log, dataDirectory: '/nowhere', environment: {} };
    const service = await createSettings({ ...deps, ...changes });
    open.push(service);
    return service;
  };
  const stored = (): Json => JSON.parse(storage.revisions.at(-1)?.document ?? 'null') as Json;

  it('begins with a first revision of defaults, and keeps it at the next start', async () => {
    const service = await create();
    expect(service.document()).to.deep.include({ document: {}, revision: 1, locked: false, source: 'store' });
    expect(await service.history(10)).to.deep.equal([
      { revision: 1, at: clock.now(), by: 'first start', summary: 'defaults' },
    ]);
    await create();
    expect(storage.revisions).to.have.length(1);
  });

  it('starts on two nodes at once with one first revision', async () => {
    const both = await Promise.all([create(), create()]);
    expect(both.map((service) => service.document().revision)).to.deep.equal([1, 1]);
    expect(storage.revisions).to.have.length(1);
  });

  it('warns whoever applies it of a value that cannot be looked at once it is sealed', async () => {
    const service = await create();
    const authentication = {
      type: 'oauth2',
      provider: 'microsoft',
      email: 'relay@example.com',
      tenantId: 'example.com',
      clientId: 'app',
      clientSecret: { value: '0b5c7f0e-6f0b-4d4e-9a58-2f6c1f3a7d11' },
    };
    const { warnings } = await service.apply({ upstreams: [office({ authentication })] }, { by: 'admin' });
    expect(warnings.map(({ path }) => path)).to.include('upstreams[0].authentication.clientSecret');
    expect(JSON.stringify(stored())).not.to.contain('0b5c7f0e');
  });

  it('applies a document live, with who, when and what', async () => {
    const service = await create();
    const seen: [number, number][] = [];
    service.onChange((now, before) => seen.push([now.upstreams.length, before.upstreams.length]));
    clock.advance(1000);
    const { revision } = await service.apply(
      { upstreams: [office()], defaultUpstream: 'office' },
      { by: 'admin' },
    );
    expect(revision).to.equal(2);
    expect(seen).to.deep.equal([[1, 0]]);
    expect(service.current().defaultUpstream).to.equal('office');
    expect((await service.history(1))[0]).to.deep.equal({
      revision: 2,
      at: clock.now(),
      by: 'admin',
      summary: 'upstreams: office added; defaultUpstream',
    });
  });

  it('tells everybody of a change, though one of them throws, and nobody who has left', async () => {
    const service = await create();
    const told: string[] = [];
    service.onChange(() => {
      throw new Error('a part that fails');
    });
    const leave = service.onChange(() => told.push('left'));
    service.onChange(() => told.push('stays'));
    leave();
    await service.apply({ hostname: 'relay.example.com' }, { by: 'admin' });
    expect(told).to.deep.equal(['stays']);
    expect(service.current().hostname).to.equal('relay.example.com');
    expect(log.lines.join('\n')).to.include('a part that fails');
  });

  it('refuses a document with all its faults and changes nothing', async () => {
    const service = await create();
    let changes = 0;
    service.onChange(() => (changes += 1));
    const error = await refusal(service.apply({ hostname: 5, queue: { retry: [] } }, { by: 'admin' }));
    expect(error.code).to.equal('settings-invalid');
    expect(error.faults.map(({ path }) => path)).to.deep.equal(['hostname', 'queue.retry']);
    expect(service.validate({ hostname: 5 }).faults).to.have.length(1);
    expect([changes, storage.revisions.length]).to.deep.equal([0, 1]);
  });

  it('gives settings that nobody can change by mistake', async () => {
    const settings = (await create()).current();
    expect(() => Object.assign(settings.queue, { expireAfter: 0 })).to.throw(TypeError);
    expect(() => settings.clients[0]?.networks.push('0.0.0.0/0')).to.throw(TypeError);
  });

  describe('secrets', () => {
    it('are sealed before they are stored, and shown only as set', async () => {
      const service = await create();
      await service.apply({ upstreams: [office()] }, { by: 'admin' });
      const everything = [
        JSON.stringify(storage.revisions),
        JSON.stringify(service.document()),
        JSON.stringify(service.current()),
        JSON.stringify(await service.revision(2)),
        log.lines.join(),
      ].join();
      expect(everything).to.not.include('hunter2');
      const shown = { set: true, since: new Date(clock.now()).toISOString() };
      expect(valueAt(service.document().document, PASSWORD)).to.deep.equal(shown);
      const [upstream] = service.current().upstreams;
      if (upstream?.kind !== 'smtp' || upstream.authentication.type !== 'password')
        throw new Error('no password');
      expect((await service.reveal(upstream.authentication.password)).reveal()).to.equal('hunter2');
    });

    it('stay as they are when given back as shown, also when others are put before them', async () => {
      const service = await create();
      await service.apply({ upstreams: [office()] }, { by: 'admin' });
      const before = valueAt(stored(), PASSWORD);
      clock.advance(5000);
      const { document } = service.document();
      const shown = isJsonObject(document) ? document['upstreams'] : null;
      const first = { name: 'first', kind: 'test-relay' };
      await service.apply({ upstreams: [first, ...(shown as Json[])] }, { by: 'admin' });
      expect(valueAt(stored(), ['upstreams', 1, 'authentication', 'password'])).to.deep.equal(before);
    });

    it('cannot be taken over under another name, nor written sealed', async () => {
      const service = await create();
      await service.apply({ upstreams: [office()] }, { by: 'admin' });
      const former = valueAt(stored(), PASSWORD) ?? null;
      for (const [document, text] of [
        [withPassword({ set: true }, 'other'), 'is not stored under this name'],
        [withPassword(former), 'cannot be written sealed'],
        [{ users: [{ name: 'u', password: { set: true } }] }, 'is not stored under this name'],
      ] as const) {
        const error = await refusal(service.apply(document, { by: 'admin' }));
        expect(error.faults.map(({ message }) => message)).to.deep.equal([text]);
      }
    });

    it('that stand elsewhere are shown as typed and read when used', async () => {
      const service = await create({ environment: { PASSWORD: 'one' } });
      await service.apply(withPassword({ env: 'PASSWORD' }), { by: 'admin' });
      expect(valueAt(service.document().document, PASSWORD)).to.deep.equal({ env: 'PASSWORD' });
      expect((await service.reveal({ env: 'PASSWORD' })).reveal()).to.equal('one');
      const error = await refusal(service.apply(withPassword({ set: true }), { by: 'admin' }));
      expect(error.code).to.equal('settings-invalid');
    });

    it('of SMTP users are kept as hashes, which tell right from wrong', async () => {
      const service = await create();
      await service.apply({ users: [{ name: 'scanner', password: { value: 'hunter2' } }] }, { by: 'admin' });
      const kept = valueAt(stored(), ['users', 0, 'password', 'hash']);
      expect(kept).to.match(/^\$argon2id\$/);
      expect(await service.verifyPassword('scanner', 'hunter2')).to.equal(true);
      expect(await service.verifyPassword('scanner', 'hunter3')).to.equal(false);
      expect(await service.verifyPassword('nobody', 'hunter2')).to.equal(false);
      await service.apply({ users: [{ name: 'scanner', password: { set: true } }] }, { by: 'admin' });
      expect(valueAt(stored(), ['users', 0, 'password', 'hash'])).to.equal(kept);
      await service.apply({ users: [{ name: 'scanner', password: { value: 'new' } }] }, { by: 'admin' });
      expect(await service.verifyPassword('scanner', 'hunter2')).to.equal(false);
      await service.apply({ users: [{ name: 'copier', password: { hash: kept ?? '' } }] }, { by: 'admin' });
      expect(await service.verifyPassword('copier', 'hunter2')).to.equal(true);
      expect(JSON.stringify(service.document())).to.not.include('argon2id');
    });

    it('sealed with another master key are named at the start, and do not stop it', async () => {
      await (await create()).apply({ upstreams: [office()] }, { by: 'admin' });
      const service = await create({ sealer: createSealer(Buffer.alloc(32, 9)) });
      expect(log.lines.join()).to.include('another master key').and.include('authentication.password');
      const [upstream] = service.current().upstreams;
      if (upstream?.kind !== 'smtp' || upstream.authentication.type !== 'password')
        throw new Error('no password');
      const error = await refusal(service.reveal(upstream.authentication.password));
      expect(error.code).to.equal('secret-unavailable');
    });

    it('are all known from the schema, and all sealed anew when the key changes', async () => {
      expect(SECRET_PATTERNS.map(({ steps, keeping }) => `${steps.join('.')} ${keeping}`)).to.have.members([
        'users.[].password hashed',
        'upstreams.[].authentication.password sealed',
        'upstreams.[].authentication.clientSecret sealed',
        'upstreams.[].authentication.clientCertificate sealed',
        'upstreams.[].authentication.clientAssertion sealed',
        'upstreams.[].authentication.serviceAccount sealed',
        'proxy.password sealed',
        'vault.token sealed',
        'vault.appRole.secretId sealed',
      ]);
      await (await create()).apply({ upstreams: [office()] }, { by: 'admin' });
      const next = createSealer(Buffer.alloc(32, 9));
      const changed = resealDocument(stored(), sealer, next);
      const sealed = valueAt(changed, [...PASSWORD, 'sealed']);
      if (typeof sealed !== 'string') throw new Error('it is not sealed');
      expect(next.open('settings', sealed).reveal()).to.equal('hunter2');
    });
  });

  describe('revisions', () => {
    it('refuse a change that was made on an older one', async () => {
      const service = await create();
      await service.apply({ hostname: 'a.example' }, { by: 'one', ifRevision: 1 });
      const error = await refusal(service.apply({ hostname: 'b.example' }, { by: 'two', ifRevision: 1 }));
      expect(error.code).to.equal('settings-conflict');
      expect(service.current().hostname).to.equal('a.example');
    });

    it('let one of many changes on the same revision win', async () => {
      const service = await create();
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          service.apply({ hostname: `n${index}.example` }, { by: 'x', ifRevision: 1 }).then(
            () => 'applied',
            (error: unknown) => (error instanceof RelayError ? error.code : 'bug'),
          ),
        ),
      );
      expect(answers.filter((answer) => answer === 'applied')).to.have.length(1);
      expect(answers.filter((answer) => answer === 'settings-conflict')).to.have.length(9);
    });

    it('take all changes that name none, also from several nodes', async () => {
      const nodes = [await create(), await create()];
      await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          nodes[index % 2]!.apply({ hostname: `n${index}.example` }, { by: 'x' }),
        ),
      );
      expect(storage.revisions).to.have.length(7);
    });

    it('go back to an older document, secrets included, as a new revision', async () => {
      const service = await create();
      await service.apply({ upstreams: [office()] }, { by: 'admin' });
      await service.apply({}, { by: 'admin' });
      const { revision } = await service.rollback(2, 'admin');
      expect(revision).to.equal(4);
      expect(stored()).to.deep.equal(JSON.parse(storage.revisions[1]?.document ?? ''));
      expect((await service.history(1))[0]?.summary).to.equal('rolled back to revision 2');
      expect((await refusal(service.rollback(99, 'admin'))).code).to.equal('not-found');
      expect((await refusal(service.revision(99))).code).to.equal('not-found');
    });

    it('of another node come into force by themselves', async () => {
      const [one, two] = [await create(), await create()];
      const seen: (string | undefined)[] = [];
      two.onChange((settings) => seen.push(settings.hostname));
      await one.apply({ hostname: 'a.example' }, { by: 'x' });
      await until(() => two.current().hostname === 'a.example', 'the other node took it over');
      expect(seen).to.deep.equal(['a.example']);
    });

    it('that this version cannot use leave the settings as they are, loudly', async () => {
      const service = await create();
      await storage.append(1, { document: '{"future":1}', at: 1, by: 'newer', summary: 'x' });
      await until(() => service.lastReloadFault() !== undefined, 'the fault is kept');
      expect(service.lastReloadFault()?.faults.map(({ path }) => path)).to.deep.equal(['future']);
      expect(service.document().revision).to.equal(1);
      expect(log.lines.join()).to.include('future is not a known setting');
      await storage.append(2, { document: '{"hostname":"a.example"}', at: 1, by: 'newer', summary: 'x' });
      await until(() => service.lastReloadFault() === undefined, 'the fault is gone');
      expect(service.current().hostname).to.equal('a.example');
    });

    it('that cannot be used stop the start, with all faults', async () => {
      for (const document of ['{"future":1,"past":2}', '{"trunc']) {
        storage.revisions.splice(0, 9, { revision: 1, document, at: 1, by: 'x', summary: 'x' });
        const error = await refusal(create());
        expect(error.code).to.equal('settings-invalid');
        if (document.endsWith('}')) expect(error.faults).to.have.length(2);
      }
    });

    it('have summaries of one line', async () => {
      const service = await create();
      await service.apply({}, { by: 'x', summary: `a\r\nb\u001b[31m ${'c'.repeat(300)}` });
      const [latest] = await service.history(1);
      expect(latest?.summary)
        .to.match(/^a b \[31m c+$/)
        .and.have.length(200);
    });
  });

  it('hears of nothing after it was closed', async () => {
    const service = await create();
    await service.close();
    await storage.append(1, { document: '{"hostname":"a.example"}', at: 1, by: 'x', summary: 'x' });
    await service.close();
    expect(service.current().hostname).to.equal(undefined);
  });
});

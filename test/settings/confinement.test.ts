import { expect } from 'chai';
import { confinementFaults } from '../../src/settings/confinement.ts';
import { faultText } from '../../src/settings/faults.ts';
import type { Json, JsonObject } from '../../src/settings/json.ts';
import { createSealer } from '../../src/settings/sealer.ts';
import { createStoredSettings } from '../../src/settings/stored-settings.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { MemorySettingsStorage } from '../support/memory-settings-storage.ts';
import { recordLog } from '../support/recorded-log.ts';

const FILE: Json = { file: '/run/secrets/mail' };
const upstream = (password: Json, more: JsonObject = {}): JsonObject => ({
  name: 'office',
  kind: 'smtp',
  host: 'smtp.example.com',
  ...more,
  authentication: { type: 'password', user: 'u', password },
});
const withUpstream = (...of: Parameters<typeof upstream>): JsonObject => ({ upstreams: [upstream(...of)] });
const oauth = (more: JsonObject = {}): JsonObject => ({
  upstreams: [
    {
      name: 'cloud',
      kind: 'graph',
      authentication: { type: 'oauth2', provider: 'microsoft', email: 'a@example.com', ...more },
    },
  ],
});
const proxy = (url: string, more: JsonObject = {}): JsonObject => ({ proxy: { url, ...more } });
const GOOD = proxy('http://proxy.example.com:3128');
const EVIL = proxy('http://evil.example:3128');
const vault = (address: string, more: JsonObject = {}): JsonObject => ({
  vault: { address, token: { env: 'VAULT_TOKEN' }, ...more },
});

const faultsOf = (document: Json, inForce: Json) => confinementFaults(document, inForce).map(faultText);
const PASSWORD = 'upstreams[0].authentication.password';

async function stored(first: Json, forgetConsents = async () => {}) {
  const storage = new MemorySettingsStorage();
  const service = await createStoredSettings({
    storage,
    sealer: createSealer(Buffer.alloc(32, 7)),
    log: recordLog().log,
    clock: systemClock,
    dataDirectory: '/nowhere',
    forgetConsents,
  });
  await service.apply(first, { by: 'machine' });
  return { service, storage };
}
const refused = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RelayError)) throw new Error('It was not refused.');
  expect(error.code).to.equal('settings-invalid');
  return error.faults.map(faultText).join('\n');
};

describe('somebody who is nobody on the machine', () => {
  for (const [title, document, inForce] of [
    ['keeps a secret of a file where it is', withUpstream(FILE), withUpstream(FILE)],
    ['types secrets', withUpstream({ value: 'x' }), withUpstream(FILE)],
    ['gives secrets back as set', withUpstream({ set: true }), withUpstream({ sealed: 'x' })],
    ['changes what stands beside it', withUpstream(FILE, { port: 465, security: 'tls' }), withUpstream(FILE)],
    ['moves the upstream in the list', { upstreams: [{ name: 'a' }, upstream(FILE)] }, withUpstream(FILE)],
    ['removes it', {}, withUpstream(FILE)],
    ['sets a proxy while there is nothing to read', EVIL, {}],
    ['sets a proxy together with first secrets', { ...EVIL, ...withUpstream({ value: 'x' }) }, {}],
    ['keeps a proxy', { ...GOOD, ...withUpstream(FILE) }, { ...GOOD, ...withUpstream(FILE) }],
    ['removes a proxy', withUpstream(FILE), { ...GOOD, ...withUpstream(FILE) }],
    [
      'has more hosts bypass it',
      { ...proxy('http://proxy.example.com:1', { bypass: ['a', 'b'] }), ...withUpstream(FILE) },
      { ...proxy('http://proxy.example.com:3128', { bypass: ['b'] }), ...withUpstream(FILE) },
    ],
    ['sends an empty or a broken document', null, withUpstream(FILE)],
    ['sends a secret in a form that is none', withUpstream(['x']), withUpstream(FILE)],
  ] as const satisfies readonly (readonly [string, Json, Json])[]) {
    it(title, () => expect(faultsOf(document, inForce)).to.deep.equal([]));
  }

  for (const [title, document, inForce, path, words] of [
    ['a new file', withUpstream({ file: '/data/master.key' }), {}, PASSWORD, 'settings apply FILE'],
    [
      'another file',
      withUpstream({ file: '/etc/shadow' }),
      withUpstream(FILE),
      PASSWORD,
      'settings apply FILE',
    ],
    ['a variable', withUpstream({ env: 'HOME' }), withUpstream(FILE), PASSWORD, 'do not read there'],
    [
      'a program',
      withUpstream({ command: ['/bin/sh'] }),
      withUpstream({ sealed: 'x' }),
      PASSWORD,
      'do not read there',
    ],
    ['a path in Vault', withUpstream({ vault: 'a/b#c' }), withUpstream(FILE), PASSWORD, 'do not read there'],
    [
      'a program behind a value',
      withUpstream({ value: 'x', command: ['/bin/sh'] }),
      withUpstream(FILE),
      PASSWORD,
      'do not read there',
    ],
    [
      'a file behind what is set',
      withUpstream({ set: true, file: '/etc/shadow' }),
      withUpstream(FILE),
      PASSWORD,
      'do not read there',
    ],
    [
      'arguments of a program',
      withUpstream({ command: ['/bin/x', 'a'] }),
      withUpstream({ command: ['/bin/x'] }),
      PASSWORD,
      'do not read there',
    ],
    [
      'the file of another upstream',
      { upstreams: [upstream(FILE), { ...upstream(FILE), name: 'other' }] },
      withUpstream(FILE),
      'upstreams[1].authentication.password',
      'do not read there',
    ],
    [
      'another host',
      withUpstream(FILE, { host: 'evil.example' }),
      withUpstream(FILE),
      PASSWORD,
      'does not go to evil.example',
    ],
    [
      'another name in the certificate',
      withUpstream(FILE, { serverName: 'evil.example' }),
      withUpstream(FILE),
      PASSWORD,
      'does not go to evil.example',
    ],
    ['no encryption', withUpstream(FILE, { security: 'none' }), withUpstream(FILE), PASSWORD, 'in clear'],
    [
      'a twin with its name',
      { upstreams: [upstream(FILE, { host: 'evil.example' }), upstream(FILE)] },
      withUpstream(FILE),
      PASSWORD,
      'does not go to evil.example',
    ],
    [
      'another token endpoint',
      oauth({ clientSecret: FILE, tokenEndpoint: 'https://evil.example/t' }),
      oauth({ clientSecret: FILE }),
      'upstreams[0].authentication.clientSecret',
      'does not go to evil.example',
    ],
    [
      'a password of users',
      { users: [{ name: 'a', password: { file: '/etc/shadow' } }] },
      {},
      'users[0].password',
      'do not read there',
    ],
    [
      'another Vault',
      vault('https://evil.example'),
      vault('https://vault.example.com'),
      'vault.token',
      'does not go to evil.example',
    ],
    [
      'another namespace of Vault',
      { ...vault('https://v.example.com', { namespace: 'b' }), ...withUpstream({ vault: 'a/b#c' }) },
      { ...vault('https://v.example.com', { namespace: 'a' }), ...withUpstream({ vault: 'a/b#c' }) },
      PASSWORD,
      'do not read there',
    ],
    [
      'a password of a proxy',
      proxy('http://p.example.com', { password: FILE }),
      {},
      'proxy.password',
      'do not read there',
    ],
    [
      'a proxy in front of a machine secret',
      { ...EVIL, ...withUpstream(FILE) },
      withUpstream(FILE),
      'proxy',
      'settings apply FILE',
    ],
    [
      'a proxy in front of a kept secret',
      { ...EVIL, ...withUpstream({ set: true }) },
      withUpstream({ sealed: 'x' }),
      'proxy',
      'over another host',
    ],
    [
      'another proxy',
      { ...EVIL, ...withUpstream(FILE) },
      { ...GOOD, ...withUpstream(FILE) },
      'proxy',
      'over another host',
    ],
    [
      'a proxy in front of consent without a secret',
      { ...EVIL, ...oauth() },
      oauth(),
      'proxy',
      'over another host',
    ],
    [
      'a host that bypasses the proxy no more',
      { ...GOOD, ...withUpstream(FILE) },
      { ...proxy('http://proxy.example.com:3128', { bypass: ['smtp.example.com'] }), ...withUpstream(FILE) },
      'proxy',
      'over another host',
    ],
  ] as const satisfies readonly (readonly [string, Json, Json, string, string])[]) {
    it(`cannot bring in: ${title}`, () => {
      const faults = faultsOf(document, inForce);
      expect(faults.join('\n')).to.contain(words);
      expect(faults.map((fault) => fault.split(' ')[0])).to.include(path);
    });
  }

  describe('in the stored settings', () => {
    const evil = withUpstream(FILE, { host: 'evil.example' });
    const confined = { confined: true };

    it('is refused in a check, a trial and a change alike, and the machine is not', async () => {
      const { service, storage } = await stored(withUpstream(FILE));
      expect(service.validate(evil, confined).faults.map(faultText).join('\n')).to.contain('evil.example');
      expect(() => service.draft(evil, confined)).to.throw(RelayError);
      expect(await refused(service.apply(evil, { by: 'page', ...confined }))).to.contain('evil.example');
      expect(storage.revisions).to.have.length(2);
      expect(service.validate(evil).faults).to.deep.equal([]);
      await service.apply(evil, { by: 'machine' });
      expect(storage.revisions).to.have.length(3);
    });

    it('goes back to no revision that reads what is not read any more, or sent it elsewhere', async () => {
      const { service, storage } = await stored(withUpstream(FILE, { host: 'left.example' }));
      await service.apply(withUpstream(FILE), { by: 'machine' });
      expect(await refused(service.rollback(2, 'page', confined))).to.contain('left.example');
      await service.rollback(3, 'page', confined);
      await service.apply({}, { by: 'machine' });
      expect(await refused(service.rollback(3, 'page', confined))).to.contain('do not read there');
      const { length } = storage.revisions;
      await service.rollback(2, 'machine');
      expect(storage.revisions).to.have.length(length + 1);
    });

    it('finds no consent of before behind a proxy of its own: not when the upstream comes back, nor with a rollback', async () => {
      let forgotten = 0;
      const cloud = oauth({
        tenantId: '00000000-0000-0000-0000-000000000000',
        clientId: '00000000-0000-0000-0000-000000000001',
        clientSecret: { value: 'x' },
      });
      const { service } = await stored(cloud, async () => {
        forgotten += 1;
      });
      const page = { by: 'page', ...confined };
      await service.apply({ contacts: ['a@example.com'] }, page);
      expect(forgotten).to.equal(0);
      await service.apply({ ...cloud, ...EVIL }, page);
      expect(forgotten).to.equal(1);
      await service.apply({ ...cloud, ...EVIL, contacts: [] }, page);
      await service.apply({}, page);
      expect(forgotten).to.equal(1);
      await service.rollback(4, 'page', confined);
      expect(forgotten).to.equal(2);
      await service.apply({ ...cloud, ...GOOD }, { by: 'machine' });
      expect(forgotten).to.equal(2);
    });

    it('sets no proxy while consent of before cannot be forgotten', async () => {
      const { service, storage } = await stored({}, () =>
        Promise.reject(new RelayError('store-unavailable', 'The store is gone.')),
      );
      const error = await service.apply(EVIL, { by: 'page', ...confined }).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(RelayError);
      expect(storage.revisions).to.have.length(2);
      expect(service.current().proxy).to.equal(undefined);
    });

    it('goes back to its own older settings', async () => {
      const { service } = await stored({ contacts: ['a@example.com'] });
      await service.apply(withUpstream({ value: 'x' }), { by: 'page', ...confined });
      await service.apply({}, { by: 'page', ...confined });
      await service.rollback(3, 'page', confined);
      expect(service.current().upstreams).to.have.length(1);
    });
  });
});

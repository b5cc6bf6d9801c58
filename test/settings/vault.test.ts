import { inspect } from 'node:util';
import { expect } from 'chai';
import { type SettingsInput, settingsSchema } from '../../src/settings/schema.ts';
import type { VaultSettings } from '../../src/settings/schema-outside.ts';
import type { SecretSource } from '../../src/settings/schema-values.ts';
import { createVaultReader, GRACE } from '../../src/settings/vault.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { Secret } from '../../src/shared/secret.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startNetwork } from '../support/network.ts';
import { startVault, type VaultServer } from '../support/vault-server.ts';

const PLACE = 'secret/mail/office#password';
const CACHE = 30_000;

describe('createVaultReader', () => {
  let vault: VaultServer;
  const network = startNetwork();
  after(() => network.close());
  beforeEach(async () => {
    vault = await startVault();
    vault.secrets.set('secret/mail/office', { password: 'hush-one', user: 'office' });
    vault.secrets.set('old/mail', { password: 'hush-old' });
  });
  afterEach(() => vault.close());

  type VaultInput = Partial<NonNullable<SettingsInput['vault']>>;
  const withRole: VaultInput = { appRole: { roleId: 'postern', secretId: { value: 'secret-id' } } };

  function parse(more: VaultInput): VaultSettings | undefined {
    const signIn = more.appRole ? {} : { token: { value: 'root-token' } };
    return settingsSchema.parse({ vault: { address: vault.url, ...signIn, ...more } }).vault;
  }

  function reader(more: VaultInput = {}) {
    const clock = new ManualClock();
    const stale: string[] = [];
    const words = { token: 'root-token', settings: parse(more) };
    const read = createVaultReader({
      settings: () => words.settings,
      reveal: async (source: SecretSource) => new Secret('value' in source ? source.value : words.token),
      http: () => network.http,
      clock,
      onStale: (place, failure) => stale.push(`${place}: ${failure.message}`),
    });
    const text = async (place = PLACE): Promise<string> => (await read(place)).reveal();
    const refusal = async (place = PLACE): Promise<RelayError> => {
      const error: unknown = await read(place).catch((thrown: unknown) => thrown);
      if (!(error instanceof RelayError)) throw new Error('it was read');
      expect(error.code).to.equal('secret-unavailable');
      expect(inspect(error, { depth: 9, showHidden: true })).not.to.match(/hush|root-token|secret-id/);
      return error;
    };
    return { text, refusal, clock, stale, words, again: () => clock.advance(CACHE + 1) };
  }

  for (const tells of [true, false]) {
    it(`reads both versions of KV ${tells ? 'as their mounts say' : 'where it may not ask for mounts'}`, async () => {
      vault.tellsMounts = tells;
      const { text, again } = reader();
      expect(await text()).to.equal('hush-one');
      expect(await text('secret/mail/office#user')).to.equal('office');
      expect(await text('old/mail#password')).to.equal('hush-old');
      const before = vault.asked.length;
      again();
      await text();
      expect(vault.asked.slice(before), 'the mount is known').to.deep.equal(['GET secret/data/mail/office']);
    });
  }

  it('finds mounts of several steps, and paths with signs of their own', async () => {
    vault.secrets.set('team/kv/a b/ü?x', { password: 'hush\n', port: 25 });
    const { text } = reader();
    expect(await text('team/kv/a b/ü?x#password')).to.equal('hush');
    expect(await text('team/kv/a b/ü?x#port')).to.equal('25');
  });

  it('uses what it read for vault.cache, then sees what was changed there', async () => {
    const { text, clock } = reader({ cache: '10s' });
    expect(await text()).to.equal('hush-one');
    vault.secrets.set('secret/mail/office', { password: 'hush-two' });
    clock.advance(9000);
    expect(await text()).to.equal('hush-one');
    clock.advance(2000);
    expect(await text()).to.equal('hush-two');
  });

  it('asks once for many who want it at once', async () => {
    vault.delay = 30;
    const { text } = reader(withRole);
    const all = await Promise.all(Array.from({ length: 50 }, () => text()));
    expect(new Set(all)).to.deep.equal(new Set(['hush-one']));
    expect(vault.asked).to.deep.equal([
      'POST auth/approle/login',
      'GET sys/internal/ui/mounts/secret/mail/office',
      'GET secret/data/mail/office',
    ]);
  });

  it('keeps no failure', async () => {
    const { text, refusal } = reader();
    expect((await refusal('secret/new#x')).message).to.include('does not exist (404)');
    vault.secrets.set('secret/new', { x: 'hush-new' });
    expect(await text('secret/new#x')).to.equal('hush-new');
  });

  it('signs in as a role, anew before the token ends and when it is refused', async () => {
    const { text, again, clock } = reader(withRole);
    const logins = () => vault.asked.filter((line) => line.includes('login')).length;
    await text();
    again();
    await text();
    expect(logins()).to.equal(1);
    vault.tokens.clear();
    again();
    expect(await text()).to.equal('hush-one');
    expect(logins(), 'the token was revoked').to.equal(2);
    clock.advance(3_000_000);
    await text();
    expect(logins(), 'the token has little life left').to.equal(3);
  });

  it('reads the token anew at each use', async () => {
    const { text, again, words, refusal } = reader({ token: { env: 'TOKEN' } });
    await text();
    vault.tokens.clear();
    vault.tokens.add('next-token');
    again();
    expect((await refusal()).message).to.include('denies permission (403)');
    words.token = 'next-token';
    expect(await text()).to.equal('hush-one');
  });

  it('names the namespace', async () => {
    vault.namespace = 'team-a';
    expect(await reader({ namespace: 'team-a' }).text()).to.equal('hush-one');
    expect((await reader().refusal()).message).to.include('403');
  });

  it('forgets what it read when the settings of Vault change', async () => {
    const { text, words, refusal } = reader();
    await text();
    words.settings = parse({ token: { value: 'nobody' } });
    await refusal();
    words.settings = undefined;
    expect((await refusal()).hint).to.equal('set vault.address');
  });

  const refusals: readonly [what: string, place: string, message: string, hint: RegExp][] = [
    [
      'a path that is not there',
      'secret/none#x',
      'the secret secret/none in Vault does not exist (404)',
      /vault kv get secret\/none/,
    ],
    [
      'a path as the API writes it',
      'secret/data/mail/office#x',
      'the secret secret/data/mail/office in Vault does not exist (404)',
      /write secret\/mail\/office/,
    ],
    [
      'a field that is not there',
      'secret/mail/office#pass',
      'the secret secret/mail/office in Vault has no field pass',
      /^it has: password, user$/,
    ],
    [
      'a field of every object',
      'secret/mail/office#constructor',
      'the secret secret/mail/office in Vault has no field constructor',
      /it has/,
    ],
    [
      'a field that is no text',
      'secret/odd#list',
      'the field list of the secret secret/odd in Vault is not text',
      /text/,
    ],
    [
      'an empty field',
      'secret/odd#empty',
      'the field empty of the secret secret/odd in Vault is empty',
      /anew/,
    ],
    [
      'a mount that is not there',
      'elsewhere/x#y',
      'the secret elsewhere/x in Vault cannot be read: Vault denies permission (403)',
      /read on elsewhere\/data\/x/,
    ],
    [
      'a way out of the path',
      'secret/../../sys/seal#x',
      'secret/../../sys/seal#x is not a place in Vault',
      /MOUNT/,
    ],
  ];
  for (const [what, place, message, hint] of refusals) {
    it(`names ${what}, and the remedy`, async () => {
      vault.secrets.set('secret/odd', { list: ['hush'], empty: '', ['x'.repeat(5000)]: 'hush' });
      const error = await reader().refusal(place);
      expect(error.publicMessage).to.equal(message);
      expect(error.hint).to.match(hint);
      expect(error.hint?.length).to.be.lessThan(2000);
      expect(vault.asked.join()).not.to.include('sys/seal');
    });
  }

  for (const [status, words, hint] of [
    [503, 'is sealed', 'unseal'],
    [501, 'is not initialised', 'init'],
    [429, 'asked too often', 'vault.cache'],
    [500, 'answered 500', 'log of Vault'],
    [307, 'standby', 'active node'],
  ] as const) {
    it(`says what ${status} means`, async () => {
      vault.trouble = status;
      const error = await reader().refusal();
      expect(error.message).to.include(words);
      expect(error.message).to.include('secret/mail/office');
      expect(error.hint).to.include(hint);
    });
  }

  it('says so when a role is refused, and when Vault is not there', async () => {
    const wrong = reader({ appRole: { roleId: 'postern', secretId: { value: 'secret-id-wrong' } } });
    const error = await wrong.refusal();
    expect(error.message).to.include('refuses the role of vault.appRole (400)');
    await vault.close();
    const gone = await reader().refusal();
    expect(gone.message).to.equal(
      'the secret secret/mail/office in Vault cannot be read: Vault refuses connections',
    );
    expect(gone.hint).to.include('vault.address');
  });

  it('uses on what it read while Vault is out of order, for a quarter of an hour', async () => {
    const { text, refusal, clock, stale } = reader();
    await text();
    vault.trouble = 503;
    for (let passed = 0; passed + CACHE + 1 < GRACE; passed += CACHE + 1) {
      clock.advance(CACHE + 1);
      expect(await text()).to.equal('hush-one');
    }
    expect(stale[0]).to.match(/^secret\/mail\/office: .*sealed/);
    clock.advance(CACHE + 1);
    clock.advance(CACHE + 1);
    expect((await refusal()).message).to.include('sealed');
    vault.trouble = undefined;
    expect(await text()).to.equal('hush-one');
  });

  it('uses nothing on when Vault says no', async () => {
    const { text, refusal, again, stale } = reader();
    await text();
    vault.tokens.clear();
    again();
    expect((await refusal()).message).to.include('403');
    vault.tokens.add('root-token');
    vault.secrets.clear();
    expect((await refusal()).message).to.include('404');
    expect(stale).to.deep.equal([]);
  });

  it('believes no answer that is not one of Vault', async () => {
    const { refusal } = reader();
    for (const fields of [null, [], 'text'] as const) {
      vault.secrets.set('secret/mail/office', fields as never);
      expect((await refusal()).message).to.match(/answered 200 and no secret|does not exist/);
    }
  });
});

import { expect } from 'chai';
import type { SignInStart } from '../../src/oauth/authorizations.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { ManualClock } from '../support/manual-clock.ts';
import {
  ACCESS_TOKEN,
  answerTo,
  CODE,
  challengeOf,
  grantOf,
  PROVIDER,
  providerFailure,
  REFRESH_TOKEN,
  type SignInRooms,
  signInRooms,
  signInSettings,
} from '../support/sign-ins.ts';

type Link = Extract<SignInStart, { kind: 'link' }>;

async function begin(rooms: SignInRooms, upstream = 'office'): Promise<Link> {
  const started = await rooms.authorizations.start(upstream, { by: 'admin' });
  if (started.kind !== 'link') throw new Error('no link');
  return started;
}

function saved({ storage }: SignInRooms) {
  const [row] = storage.rows.values();
  if (row === undefined) throw new Error('nothing is saved');
  return row;
}

async function refusal(work: Promise<unknown>): Promise<RelayError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RelayError)) throw new Error('was not refused', { cause: error });
  return error;
}

describe('sign-in by link', () => {
  let clock: ManualClock;
  let rooms: SignInRooms;
  beforeEach(() => {
    clock = new ManualClock();
    rooms = signInRooms(clock);
  });
  afterEach(() => rooms.authorizations.close());

  it('is begun, bound to a browser, finished, and then the upstream is authorized', async () => {
    const told: string[] = [];
    rooms.authorizations.onAuthorized((upstream) => told.push(upstream));
    const started = await begin(rooms);
    expect(started.link).to.match(/^http:\/\/localhost:8025\/login\/authorize\/[\w-]{22}$/);
    expect(started.redirectUri).to.equal('http://localhost:8025/login/smtp-verification');
    expect(started).to.include({ email: 'relay@example.com', expiresAt: clock.now() + 900_000 });
    const { url, binding } = await rooms.authorizations.bind(started.id);
    expect(url).to.equal(started.direct);
    const ended = await rooms.authorizations.finish(answerTo(url), { binding });
    expect(ended).to.include({ state: 'authorized', account: 'relay@example.com', upstream: 'office' });
    expect(await rooms.authorizations.signIn(started.id)).to.deep.equal(ended);
    const [code] = rooms.provider.codes;
    expect(code).to.include({ code: CODE, redirectUri: started.redirectUri });
    expect(challengeOf(code?.codeVerifier.reveal() ?? '')).to.equal(rooms.provider.challenges[0]);
    expect(told).to.deep.equal(['office']);
    const [office] = await rooms.authorizations.status();
    expect(office).to.include({ upstream: 'office', state: 'authorized', authorizedBy: 'admin' });
  });

  for (const [issuer, state] of [
    [`https://${new URL(PROVIDER).hostname}/tenant`, 'authorized'],
    ['https://other.example', 'failed'],
    ['nobody', 'failed'],
  ] as const) {
    it(`ends as ${state} where the answer says that it comes from ${issuer}`, async () => {
      const { direct } = await begin(rooms);
      const answer = answerTo(direct);
      answer.append('iss', issuer);
      const ended = await rooms.authorizations.finish(answer, { authenticated: true });
      expect(ended.state).to.equal(state);
      expect(rooms.storage.rows.size).to.equal(state === 'authorized' ? 1 : 0);
    });
  }

  it('is finished by an authenticated caller who pasted the address', async () => {
    const { direct } = await begin(rooms);
    const ended = await rooms.authorizations.finish(answerTo(direct), { authenticated: true });
    expect(ended.state).to.equal('authorized');
  });

  it('leaves no state, verifier, binding, code or token in the store or the log', async () => {
    const started = await begin(rooms);
    const { url, binding } = await rooms.authorizations.bind(started.id);
    await rooms.authorizations.finish(answerTo(url), { binding });
    const failing = await begin(rooms, 'other');
    rooms.provider.redeem = () => Promise.reject(providerFailure('authentication', 'Refused.'));
    await rooms.authorizations.finish(answerTo(failing.direct), { authenticated: true });
    const verifiers = rooms.provider.codes.map(({ codeVerifier }) => codeVerifier.reveal());
    const state = new URL(url).searchParams.get('state') ?? '';
    const secret = binding.split('.')[1] ?? '';
    const written = rooms.storage.text() + rooms.log.text();
    expect(verifiers).to.have.length(2);
    for (const word of [...verifiers, state, secret, CODE, ACCESS_TOKEN, REFRESH_TOKEN]) {
      expect(word).to.have.length.above(10);
      expect(written).not.to.contain(word);
    }
  });

  it('redeems a code once, whichever nodes the redirect reaches', async () => {
    const other = signInRooms(clock, rooms);
    const { id } = await begin(rooms);
    const { url, binding } = await other.authorizations.bind(id);
    const results = await Promise.allSettled(
      [rooms, other, rooms, other].map(({ authorizations }) =>
        authorizations.finish(answerTo(url), { binding }),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    expect(rooms.provider.codes).to.have.length(1);
    expect((await other.authorizations.signIn(id)).state).to.equal('authorized');
    await other.authorizations.close();
  });

  it('tells every node of a new consent once, and not of renewals', async () => {
    const other = signInRooms(clock, rooms);
    const told: string[] = [];
    for (const { authorizations } of [rooms, other]) {
      authorizations.onAuthorized((upstream) => told.push(upstream));
    }
    const { direct } = await begin(rooms);
    await rooms.authorizations.finish(answerTo(direct), { authenticated: true });
    await new Promise(setImmediate);
    expect(told).to.deep.equal(['office', 'office']);
    const row = await rooms.storage.find('office', '');
    if (row === undefined) throw new Error('no row');
    await rooms.storage.save({ ...row, renewedAt: clock.now() + 1 }, row.version);
    await new Promise(setImmediate);
    expect(told).to.have.length(2);
    await other.authorizations.close();
  });

  it('says so when another account has signed in', async () => {
    rooms.provider.redeem = async () => grantOf('someone.else@example.com');
    const { direct, id } = await begin(rooms);
    const ended = await rooms.authorizations.finish(answerTo(direct), { authenticated: true });
    expect(ended).to.include({
      state: 'authorized',
      account: 'someone.else@example.com',
      text: 'someone.else@example.com has signed in, while the settings name relay@example.com.',
    });
    expect((await rooms.authorizations.signIn(id)).remedy).to.contain('alternate login id');
  });

  it('does not mind letters in another case, nor an id in place of an address', async () => {
    for (const account of ['Relay@Example.COM', '4711']) {
      rooms.provider.redeem = async () => grantOf(account);
      const { direct } = await begin(rooms);
      const ended = await rooms.authorizations.finish(answerTo(direct), { authenticated: true });
      expect(ended).to.include({ state: 'authorized', account }).and.not.have.property('text');
    }
  });

  it('refuses a consent that would end within the hour, and saves nothing', async () => {
    const { refreshToken: _none, ...short } = grantOf();
    rooms.provider.redeem = async () => short;
    const { direct } = await begin(rooms);
    const ended = await rooms.authorizations.finish(answerTo(direct), { authenticated: true });
    expect(ended.state).to.equal('failed');
    expect(ended.remedy).to.contain('offline_access');
    expect(rooms.storage.rows.size).to.equal(0);
  });

  it('takes a second consent without a refresh token, where the same account gave one before', async () => {
    const first = await begin(rooms);
    await rooms.authorizations.finish(answerTo(first.direct), { authenticated: true });
    const { refreshToken: _none, ...second } = grantOf();
    for (const [account, state] of [
      ['relay@example.com', 'authorized'],
      ['other@example.com', 'failed'],
    ] as const) {
      rooms.provider.redeem = async () => ({ ...second, account });
      const { direct } = await begin(rooms);
      const ended = await rooms.authorizations.finish(answerTo(direct), { authenticated: true });
      expect(ended.state).to.equal(state);
      if (state === 'authorized') await rooms.storage.save({ ...saved(rooms), refreshToken: 'kept' }, 2);
    }
  });

  it('puts what the provider says on its page into words', async () => {
    const { direct, id } = await begin(rooms);
    const ended = await rooms.authorizations.finish(
      answerTo(direct, {
        error: 'access_denied',
        error_description: 'AADSTS65004: User declined to consent.',
      }),
      { authenticated: true },
    );
    expect(ended.state).to.equal('failed');
    expect(ended.text).to.contain('AADSTS65004: User declined');
    expect(ended.remedy).to.be.a('string').and.not.equal('');
    expect(await rooms.authorizations.signIn(id)).to.deep.equal(ended);
    expect(rooms.provider.codes).to.have.length(0);
  });

  it('fails in words when the code is not taken, and can be begun anew', async () => {
    rooms.provider.redeem = () =>
      Promise.reject(providerFailure('authentication', 'The secret has expired.'));
    const first = await begin(rooms);
    const ended = await rooms.authorizations.finish(answerTo(first.direct), { authenticated: true });
    expect(ended).to.include({ state: 'failed', text: 'The secret has expired.', remedy: 'Mend it.' });
    rooms.provider.redeem = async () => grantOf();
    const second = await begin(rooms);
    const again = await rooms.authorizations.finish(answerTo(second.direct), { authenticated: true });
    expect(again.state).to.equal('authorized');
  });

  it('is not left open by a fault of ours, whose words go into the log alone', async () => {
    rooms.provider.redeem = () => Promise.reject(new Error('a text that may hold anything'));
    const { direct, id } = await begin(rooms);
    await rooms.authorizations.finish(answerTo(direct), { authenticated: true }).then(
      () => expect.fail('was not thrown'),
      () => undefined,
    );
    expect(await rooms.authorizations.signIn(id)).to.include({
      state: 'failed',
      text: 'Postern failed; the log says why.',
    });
  });

  it('is void once the settings of the upstream mean another account or application', async () => {
    const changed = signInSettings();
    const [office, ...rest] = changed.upstreams;
    if (office?.kind !== 'smtp' || office.authentication.type !== 'oauth2') throw new Error('no office');
    const started = await begin(rooms);
    const { binding } = await rooms.authorizations.bind(started.id);
    rooms.set({
      ...changed,
      upstreams: [{ ...office, authentication: { ...office.authentication, clientId: 'client-2' } }, ...rest],
    });
    expect((await refusal(rooms.authorizations.bind(started.id))).code).to.equal('not-allowed');
    const ended = await rooms.authorizations.finish(answerTo(started.direct), { binding });
    expect(ended.state).to.equal('failed');
    expect(ended.text).to.contain('were changed');
    expect(rooms.provider.codes).to.have.length(0);
  });

  it('ends after 15 minutes', async () => {
    const { id, direct } = await begin(rooms);
    const { binding } = await rooms.authorizations.bind(id);
    clock.advance(15 * 60_000);
    expect((await refusal(rooms.authorizations.bind(id))).code).to.equal('not-found');
    expect((await refusal(rooms.authorizations.finish(answerTo(direct), { binding }))).code).to.equal(
      'not-found',
    );
    expect(await rooms.authorizations.signIn(id)).to.include({
      state: 'failed',
      text: 'The sign-in was not finished in time.',
    });
  });

  it('is open at most three times for an upstream and twenty times in all', async () => {
    const starts: Link[] = [];
    for (let count = 0; count < 4; count += 1) starts.push(await begin(rooms));
    const states = await Promise.all(starts.map(({ id }) => rooms.authorizations.signIn(id)));
    expect(states.map(({ state }) => state)).to.deep.equal(['failed', 'pending', 'pending', 'pending']);
    expect(states[0]?.text).to.equal('A later sign-in took its place.');
    const first = await refusal(rooms.authorizations.bind(starts[0]?.id ?? ''));
    expect(first.code).to.equal('not-found');
    const many = Array.from({ length: 30 }, (_, index) => `u${index}`);
    const [office] = signInSettings().upstreams;
    if (office?.kind !== 'smtp') throw new Error('no office');
    rooms.set({ ...signInSettings(), upstreams: many.map((name) => ({ ...office, name })) });
    for (const name of many) await begin(rooms, name);
    const open = [...rooms.storage.pending.values()].filter(({ state }) => state === 'pending');
    expect(open).to.have.length(20);
  });

  for (const [accessUrl, path, expected] of [
    ['https://relay.example.com/', undefined, 'https://relay.example.com/login/smtp-verification'],
    [
      'https://relay.example.com/postern//',
      '/pmpredirect/AzureOAuth',
      'https://relay.example.com/postern/pmpredirect/AzureOAuth',
    ],
    ['http://[::1]:8025', '/login/smtp-verification', 'http://[::1]:8025/login/smtp-verification'],
  ] as const) {
    it(`sends the browser back to ${expected}`, async () => {
      rooms.set(signInSettings({ accessUrl }));
      const started = await rooms.authorizations.start('office', {
        by: 'admin',
        ...(path === undefined ? {} : { redirectPath: path }),
      });
      expect(started).to.include({ redirectUri: expected }).and.not.have.property('warning');
      expect(rooms.authorizations.redirectUris()).to.include(expected);
    });
  }

  it('warns of a redirect URI that Microsoft and Google refuse', async () => {
    rooms.set(signInSettings({ accessUrl: 'http://relay.example.com:8025' }));
    expect((await begin(rooms)).warning).to.contain('https only');
  });

  it('knows no other redirect paths', async () => {
    const error = await refusal(
      rooms.authorizations.start('office', { by: 'admin', redirectPath: '//evil.example.com/x' }),
    );
    expect(error.code).to.equal('bad-request');
  });

  for (const [upstream, code, text] of [
    ['app', 'not-allowed', 'Nothing has to be authorized'],
    ['key', 'not-allowed', 'Nothing has to be authorized'],
    ['plain', 'not-allowed', 'does not sign in with OAuth'],
    ['nowhere', 'not-found', 'no upstream named nowhere'],
  ] as const) {
    it(`is refused with a reason for the upstream ${upstream}`, async () => {
      const error = await refusal(rooms.authorizations.start(upstream, { by: 'admin' }));
      expect(error.code).to.equal(code);
      expect(error.publicMessage).to.contain(text);
      if (code === 'not-allowed') expect(error.hint).to.contain(`postern verify --upstream ${upstream}`);
    });
  }

  it('is refused in the words of the provider where the settings do not do', async () => {
    rooms.provider.begin = () => Promise.reject(providerFailure('configuration', 'clientId is missing.'));
    const error = await refusal(rooms.authorizations.start('office', { by: 'admin' }));
    expect(error).to.include({
      code: 'not-allowed',
      publicMessage: 'clientId is missing.',
      hint: 'Mend it.',
    });
  });

  it('is forgotten with the consent, and the log says who did it', async () => {
    const { direct } = await begin(rooms);
    await rooms.authorizations.finish(answerTo(direct), { authenticated: true });
    const open = await begin(rooms);
    await rooms.authorizations.forget('office', 'cli (root)');
    expect(rooms.storage.rows.size).to.equal(0);
    expect((await rooms.authorizations.signIn(open.id)).state).to.equal('failed');
    expect(rooms.log.lines.at(-1)).to.contain('cli (root)').and.contain('Authorization removed');
    expect((await refusal(rooms.authorizations.forget('nowhere', 'x'))).code).to.equal('not-found');
    expect((await refusal(rooms.authorizations.forget('plain', 'x'))).code).to.equal('not-allowed');
  });

  it('shows how each upstream stands, also those that need nobody', async () => {
    const status = await rooms.authorizations.status();
    expect(status.map(({ upstream, state }) => [upstream, state])).to.deep.equal([
      ['office', 'none'],
      ['other', 'none'],
      ['app', 'none'],
      ['key', 'none'],
    ]);
    expect(status[0]?.remedy).to.equal(
      'Authorize it on the page E-mail configuration, or with "scripts/postern authorize office"',
    );
    expect(status[2]?.text).to.contain('Nobody has to sign in');
  });

  it('goes to the configured provider only', async () => {
    expect((await begin(rooms)).direct.startsWith(`${PROVIDER}?`)).to.equal(true);
  });
});

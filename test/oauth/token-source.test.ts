import { readdir, readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { openToken } from '../../src/oauth/sealed-tokens.ts';
import type { AuthorizationStorage } from '../../src/oauth/storage.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { Secret } from '../../src/shared/secret.ts';
import type { Store } from '../../src/store/open-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { failure, invalidGrant, rotatingProvider } from '../support/rotating-provider.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import {
  driven,
  oauthUpstream,
  openSqliteStore,
  problemOf,
  recordedAlerts,
  sealer,
  type TokenBench,
  tokenBench,
  tokenText,
} from '../support/token-bench.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('token source', () => {
  let directory: { path: string; remove(): Promise<void> };
  let store: Store;
  const benches: TokenBench[] = [];

  function bench(options: Partial<Parameters<typeof tokenBench>[0]> = {}): TokenBench {
    const made = tokenBench({ storage: store.authorizations, ...options });
    benches.push(made);
    return made;
  }

  async function authorized(options: Partial<Parameters<typeof tokenBench>[0]> = {}): Promise<TokenBench> {
    const made = bench(options);
    await made.consent();
    return made;
  }

  const row = async (subject = '') => {
    const found = await store.authorizations.find('office', subject);
    if (found === undefined) throw new Error('no row');
    return found;
  };

  before(async () => {
    directory = await temporaryDirectory();
    store = await openSqliteStore(directory.path);
  });
  afterEach(async () => {
    for (const each of benches.splice(0)) await each.stop();
    await store.authorizations.remove('office');
  });
  after(async () => {
    await store.close();
    await directory.remove();
  });

  describe('before and after consent', () => {
    it('says who has to do what when nobody has consented', async () => {
      const { ask, server, alerts } = bench();
      const problem = problemOf(await ask());
      expect(problem).to.include({ reason: 'authentication' });
      expect(problem.text).to.contain('Nobody has authorized upstream office yet');
      expect(problem.remedy).to.contain('scripts/postern authorize office');
      expect(server.requests).to.equal(0);
      expect(alerts.told).to.deep.equal([]);
    });

    it('gives the token of the consent without another request, and the account with it', async () => {
      const { ask, server, upstream } = await authorized();
      const answer = await ask();
      expect(tokenText(answer)).to.contain('Access1');
      expect(answer).to.include({ account: 'relay@example.com', scopes: 'send' });
      expect(server.requests).to.equal(0);
      expect(await row()).to.include({ upstream: upstream.name, authorizedBy: 'admin', version: 1 });
    });

    it('notices a consent that comes while it says that there is none', async () => {
      const made = bench();
      problemOf(await made.ask());
      await made.consent();
      expect(tokenText(await made.ask())).to.contain('Access1');
    });

    it('does not use a consent that was given for other settings, and takes it back with them', async () => {
      const made = await authorized();
      tokenText(await made.ask());
      const other = oauthUpstream({ clientId: 'other' });
      const problem = problemOf(await driven(made.clock, made.source.token({ upstream: other })));
      expect(problem.text).to.contain('settings of upstream office have changed');
      expect(problem.remedy).to.contain('authorize office');
      const secret = oauthUpstream({ clientSecret: { value: 'new' } });
      tokenText(await driven(made.clock, made.source.token({ upstream: secret })));
    });

    it('gives no token any more when the consent was forgotten', async () => {
      const made = await authorized();
      tokenText(await made.ask());
      await store.authorizations.remove('office');
      expect(problemOf(await made.ask()).text).to.contain('Nobody has authorized');
    });

    it('keeps the refresh token when the same account consents again and none is given', async () => {
      const made = await authorized();
      const before = await row();
      const { refreshToken: _none, ...again } = made.server.consent();
      await made.source.saveGrant(made.upstream, again, { by: 'other' });
      expect(await row()).to.include({
        refreshToken: before.refreshToken,
        authorizedBy: 'other',
        version: 2,
      });
      await made.source.saveGrant(made.upstream, { ...again, account: 'someone@else' }, { by: 'other' });
      expect(await row()).to.not.have.property('refreshToken');
      made.clock.advance(HOUR);
      expect(problemOf(await made.ask()).text).to.contain('gave no refresh token');
    });

    it('refuses upstreams without OAuth', async () => {
      const made = bench();
      const upstream = { ...made.upstream, authentication: { type: 'none' as const } };
      expect(problemOf(await made.source.token({ upstream }))).to.include({ reason: 'configuration' });
      const saved = made.source.saveGrant(upstream, made.server.consent(), { by: 'x' });
      expect(await saved.catch((error: unknown) => error)).to.be.instanceOf(RelayError);
      made.source.refused({ upstream }, new Secret('x'));
    });
  });

  describe('renewal', () => {
    it('asks once in a lifetime of 5 s for 20 askers, and never twice at once', async () => {
      const clock = new ManualClock();
      const made = await authorized({ clock, server: rotatingProvider(clock, 5 * SECOND) });
      const begin = clock.now();
      const tokens = new Set<string>();
      for (let step = 0; step < 600; step += 1) {
        for (const answer of await driven(
          clock,
          Promise.all(Array.from({ length: 20 }, () => made.source.token({ upstream: made.upstream }))),
        )) {
          if (answer.kind !== 'token') throw new Error(answer.text);
          expect(answer.expiresAt).to.be.greaterThan(clock.now());
          tokens.add(answer.token.reveal());
        }
        clock.advance(100);
      }
      const lifetimes = (clock.now() - begin) / (5 * SECOND);
      expect(lifetimes).to.be.at.least(12);
      // The consent itself is the first of the lifetimes.
      expect(made.server.requests + 1).to.be.within(lifetimes - 1, lifetimes + 1);
      expect(made.server.most).to.equal(1);
      expect(tokens.size).to.equal(made.server.requests + 1);
      expect(openToken(sealer, await row(), 'refreshToken').reveal()).to.equal(made.server.current());
    });

    it('is done in the background while the old token lives long enough, and waited for when it does not', async () => {
      const made = await authorized();
      tokenText(await made.ask());
      made.clock.advance(46 * MINUTE);
      expect(tokenText(await made.ask())).to.contain('Access1');
      await driven(made.clock, made.source.token({ upstream: made.upstream }));
      await driven(
        made.clock,
        waitFor(async () => (await row()).version === 2),
      );
      expect(tokenText(await made.ask())).to.contain('Access2');
      made.clock.advance(50 * MINUTE);
      expect(tokenText(await made.ask())).to.contain('Access3');
      expect(made.server.requests).to.equal(2);
    });

    it('is not asked for by a process that starts while the stored token is good', async () => {
      const first = await authorized();
      tokenText(await first.ask());
      const second = bench({ clock: first.clock, server: first.server });
      expect(tokenText(await second.ask())).to.contain('Access1');
      expect(first.server.requests).to.equal(0);
    });

    it('goes on with the living token while the token endpoint is down, and asks it seldom', async () => {
      const made = await authorized();
      tokenText(await made.ask());
      made.server.failing = failure('throttled', 'It is down.');
      made.clock.advance(48 * MINUTE);
      for (let count = 0; count < 50; count += 1) expect(tokenText(await made.ask())).to.contain('Access1');
      // Written down last, so that nothing is under way when the clock moves on.
      await driven(
        made.clock,
        waitFor(async () => (await row()).failure !== undefined),
      );
      for (let count = 0; count < 50; count += 1) expect(tokenText(await made.ask())).to.contain('Access1');
      expect(made.server.requests).to.equal(1);
      made.clock.advance(11 * MINUTE);
      expect(tokenText(await made.ask())).to.contain('Access1');
      expect(made.server.requests).to.equal(2);
      made.clock.advance(MINUTE + 5 * SECOND);
      const problem = problemOf(await made.ask());
      expect(problem).to.include({ reason: 'throttled', text: 'It is down.' });
      expect(problem.retryAfter).to.be.within(1, MINUTE * 1.1);
      expect(made.alerts.told).to.deep.equal([]);
      made.server.failing = undefined;
      made.clock.advance(problem.retryAfter ?? 0);
      tokenText(await made.ask());
      expect(await row()).to.not.have.property('failure');
    });

    it('backs off from a dead endpoint however many ask, and is back soon when it is', async () => {
      const made = await authorized();
      made.clock.advance(HOUR);
      made.server.failing = failure('unreachable', 'It is down.');
      for (let second = 0; second < 600; second += 1) {
        const answers = await driven(
          made.clock,
          Promise.all(Array.from({ length: 20 }, () => made.source.token({ upstream: made.upstream }))),
        );
        for (const answer of answers) {
          expect(problemOf(answer).reason).to.equal('unreachable');
          expect(problemOf(answer).retryAfter ?? 0).to.be.at.most(33 * SECOND);
        }
        made.clock.advance(SECOND);
      }
      expect(made.server.requests).to.be.within(15, 30);
      made.server.failing = undefined;
      made.clock.advance(33 * SECOND);
      tokenText(await made.ask());
      const text = await made.metrics.text();
      expect(text).to.contain('postern_token_requests_total{upstream="office",result="granted"} 1');
      expect(text).to.match(/postern_token_requests_total\{upstream="office",result="unreachable"\} \d+/);
      expect(text).to.match(/postern_token_expiry_seconds\{upstream="office"\} 3[56]\d\d/);
    });

    it('waits as long as the provider says', async () => {
      const made = await authorized();
      made.clock.advance(HOUR);
      made.server.failures.push(failure('throttled', 'Too many.', { retryAfter: 5 * MINUTE }));
      expect(problemOf(await made.ask()).retryAfter).to.be.closeTo(5 * MINUTE, SECOND);
      made.clock.advance(4 * MINUTE);
      expect(problemOf(await made.ask()).retryAfter).to.be.closeTo(MINUTE, SECOND);
      made.clock.advance(MINUTE);
      tokenText(await made.ask());
    });

    it('tries at once when the settings have changed', async () => {
      const made = await authorized();
      made.clock.advance(HOUR);
      made.server.failures.push(failure('authentication', 'The client secret is wrong.'));
      problemOf(await made.ask());
      problemOf(await made.ask());
      expect(made.server.requests).to.equal(1);
      // Whoever got no token tells that mail waits.
      expect(made.alerts.told).to.deep.equal([]);
      made.settings.set(oauthUpstream({ clientSecret: { value: 'right' } }));
      tokenText(await made.ask());
      expect(made.alerts.standing.size).to.equal(0);
    });

    it('takes a token that has already ended for a failure, and does not ask again at once', async () => {
      const made = await authorized();
      made.clock.advance(HOUR);
      made.server.lifetime = 0;
      for (let count = 0; count < 5; count += 1) {
        expect(problemOf(await made.ask()).text).to.contain('already ended');
      }
      expect(made.server.requests).to.equal(1);
      expect(openToken(sealer, await row(), 'refreshToken').reveal()).to.equal(made.server.current());
    });

    it('renews an idle consent every week, and a token that lives for a year as well', async () => {
      for (const lifetime of [HOUR, 365 * DAY]) {
        const clock = new ManualClock();
        const made = await authorized({ clock, server: rotatingProvider(clock, lifetime) });
        made.source.start();
        let oldest = 0;
        for (let hour = 0; hour < 24 * 20; hour += 1) {
          clock.advance(HOUR);
          // A renewal that is under way goes on in real time.
          for (let turn = 0; turn < 5; turn += 1) await driven(clock, row());
          oldest = Math.max(oldest, clock.now() - (await row()).renewedAt);
        }
        expect(oldest / DAY, 'days without a renewal').to.be.below(8);
        expect(made.server.requests, `${lifetime} ms`).to.be.within(2, 4);
        await made.stop();
        await store.authorizations.remove('office');
      }
    });

    it('gives up waiting for a provider that hangs, and keeps what it says in the end', async () => {
      const made = await authorized();
      made.clock.advance(HOUR);
      const answered = Promise.withResolvers<void>();
      made.server.hold = answered.promise;
      const begin = made.clock.now();
      const problem = problemOf(
        await driven(made.clock, made.source.token({ upstream: made.upstream }), 500),
      );
      expect(problem).to.include({ reason: 'unreachable' });
      expect(made.clock.now() - begin).to.be.at.most(60 * SECOND);
      expect(openToken(sealer, await row(), 'refreshToken').reveal()).to.not.equal(made.server.current());
      made.server.hold = undefined;
      answered.resolve();
      await driven(
        made.clock,
        waitFor(async () => (await row()).failure === undefined && (await row()).version > 1),
      );
      expect(openToken(sealer, await row(), 'refreshToken').reveal()).to.equal(made.server.current());
      expect(tokenText(await made.ask())).to.contain('Access2');
      expect(made.server.requests).to.equal(1);
    });

    it('stores an answer that is under way when Postern stops', async () => {
      const made = await authorized();
      made.clock.advance(HOUR);
      const answered = Promise.withResolvers<void>();
      made.server.hold = answered.promise;
      const asked = made.source.token({ upstream: made.upstream });
      await driven(
        made.clock,
        waitFor(() => Promise.resolve(made.server.requests === 1)),
      );
      const stopping = made.source.stop(22_000);
      answered.resolve();
      await driven(made.clock, stopping);
      await asked;
      expect(openToken(sealer, await row(), 'refreshToken').reveal()).to.equal(made.server.current());
      expect(problemOf(await made.ask()).text).to.contain('stopping');
    });

    it('does not wait for longer than it is told to, and writes down no failure of its own making', async () => {
      const made = await authorized();
      made.clock.advance(HOUR);
      const answered = Promise.withResolvers<void>();
      made.server.hold = answered.promise;
      const asked = made.source.token({ upstream: made.upstream });
      await driven(
        made.clock,
        waitFor(() => Promise.resolve(made.server.requests === 1)),
      );
      const from = made.clock.monotonic();
      await driven(made.clock, made.source.stop(2000), 100);
      expect(made.clock.monotonic() - from).to.be.within(2000, 3000);
      expect((await row()).failure).to.equal(undefined);
      answered.resolve();
      await driven(made.clock, asked);
    });

    it('lets one asker give up without harm to the others', async () => {
      const made = await authorized();
      made.clock.advance(HOUR);
      const answered = Promise.withResolvers<void>();
      made.server.hold = answered.promise;
      const gone = new AbortController();
      const first = made.source.token({ upstream: made.upstream, signal: gone.signal });
      const second = made.source.token({ upstream: made.upstream });
      gone.abort();
      expect(problemOf(await first).text).to.contain('given up');
      answered.resolve();
      tokenText(await driven(made.clock, second));
      expect(
        problemOf(await made.source.token({ upstream: made.upstream, signal: gone.signal })).kind,
      ).to.equal('unavailable');
    });
  });

  describe('a token that a server refused', () => {
    it('is replaced once, and the fresh one is not replaced again at once', async () => {
      const made = await authorized();
      const request = { upstream: made.upstream };
      made.source.refused(request, secretOf(tokenText(await made.ask())));
      expect(tokenText(await made.ask())).to.contain('Access2');
      for (let count = 0; count < 10; count += 1) {
        made.source.refused(request, secretOf(tokenText(await made.ask())));
        expect(tokenText(await made.ask())).to.contain('Access2');
      }
      expect(made.server.requests).to.equal(1);
      made.clock.advance(31 * SECOND);
      made.source.refused(request, secretOf(tokenText(await made.ask())));
      expect(tokenText(await made.ask())).to.contain('Access3');
    });

    it('changes nothing when it was replaced already', async () => {
      const made = await authorized();
      const old = secretOf(tokenText(await made.ask()));
      made.clock.advance(50 * MINUTE);
      expect(tokenText(await made.ask())).to.contain('Access2');
      made.source.refused({ upstream: made.upstream }, old);
      expect(tokenText(await made.ask())).to.contain('Access2');
    });

    it('is not used while no other can be got', async () => {
      const made = await authorized();
      made.server.failing = failure('unreachable', 'It is down.');
      made.source.refused({ upstream: made.upstream }, secretOf(tokenText(await made.ask())));
      expect(problemOf(await made.ask()).reason).to.equal('unreachable');
    });

    it('is used again when the provider has no other', async () => {
      const made = await authorized();
      made.server.sameToken = true;
      made.source.refused({ upstream: made.upstream }, secretOf(tokenText(await made.ask())));
      for (let count = 0; count < 5; count += 1) expect(tokenText(await made.ask())).to.contain('Access1');
      expect(made.server.requests).to.equal(1);
    });
  });

  describe('a grant that the provider calls void', () => {
    it('is tried three times over minutes, then hourly; never deleted; a new consent ends it', async () => {
      const made = await authorized();
      const stored = (await row()).refreshToken;
      made.clock.advance(HOUR);
      made.server.failing = invalidGrant();
      for (const [requests, pause] of [
        [1, 30 * SECOND],
        [2, 2 * MINUTE],
      ] as const) {
        expect(problemOf(await made.ask()).text).to.equal('The grant was revoked.');
        expect(problemOf(await made.ask())).to.include({ reason: 'authentication', unsure: true });
        expect(made.server.requests).to.equal(requests);
        made.clock.advance(pause);
      }
      for (let hour = 0; hour < 5; hour += 1) {
        for (let minute = 0; minute < 60; minute += 1) {
          const problem = problemOf(await made.ask());
          expect(problem.text).to.contain('does not accept the authorization of upstream office any more');
          expect(problem).not.to.have.property('unsure');
          expect(problem.remedy).to.contain('scripts/postern authorize office');
          made.clock.advance(MINUTE);
        }
      }
      expect(made.server.requests).to.be.within(7, 8);
      expect(made.alerts.told).to.deep.equal([]);
      expect((await row()).refreshToken).to.equal(stored);
      made.server.failing = undefined;
      await made.consent();
      tokenText(await made.ask());
      expect(await row()).to.not.have.property('failure');
    });

    it('is remembered over a restart, and taken again when it was only for a time', async () => {
      const made = await authorized();
      made.clock.advance(HOUR);
      made.server.failing = invalidGrant();
      for (const pause of [31 * SECOND, 3 * MINUTE, MINUTE]) {
        problemOf(await made.ask());
        made.clock.advance(pause);
      }
      const second = bench({ clock: made.clock, server: made.server });
      expect(problemOf(await second.ask()).text).to.contain('any more');
      expect(made.server.requests).to.equal(3);
      made.server.failing = undefined;
      made.clock.advance(HOUR);
      tokenText(await second.ask());
    });

    it('leaves the living token in use, and tells once what is coming', async () => {
      const made = await authorized();
      tokenText(await made.ask());
      made.clock.advance(50 * MINUTE);
      made.server.failing = invalidGrant();
      for (const pause of [31 * SECOND, 3 * MINUTE]) {
        expect(tokenText(await made.ask())).to.contain('Access1');
        expect(made.alerts.told).to.deep.equal([]);
        made.clock.advance(pause);
      }
      for (let count = 0; count < 3; count += 1) expect(tokenText(await made.ask())).to.contain('Access1');
      expect(made.alerts.told).to.have.lengthOf(1);
      expect(made.alerts.told[0]).to.include({ key: 'authorization office', level: 'critical' });
      made.clock.advance(10 * MINUTE);
      problemOf(await made.ask());
      expect(made.alerts.told).to.have.lengthOf(1);
      made.server.failing = undefined;
      await made.consent();
      tokenText(await made.ask());
      expect(made.alerts.standing.size).to.equal(0);
    });

    it('is told when nobody has sent mail for a week', async () => {
      const made = await authorized();
      made.source.start();
      made.server.failing = invalidGrant();
      for (let hour = 0; hour < 10 * 24 && made.alerts.told.length === 0; hour += 1) {
        made.clock.advance(HOUR);
        const seen = made.clock.now();
        await driven(
          made.clock,
          waitFor(async () => (await row()) !== undefined && made.clock.now() > seen),
        );
      }
      expect(made.alerts.told).to.have.lengthOf(1);
      expect(made.alerts.told[0]).to.include({ key: 'authorization office', level: 'critical' });
      await made.stop();
    });
  });

  describe('a store that fails', () => {
    for (const late of [false, true]) {
      it(`loses no rotated token${late ? ', nor when only the word of the store was lost' : ''}`, async () => {
        const { state, storage } = breakable(store.authorizations);
        const made = await authorized({ storage });
        state.broken = true;
        state.late = late;
        made.clock.advance(50 * MINUTE);
        expect(tokenText(await made.ask())).to.contain('Access2');
        expect([...made.alerts.standing.keys()]).to.deep.equal(['authorization office store']);
        made.clock.advance(50 * MINUTE);
        expect(tokenText(await made.ask())).to.contain('Access3');
        state.broken = false;
        await driven(
          made.clock,
          waitFor(async () => made.alerts.standing.size === 0),
          100,
        );
        expect(openToken(sealer, await row(), 'refreshToken').reveal()).to.equal(made.server.current());
        made.clock.advance(50 * MINUTE);
        expect(tokenText(await made.ask())).to.contain('Access4');
        expect(made.server.requests).to.equal(3);
      });
    }

    it('is nobody’s concern any more when the upstream has left the settings', async () => {
      const { state, storage } = breakable(store.authorizations);
      const made = await authorized({ storage });
      state.broken = true;
      made.clock.advance(50 * MINUTE);
      tokenText(await made.ask());
      expect(made.alerts.standing.size).to.equal(1);
      made.settings.set();
      expect(made.alerts.standing.size).to.equal(0);
      state.broken = false;
    });

    it('is tried a last time when Postern stops', async () => {
      const { state, storage } = breakable(store.authorizations);
      const made = await authorized({ storage });
      state.broken = true;
      made.clock.advance(50 * MINUTE);
      expect(tokenText(await made.ask())).to.contain('Access2');
      state.broken = false;
      await made.stop();
      expect(openToken(sealer, await row(), 'refreshToken').reveal()).to.equal(made.server.current());
    });

    it('is said when it cannot be read', async () => {
      const made = await authorized({
        storage: {
          ...store.authorizations,
          find: () => Promise.reject(new RelayError('store-unavailable', 'The database does not answer.')),
          save: (authorization, after) => store.authorizations.save(authorization, after),
        },
      }).catch(() => undefined);
      expect(made).to.equal(undefined);
      const broken = bench({
        storage: {
          ...store.authorizations,
          find: () => Promise.reject(new RelayError('store-unavailable', 'The database does not answer.')),
        },
      });
      expect(problemOf(await broken.ask())).to.include({ reason: 'unreachable' });
      expect(problemOf(await broken.ask()).text).to.contain('The database does not answer.');
    });
  });

  describe('applications', () => {
    it('need no consent, and share their token by the row', async () => {
      const upstream = oauthUpstream({ flow: 'client-credentials' });
      const first = bench({ upstream });
      expect(tokenText(await first.ask())).to.contain('Access1');
      const second = bench({ upstream, clock: first.clock, server: first.server, holder: 'second' });
      expect(tokenText(await second.ask())).to.contain('Access1');
      expect(first.server.requests).to.equal(1);
      expect(await row()).to.not.have.property('refreshToken');
    });

    it('have a token for each mailbox, whatever its capitals', async () => {
      const upstream = oauthUpstream({ flow: 'service-account', mailbox: 'Default@example.com' });
      const made = bench({ upstream });
      tokenText(await made.ask());
      tokenText(await made.ask('a@example.com'));
      tokenText(await made.ask('A@example.com'));
      tokenText(await made.ask('default@example.com'));
      expect(made.server.mailboxes).to.deep.equal(['default@example.com', 'a@example.com']);
    });

    it('let one sender without a mailbox be refused without word to everybody', async () => {
      const upstream = oauthUpstream({ flow: 'service-account', mailbox: 'default@example.com' });
      const made = bench({ upstream });
      made.server.failures.push(invalidGrant());
      problemOf(await made.ask('nobody@example.com'));
      problemOf(await made.ask('nobody@example.com'));
      expect(made.server.requests).to.equal(1);
      tokenText(await made.ask());
      expect(made.alerts.told).to.deep.equal([]);
      made.server.failures.push(failure('authentication', 'The key was deleted.'));
      made.clock.advance(HOUR);
      problemOf(await made.ask());
    });

    it('are tried out with settings that are not in force without touching what is in use', async () => {
      const upstream = oauthUpstream({ flow: 'client-credentials' });
      const made = bench({ upstream });
      tokenText(await made.ask());
      const before = await row();
      const draft = oauthUpstream({ flow: 'client-credentials', clientId: 'draft' });
      tokenText(await driven(made.clock, made.source.token({ upstream: draft })));
      expect(await row()).to.deep.equal(before);
      expect(tokenText(await made.ask())).to.contain('Access1');
    });
  });

  it('repeats nothing of an error that nobody expected', async () => {
    const made = await authorized();
    made.clock.advance(HOUR);
    made.server.onAnswer = () => {
      throw new TypeError('cannot read PLANTEDword of the answer');
    };
    const problem = problemOf(await made.ask());
    expect(problem).to.include({ reason: 'unreachable' });
    expect(made.log.text()).to.contain('asking for a token failed').and.to.contain('TypeError');
    expect(made.log.text() + JSON.stringify(problem)).to.not.contain('PLANTED');
  });

  it('says what to do when the master key is another one', async () => {
    const made = await authorized();
    const stored = await row();
    const broken = { ...stored, refreshToken: `v1.0123456789abcdef.${'A'.repeat(60)}` };
    await store.authorizations.save(broken, stored.version);
    made.clock.advance(HOUR);
    const problem = problemOf(await made.ask());
    expect(problem).to.include({ reason: 'configuration' });
    expect(problem.remedy).to.contain('master key');
    expect(made.server.requests).to.equal(0);
  });

  it('writes no token anywhere in clear', async () => {
    const alerts = recordedAlerts();
    const made = await authorized({ alerts });
    for (let count = 0; count < 4; count += 1) {
      made.clock.advance(50 * MINUTE);
      tokenText(await made.ask());
    }
    made.source.refused({ upstream: made.upstream }, secretOf(tokenText(await made.ask())));
    made.server.failing = invalidGrant();
    made.clock.advance(HOUR);
    const problem = problemOf(await made.ask());
    const files = await readdir(directory.path);
    expect(files.some((file) => file.endsWith('-wal'))).to.equal(true);
    for (const file of files) {
      const text = (await readFile(`${directory.path}/${file}`)).toString('latin1');
      expect(text, file).to.not.contain('PLANTED');
    }
    for (const text of [
      made.log.text(),
      JSON.stringify(alerts.told),
      JSON.stringify(problem),
      await made.metrics.text(),
    ]) {
      expect(text).to.not.contain('PLANTED');
    }
  });
});

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 5000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const secretOf = (text: string) => new Secret(text);

/** The store, whose saves fail while `broken`; `late` saves are done and fail all the same. */
function breakable(stored: AuthorizationStorage) {
  const state = { broken: false, late: false };
  const storage: AuthorizationStorage = {
    ...stored,
    async save(authorization, after) {
      if (state.broken && !state.late) throw new RelayError('store-unavailable', 'The disk is gone.');
      const saved = await stored.save(authorization, after);
      if (state.broken) throw new RelayError('store-unavailable', 'The disk is gone.');
      return saved;
    },
  };
  return { state, storage };
}

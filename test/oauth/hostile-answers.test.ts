import { inspect } from 'node:util';
import { expect } from 'chai';
import type { ProviderFailure } from '../../src/oauth/provider.ts';
import { Secret } from '../../src/shared/secret.ts';
import { makeSelfSigned } from '../support/certificates.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startTokenServer, type TokenReaction, type TokenServer } from '../support/token-server.ts';
import { failureOf, providerFor } from './support-provider.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const PROVIDERS = ['microsoft', 'google', 'generic'] as const;

/** Says back everything that it was sent, in the ways that servers and proxies do. */
const echo =
  (status: number, wrap: (text: string) => object | string): TokenReaction =>
  (response, { form, headers }) => {
    const parts = [...form.values(), form.toString(), headers.authorization ?? ''];
    const body = wrap(parts.join(' ').slice(0, 3500));
    response.writeHead(status, {
      'content-type': typeof body === 'string' ? 'text/html' : 'application/json',
    });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

describe('hostile answers of a token endpoint', () => {
  let server: TokenServer;
  before(async () => {
    server = await startTokenServer();
  });
  after(() => server.close());

  const typedFor = (provider: string, more: object = {}) => ({
    provider,
    clientId: 'the-client',
    tenantId: provider === 'microsoft' ? 'contoso.example' : undefined,
    email: 'relay@example.com',
    tokenEndpoint: `${server.url}/token`,
    deviceAuthorizationEndpoint: `${server.url}/devicecode`,
    ...more,
  });
  const refreshed = (provider: string, reaction: TokenReaction, clock = new ManualClock()) => {
    server.react(reaction);
    return providerFor(server.http, typedFor(provider), { clock }).refresh(new Secret('old'));
  };

  /** Not a token, whoever says so: none of them may come out as one. */
  const NO_TOKENS: readonly (readonly [string, TokenReaction])[] = [
    ['an empty object', { body: {} }],
    ['an empty token', { body: { access_token: '', refresh_token: 'x' } }],
    ['a token that is a number', { body: { access_token: 12 } }],
    ['a token that is an object', { body: { access_token: { toString: 'x' } } }],
    ['a token with a line end', { body: { access_token: 'abc\r\nMAIL FROM:<>' } }],
    ['a token with a NUL', { body: { access_token: 'abc\0' } }],
    ['a token with an escape', { body: { access_token: 'abc\u001b[2J' } }],
    ['a token with a space', { body: { access_token: 'abc def' } }],
    ['a token beyond ASCII', { body: { access_token: 'abcé' } }],
    ['a token of 100 kB', { body: { access_token: 'a'.repeat(100_000) } }],
    ['a token of another type', { body: { access_token: 'abc', token_type: 'mac' } }],
    ['a list', { body: [{ access_token: 'abc' }] }],
    ['a page', { body: '<html>{"access_token":"abc"}</html>' }],
    ['nothing', { body: '' }],
    ['half of it', { headers: { 'content-type': 'application/json' }, body: '{"access_token":"ab' }],
    ['a token with status 201', { status: 201, body: { access_token: 'abc' } }],
    ['a token with status 302', { status: 302, body: { access_token: 'abc' }, headers: { location: '/x' } }],
    ['a token with status 500', { status: 500, body: { access_token: 'abc' } }],
    ['a token beside an error', { body: { access_token: 'abc', error: 'server_error' } }],
    [
      'a body without end',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const more = () => {
          while (!response.destroyed && response.write(' '.repeat(16_384)));
        };
        response.on('drain', more);
        more();
      },
    ],
    ['a cut connection', (response) => response.destroy()],
    [
      'a connection cut in the body',
      (response) => {
        response.writeHead(200, { 'content-length': '500' });
        response.write('{"access_token":"abc"', () => response.destroy());
      },
    ],
  ];

  for (const provider of PROVIDERS) {
    for (const [what, reaction] of NO_TOKENS) {
      it(`${provider}: ${what} is no token, and no fault of the credentials`, async () => {
        const failure = await failureOf(refreshed(provider, reaction));
        expect(failure.problem.reason).to.be.oneOf(['unreachable', 'configuration']);
        expect(failure.final).to.equal(false);
      });
    }

    it(`${provider}: takes a token whatever the content type`, async () => {
      const body = JSON.stringify({ access_token: 'abc' });
      for (const type of [
        'text/plain',
        'text/html',
        'application/octet-stream',
        'application/json;charset=x',
      ]) {
        const grant = await refreshed(provider, { headers: { 'content-type': type }, body });
        expect(grant.accessToken.reveal()).to.equal('abc');
      }
    });
  }

  for (const [says, life] of [
    [5, 5_000],
    ['3599', 3_599_000],
    [0.5, 500],
    [0, HOUR],
    [-1, HOUR],
    ['-1', HOUR],
    ['soon', HOUR],
    [null, HOUR],
    [undefined, HOUR],
    [{}, HOUR],
    [1e300, 7 * DAY],
    ['99999999999999999999', HOUR],
    [31_536_000, 7 * DAY],
  ] as const) {
    it(`expires_in ${JSON.stringify(says)} is ${life} ms`, async () => {
      const clock = new ManualClock();
      const grant = await refreshed('generic', { body: { access_token: 'abc', expires_in: says } }, clock);
      expect(grant.expiresAt - clock.now()).to.equal(life);
    });
  }

  it('a refresh token that could break a line is not kept', async () => {
    const grant = await refreshed('generic', { body: { access_token: 'abc', refresh_token: 'x\r\ny' } });
    expect(grant).to.not.have.property('refreshToken');
  });

  it('10 kB of escapes as error_description come out short, on one line and harmless', async () => {
    const words = '\u001b]0;owned\u0007\u001b[31m\u202e\r\n250 OK '.repeat(400);
    for (const provider of PROVIDERS) {
      const body = { error: 'invalid_grant', error_description: words };
      const { problem } = await failureOf(refreshed(provider, { status: 400, body }));
      expect(problem.reply?.text.length).to.be.within(1, 500);
      expect(JSON.stringify(problem)).to.not.match(/[\p{Cc}\u202e]/u);
      expect(problem.reply?.text).to.not.match(/\p{Cc}/u);
    }
  });

  it('an error code that is no code is not handed on', async () => {
    for (const error of ['a b', '\u001b[2J', 'x'.repeat(1000), 5, {}, []]) {
      const failure = await failureOf(refreshed('generic', { status: 400, body: { error } }));
      expect(failure.error).to.equal('unknown_error');
    }
  });

  it('a device code that leads a person astray is not handed on', async () => {
    const good = { device_code: 'd', user_code: 'ABCD', verification_uri: 'https://example.com/device' };
    const one = providerFor(server.http, typedFor('generic', { flow: 'device-code' }));
    for (const bad of [
      { verification_uri: 'javascript:alert(1)' },
      { verification_uri: 'file:///etc/passwd' },
      { verification_uri: 'https://example.com/\u001b[2J' },
      { verification_uri: undefined },
      { user_code: 'AB\r\nCD' },
      { user_code: 'A'.repeat(1000) },
      { device_code: '' },
    ]) {
      server.react({ body: { ...good, ...bad } });
      expect((await failureOf(one.startDevice())).problem.reason).to.equal('unreachable');
    }
    server.react({
      body: { ...good, verification_uri_complete: 'javascript:x', interval: 1e9, expires_in: -5 },
    });
    const code = await one.startDevice();
    expect(code).to.not.have.property('verificationUriComplete');
    expect(code).to.include({ interval: 60_000, expiresIn: 900_000 });
  });

  describe('no secret and no token in a failure', () => {
    const PLANTED = {
      secret: 'planted-client-secret+%/é"< planted',
      refresh: 'planted-refresh-token',
      code: 'planted-code',
      verifier: 'planted-verifier',
      device: 'planted-device-code',
      assertion: 'planted-head.planted-body.planted-sign',
    };
    let rsa: { certificate: string; key: string };
    before(async () => {
      rsa = await makeSelfSigned({ keyType: 'rsa' });
    });

    const ECHOES: readonly TokenReaction[] = [
      echo(400, (text) => ({ error: 'invalid_client', error_description: text })),
      echo(401, (text) => ({ error: text })),
      echo(500, (text) => ({ error: 'server_error', error_description: text })),
      echo(400, (text) => `<html><title>${text}</title></html>`),
      echo(403, (text) => `bad request: ${text}`),
      echo(200, (text) => ({ access_token: `bad token ${text}`, scope: text })),
      (response) => response.destroy(),
    ];

    const planted = () => [
      ...Object.values(PLANTED),
      encodeURIComponent(PLANTED.secret),
      'planted',
      rsa.key.split('\n')[3] ?? '',
    ];
    const expectClean = (failure: ProviderFailure): void => {
      const everything =
        inspect(failure, { depth: 20, showHidden: true, getters: true }) + JSON.stringify(failure);
      for (const secret of planted()) {
        expect(everything).to.not.contain(secret);
        expect(everything).to.not.contain(Buffer.from(secret).toString('base64').replaceAll('=', ''));
      }
      // A signed assertion proves the application for minutes.
      expect(everything).to.not.match(/eyJ[\w-]{10}/);
      expect(failure.cause).to.equal(undefined);
    };

    const credentials: Readonly<Record<string, () => object>> = {
      'microsoft secret': () => ({ provider: 'microsoft', clientSecret: { value: PLANTED.secret } }),
      'microsoft certificate': () => ({
        provider: 'microsoft',
        clientCertificate: { value: rsa.certificate + rsa.key },
      }),
      'microsoft assertion': () => ({ provider: 'microsoft', clientAssertion: { value: PLANTED.assertion } }),
      'google secret': () => ({ provider: 'google', clientSecret: { value: PLANTED.secret } }),
      'google service account': () => ({
        provider: 'google',
        flow: 'service-account',
        serviceAccount: {
          value: JSON.stringify({
            type: 'service_account',
            client_email: 'x@y.iam.gserviceaccount.com',
            private_key: rsa.key,
          }),
        },
      }),
      'generic post': () => ({ provider: 'generic', clientSecret: { value: PLANTED.secret } }),
      'generic basic': () => ({
        provider: 'generic',
        clientAuthentication: 'basic',
        clientSecret: { value: PLANTED.secret },
      }),
    };
    for (const [name, settings] of Object.entries(credentials)) {
      it(`${name}: however the server says it back`, async () => {
        const typed = typedFor('', settings());
        const one = providerFor(server.http, typed);
        const device = { userCode: '', verificationUri: '', expiresIn: 1, interval: 1 };
        const calls = [
          () => one.refresh(new Secret(PLANTED.refresh)),
          () =>
            one.redeemCode({
              code: PLANTED.code,
              codeVerifier: new Secret(PLANTED.verifier),
              redirectUri: 'https://relay.example.com/x',
            }),
          () => one.applicationToken(),
          () => one.pollDevice({ ...device, deviceCode: new Secret(PLANTED.device) }),
        ];
        server.seen.length = 0;
        for (const reaction of ECHOES) {
          server.react(reaction);
          for (const call of calls) expectClean(await failureOf(call()));
        }
        const sent = server.seen.map(({ form }) => form.toString()).join();
        expect(sent).to.contain(PLANTED.refresh).and.to.contain(PLANTED.device);
      });
    }
  });
});

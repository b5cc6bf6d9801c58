import { createPrivateKey, createVerify, verify, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { Secret } from '../../src/shared/secret.ts';
import { makeSelfSigned } from '../support/certificates.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startTokenServer, type TokenServer } from '../support/token-server.ts';
import { failureOf, HARD_SECRET, providerFor } from './support-provider.ts';

const REDIRECT = 'https://relay.example.com/login/smtp-verification';
const CODE = { code: 'the+code/1', codeVerifier: new Secret('the-verifier'), redirectUri: REDIRECT };
const CONSENT = { redirectUri: REDIRECT, state: 'the state', codeChallenge: 'the-challenge' };

const idToken = (claims: object): string =>
  ['{"alg":"RS256"}', JSON.stringify(claims), 'x']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

/** A part of a JSON Web Token. */
const decoded = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
const formDecoded = (text: string) => new URLSearchParams(`x=${text}`).get('x');

const TOKENS = {
  token_type: 'Bearer',
  access_token: 'new-access',
  refresh_token: 'new-refresh',
  expires_in: 3599,
  scope: 'https://outlook.office.com/SMTP.Send',
  id_token: idToken({ preferred_username: 'relay@example.com', sub: '1' }),
};

describe('providers', () => {
  let server: TokenServer;
  before(async () => {
    server = await startTokenServer();
  });
  beforeEach(() => {
    server.seen.length = 0;
    server.react({ body: TOKENS });
  });
  after(() => server.close());

  /** The same fields as an administrator types them for each provider, at our server. */
  const typedFor = (provider: string, more: object = {}) => ({
    provider,
    clientId: 'the-client',
    clientSecret: { value: HARD_SECRET },
    email: 'relay@example.com',
    authorizationEndpoint: `${server.url}/contoso/oauth2/v2.0/authorize`,
    tokenEndpoint: `${server.url}/contoso/oauth2/v2.0/token`,
    deviceAuthorizationEndpoint: `${server.url}/contoso/oauth2/v2.0/devicecode`,
    ...more,
  });

  const makerOf =
    (provider: string) =>
    (more: object = {}, deps: Parameters<typeof providerFor>[2] = {}) =>
      providerFor(server.http, typedFor(provider, more), deps);

  for (const provider of ['microsoft', 'google', 'generic']) {
    describe(`every provider: ${provider}`, () => {
      const made = makerOf(provider);

      it('opens the consent page with PKCE, state, and the account that is meant', async () => {
        const url = new URL(await made().authorizationUrl(CONSENT));
        expect(`${url.origin}${url.pathname}`).to.equal(`${server.url}/contoso/oauth2/v2.0/authorize`);
        expect(Object.fromEntries(url.searchParams)).to.include({
          client_id: 'the-client',
          response_type: 'code',
          redirect_uri: REDIRECT,
          state: 'the state',
          code_challenge: 'the-challenge',
          code_challenge_method: 'S256',
          login_hint: 'relay@example.com',
        });
        expect(server.seen).to.have.length(0);
      });

      it('keeps what stands in a typed authorization endpoint', async () => {
        const typed = { authorizationEndpoint: `${server.url}/authorize?policy=a%20b` };
        const url = new URL(await made(typed).authorizationUrl(CONSENT));
        expect(url.searchParams.get('policy')).to.equal('a b');
        expect(url.searchParams.get('state')).to.equal('the state');
        expect(url.href.match(/\?/g)).to.have.length(1);
      });

      it('redeems a code in one request, with a secret of hard characters whole', async () => {
        const clock = new ManualClock();
        const grant = await made({}, { clock }).redeemCode(CODE);
        expect(server.seen).to.have.length(1);
        expect(server.seen[0]?.path).to.match(
          /^\/contoso\/oauth2\/v2\.0\/token(\?client-request-id=[\w-]+)?$/,
        );
        expect(server.form()).to.include({
          grant_type: 'authorization_code',
          client_id: 'the-client',
          client_secret: HARD_SECRET,
          code: 'the+code/1',
          code_verifier: 'the-verifier',
          redirect_uri: REDIRECT,
        });
        expect(grant.accessToken.reveal()).to.equal('new-access');
        expect(grant.refreshToken?.reveal()).to.equal('new-refresh');
        expect(grant.expiresAt).to.equal(clock.now() + 3_599_000);
        expect(grant.scopes).to.equal('https://outlook.office.com/SMTP.Send');
        expect(grant.account).to.equal('relay@example.com');
      });

      it('refreshes with what it is given and hands on what comes, twice in a row', async () => {
        const one = made();
        for (const old of ['old-1', 'old-2']) {
          server.react({ body: { ...TOKENS, refresh_token: `after-${old}` } });
          const grant = await one.refresh(new Secret(old));
          expect(server.form()).to.include({
            grant_type: 'refresh_token',
            refresh_token: old,
            client_secret: HARD_SECRET,
          });
          expect(grant.refreshToken?.reveal()).to.equal(`after-${old}`);
        }
        expect(server.seen).to.have.length(2);
      });

      it('takes an answer without a new refresh token', async () => {
        server.react({ body: { access_token: 'only', expires_in: 60 } });
        const grant = await made().refresh(new Secret('old'));
        expect(grant).to.not.have.property('refreshToken');
      });

      it('keeps a rotated refresh token although the id token is nonsense', async () => {
        server.react({ body: { ...TOKENS, id_token: 'no token at all', client_info: '%%%' } });
        expect((await made().refresh(new Secret('old'))).refreshToken?.reveal()).to.equal('new-refresh');
      });

      it('signs in by device code in two raw steps', async () => {
        const device = {
          device_code: 'the-device-code',
          user_code: 'ABCD-EFGH',
          verification_uri: `${server.url}/device`,
          expires_in: 900,
          interval: 5,
        };
        server.react({ body: device });
        const one = made({ flow: 'device-code' });
        const code = await one.startDevice();
        expect(server.seen[0]?.path).to.equal('/contoso/oauth2/v2.0/devicecode');
        expect(server.form()).to.include({ client_id: 'the-client' });
        expect(code).to.include({ userCode: 'ABCD-EFGH', expiresIn: 900_000, interval: 5000 });

        server.react({ status: 400, body: { error: 'authorization_pending' } });
        expect(await one.pollDevice(code)).to.deep.equal({ kind: 'pending' });
        server.react({ status: 403, body: { error: 'slow_down' } });
        expect(await one.pollDevice(code)).to.deep.equal({ kind: 'slow-down' });
        server.react({ body: TOKENS });
        const poll = await one.pollDevice(code);
        expect(poll.kind === 'granted' && poll.grant.refreshToken?.reveal()).to.equal('new-refresh');
        expect(server.form()).to.include({
          grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
          device_code: 'the-device-code',
          client_secret: HARD_SECRET,
        });
        server.react({ status: 400, body: { error: 'expired_token' } });
        const failure = await failureOf(one.pollDevice(code));
        expect(failure.final).to.equal(true);
        expect(failure.problem.remedy).to.contain('postern authorize office');
      });

      it('is a public client where there is no secret', async () => {
        await made({ clientSecret: undefined }).redeemCode(CODE);
        expect(server.form()).to.include({ client_id: 'the-client' });
        expect(server.form()).to.not.have.any.keys('client_secret', 'client_assertion');
      });

      it('asks once, whatever comes', async () => {
        for (const status of [400, 429, 500, 503]) {
          server.seen.length = 0;
          server.react({
            status,
            headers: { 'retry-after': '0' },
            body: { error: 'temporarily_unavailable' },
          });
          await failureOf(made().refresh(new Secret('old')));
          expect(server.seen, String(status)).to.have.length(1);
        }
      });

      it('says so when a secret cannot be read, and asks nobody', async () => {
        const failure = await failureOf(made({ clientSecret: { file: '/gone' } }).refresh(new Secret('old')));
        expect(failure.problem.reason).to.equal('configuration');
        expect(failure.problem.text).to.contain('the secret file /gone cannot be read');
        expect(server.seen).to.have.length(0);
      });

      it('ends after 20 seconds when nobody answers', async () => {
        const clock = new ManualClock();
        const asked = new Promise<void>((resolve) => server.react(() => resolve()));
        const call = failureOf(made({}, { clock }).refresh(new Secret('old')));
        await asked;
        clock.advance(20_000);
        expect((await call).problem).to.include({ reason: 'unreachable' });
        expect(clock.pending).to.equal(0);
      });
    });
  }

  describe('microsoft', () => {
    const made = makerOf('microsoft');
    const application = (more: object = {}) =>
      made({ flow: 'client-credentials', mailbox: 'relay@example.com', ...more }).applicationToken();

    it('asks for the right to send, and to stay signed in', async () => {
      await made().redeemCode(CODE);
      const scopes = server.form()['scope']?.split(' ');
      expect(scopes).to.include.members(['https://outlook.office.com/SMTP.Send', 'offline_access', 'openid']);
      await made({}, { purpose: 'graph' }).redeemCode(CODE);
      expect(server.form()['scope']).to.contain('https://graph.microsoft.com/Mail.Send');
    });

    it('lets the account choose itself where none was named', async () => {
      const url = new URL(await made({ email: undefined }).authorizationUrl(CONSENT));
      expect(url.searchParams.get('prompt')).to.equal('select_account');
    });

    it('knows every cloud by the tenant alone', async () => {
      const hosts = {
        global: 'login.microsoftonline.com',
        'us-government': 'login.microsoftonline.us',
        'us-government-dod': 'login.microsoftonline.us',
        china: 'login.partner.microsoftonline.cn',
      };
      for (const [cloud, host] of Object.entries(hosts)) {
        const typed = { provider: 'microsoft', clientId: 'app', tenantId: 'contoso.example', cloud };
        const url = new URL(await providerFor(server.http, typed).authorizationUrl(CONSENT));
        expect(`${url.origin}${url.pathname}`).to.equal(
          `https://${host}/contoso.example/oauth2/v2.0/authorize`,
        );
      }
    });

    it('fills in the consent page from a typed token endpoint', async () => {
      const one = made({ authorizationEndpoint: undefined });
      expect(await one.authorizationUrl(CONSENT)).to.match(
        /^https:\/\/127\.0\.0\.1:\d+\/contoso\/oauth2\/v2\.0\/authorize\?/,
      );
    });

    it('uses endpoints of different tenants and shapes exactly as typed', async () => {
      const one = made({
        tenantId: 'contoso.example',
        authorizationEndpoint: `${server.url}/common/oauth2/v2.0/authorize`,
        tokenEndpoint: `${server.url}/a/b/c`,
      });
      expect(await one.authorizationUrl(CONSENT)).to.contain('/common/oauth2/v2.0/authorize?');
      await one.redeemCode(CODE);
      expect(server.seen[0]?.path).to.match(/^\/a\/b\/c(\?|$)/);
    });

    it('gets a token for the application with its secret', async () => {
      await application();
      expect(server.form()).to.include({
        grant_type: 'client_credentials',
        scope: 'https://outlook.office365.com/.default',
        client_secret: HARD_SECRET,
      });
    });

    it('gets a new token for the application each time: nothing stays in a cache', async () => {
      await application();
      await application();
      expect(server.seen).to.have.length(2);
    });

    it('proves itself with a certificate, for MSAL and for device codes alike', async () => {
      const { certificate, key } = await makeSelfSigned({ keyType: 'rsa', commonName: 'relay' });
      const x509 = new X509Certificate(certificate);
      const withCertificate = { clientSecret: undefined, clientCertificate: { value: key + certificate } };
      const device = made({ flow: 'device-code', ...withCertificate });
      const code = {
        deviceCode: new Secret('d'),
        userCode: '',
        verificationUri: '',
        expiresIn: 1,
        interval: 1,
      };
      for (const ask of [() => application(withCertificate), () => device.pollDevice(code)]) {
        await ask();
        const form = server.form();
        expect(form['client_assertion_type']).to.equal(
          'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        );
        const [header = '', payload = '', signature = ''] = form['client_assertion']?.split('.') ?? [];
        const thumbprint = Buffer.from(x509.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
        expect(decoded(header)).to.include({ alg: 'PS256', 'x5t#S256': thumbprint });
        expect(decoded(payload)).to.include({
          iss: 'the-client',
          sub: 'the-client',
          aud: `${server.url}/contoso/oauth2/v2.0/token`,
        });
        const pss = { key: x509.publicKey, padding: 6, saltLength: 32 };
        const isSigned = verify(
          'sha256',
          Buffer.from(`${header}.${payload}`),
          pss,
          Buffer.from(signature, 'base64url'),
        );
        expect(isSigned).to.equal(true);
        expect(form).to.not.have.property('client_secret');
      }
    });

    it('says what is wrong with a certificate, without showing any of it', async () => {
      const rsa = await makeSelfSigned({ keyType: 'rsa' });
      const other = await makeSelfSigned({ keyType: 'rsa' });
      const ecdsa = await makeSelfSigned();
      for (const [pem, words] of [
        ['hello', 'no certificate in PEM'],
        [rsa.certificate, 'no private key in PEM'],
        [rsa.key, 'no certificate in PEM'],
        [rsa.certificate + other.key, 'does not belong to the certificate'],
        [ecdsa.certificate + ecdsa.key, 'not RSA'],
        [`${rsa.certificate}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----`, 'cannot be read'],
      ] as const) {
        const failure = await failureOf(
          application({ clientSecret: undefined, clientCertificate: { value: pem } }),
        );
        expect(failure.problem).to.include({ reason: 'configuration' });
        expect(failure.problem.text).to.contain(words);
      }
      expect(server.seen).to.have.length(0);
    });

    it('sends a federated assertion, read anew at every use', async () => {
      const typed = { clientSecret: undefined, clientAssertion: { value: 'header.first.sign\n' } };
      await application(typed);
      expect(server.form()['client_assertion']).to.equal('header.first.sign');
    });

    it('does not ask for an application token at /common', async () => {
      const typed = { tokenEndpoint: `${server.url}/common/oauth2/v2.0/token` };
      expect((await failureOf(application(typed))).problem.remedy).to.contain('tenantId');
      expect(server.seen).to.have.length(0);
    });
  });

  describe('google', () => {
    it('asks for access while nobody is there, anew each time', async () => {
      const one = providerFor(server.http, typedFor('google'));
      const { searchParams } = new URL(await one.authorizationUrl(CONSENT));
      expect(Object.fromEntries(searchParams)).to.include({
        access_type: 'offline',
        prompt: 'consent select_account',
        scope: 'https://mail.google.com/ openid email',
      });
      const api = providerFor(server.http, typedFor('google'), { purpose: 'gmail' });
      expect(await api.authorizationUrl(CONSENT)).to.contain('gmail.send');
    });

    it('leaves the proxy of the environment alone, for the settings name the way out', async () => {
      const before = process.env['HTTPS_PROXY'];
      process.env['HTTPS_PROXY'] = '10.0.0.1:3128';
      try {
        await providerFor(server.http, typedFor('google')).refresh(new Secret('old'));
      } finally {
        if (before === undefined) delete process.env['HTTPS_PROXY'];
        else process.env['HTTPS_PROXY'] = before;
      }
      expect(server.seen).to.have.length(1);
    });

    describe('service account', () => {
      let certificate: string;
      let file: { private_key: string; [name: string]: unknown };
      before(async () => {
        const made = await makeSelfSigned({ keyType: 'rsa' });
        certificate = made.certificate;
        file = {
          type: 'service_account',
          client_email: 'postern@project.iam.gserviceaccount.com',
          client_id: '1234567890',
          private_key: made.key,
          token_uri: `${server.url}/from-file`,
        };
      });
      const account = (more: object = {}) =>
        providerFor(server.http, {
          provider: 'google',
          flow: 'service-account',
          mailbox: 'relay@example.com',
          serviceAccount: { value: JSON.stringify(file) },
          ...more,
        });

      it('signs for the mailbox, made out and sent to the typed token endpoint', async () => {
        const grant = await account({ tokenEndpoint: `${server.url}/typed` }).applicationToken(
          'other@example.com',
        );
        expect(grant.accessToken.reveal()).to.equal('new-access');
        expect(server.seen.map(({ path }) => path)).to.deep.equal(['/typed']);
        const form = server.form();
        expect(form['grant_type']).to.equal('urn:ietf:params:oauth:grant-type:jwt-bearer');
        const [header = '', payload = '', signature = ''] = form['assertion']?.split('.') ?? [];
        expect(decoded(payload)).to.include({
          iss: 'postern@project.iam.gserviceaccount.com',
          sub: 'other@example.com',
          aud: `${server.url}/typed`,
          scope: 'https://mail.google.com/',
        });
        const check = createVerify('sha256').update(`${header}.${payload}`);
        expect(check.verify(new X509Certificate(certificate).publicKey, signature, 'base64url')).to.equal(
          true,
        );
      });

      it('uses the endpoint and the mailbox of the settings and the file else', async () => {
        await account().applicationToken();
        expect(server.seen[0]?.path).to.equal('/from-file');
        const [, payload = ''] = server.form()['assertion']?.split('.') ?? [];
        expect(decoded(payload)).to.include({
          sub: 'relay@example.com',
        });
      });

      it('names client id and scope when delegation is missing', async () => {
        server.react({
          status: 401,
          body: { error: 'unauthorized_client', error_description: 'Client is unauthorized' },
        });
        const { problem } = await failureOf(account().applicationToken());
        expect(problem.reason).to.equal('configuration');
        expect(problem.remedy).to.contain('1234567890').and.to.contain('https://mail.google.com/');
      });

      it('says which file it was given instead', async () => {
        const typed = { serviceAccount: { value: '{"web":{"client_id":"x"}}' } };
        expect((await failureOf(account(typed).applicationToken())).problem.text).to.contain('OAuth client');
        const broken = {
          ...file,
          private_key: '-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----',
        };
        const failure = await failureOf(
          account({ serviceAccount: { value: JSON.stringify(broken) } }).applicationToken(),
        );
        expect(failure.problem.text).to.contain('private_key').and.not.to.contain('planted');
        expect(createPrivateKey(file.private_key).asymmetricKeyType).to.equal('rsa');
      });
    });
  });

  describe('generic', () => {
    it('sends the secret as HTTP Basic, form-encoded first (RFC 6749 section 2.3.1)', async () => {
      const typed = { clientId: 'my:client', clientAuthentication: 'basic' };
      await providerFor(server.http, typedFor('generic', typed)).redeemCode(CODE);
      const [scheme, encoded = ''] = server.seen[0]?.headers.authorization?.split(' ') ?? [];
      const pair = Buffer.from(encoded, 'base64').toString().split(':');
      expect(scheme).to.equal('Basic');
      expect(pair.map(formDecoded)).to.deep.equal(['my:client', HARD_SECRET]);
      expect(server.form()).to.not.have.property('client_secret');
    });

    it('asks with the scopes and the audience that were typed, and no others', async () => {
      const typed = {
        flow: 'client-credentials',
        scopes: 'mail.send  more',
        audience: 'https://api.example.com',
      };
      await providerFor(server.http, typedFor('generic', typed)).applicationToken();
      expect(server.form()).to.deep.equal({
        grant_type: 'client_credentials',
        client_id: 'the-client',
        client_secret: HARD_SECRET,
        scope: 'mail.send more',
        audience: 'https://api.example.com',
      });
      await providerFor(server.http, typedFor('generic', { flow: 'client-credentials' })).applicationToken();
      expect(server.form()).to.not.have.any.keys('scope', 'audience');
    });

    it('names the setting that is missing', async () => {
      const bare = providerFor(server.http, { provider: 'generic', clientId: 'app' });
      expect((await failureOf(bare.authorizationUrl(CONSENT))).problem.remedy).to.contain(
        'authorizationEndpoint',
      );
      expect((await failureOf(bare.refresh(new Secret('old')))).problem.remedy).to.contain('tokenEndpoint');
      expect((await failureOf(bare.startDevice())).problem.remedy).to.contain('deviceAuthorizationEndpoint');
    });

    it('takes the account from the answer where there is no id token', async () => {
      const one = providerFor(server.http, typedFor('generic'));
      for (const [more, account] of [
        [{ email: 'me@example.com', sub: '7' }, 'me@example.com'],
        [{ sub: '7' }, '7'],
        [{}, undefined],
        [{ email: 'x\u001b[31m@example.com' }, undefined],
      ] as const) {
        server.react({ body: { access_token: 'a', ...more } });
        expect((await one.redeemCode(CODE)).account).to.equal(account);
      }
    });
  });
});

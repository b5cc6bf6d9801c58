import { expect } from 'chai';
import type { FailureFacts } from '../../src/oauth/failures/failure-facts.ts';
import {
  failureOfAnswer,
  failureOfConnection,
  failureOfConsent,
} from '../../src/oauth/failures/token-failures.ts';
import type { NoToken } from '../../src/oauth/token-source.ts';
import { HttpFailure } from '../../src/shared/http.ts';
import { Secret } from '../../src/shared/secret.ts';
import { oauthSettings } from './support-provider.ts';

const NOW = Date.UTC(2026, 10, 2, 8);
const APP = '11111111-2222-3333-4444-555555555555';
const TENANT = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const REDIRECT = 'https://relay.example.com/login/smtp-verification';

const microsoft = { provider: 'microsoft', clientId: APP, tenantId: TENANT, email: 'relay@example.com' };
const google = { provider: 'google', clientId: 'app.apps.googleusercontent.com', email: 'relay@example.com' };
const generic = { provider: 'generic', clientId: 'app', tokenEndpoint: 'https://login.example.com/token' };

const facts = (typed: Record<string, unknown>, more: Partial<FailureFacts> = {}): FailureFacts => ({
  upstream: 'office',
  settings: oauthSettings(typed),
  ...more,
});

const answer = (status: number, body: object | string, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});

interface Row {
  readonly of: Record<string, string>;
  readonly error: string;
  readonly words: string;
  readonly codes?: readonly number[];
  readonly reason: NoToken['reason'];
  readonly final?: boolean;
  /** Each is in the text or the remedy. */
  readonly says: readonly string[];
}

const aadsts = (
  code: number,
  error: string,
  reason: NoToken['reason'],
  says: readonly string[],
  more: Partial<Row> = {},
): Row => ({
  of: microsoft,
  error,
  words: `AADSTS${code}: In the words of Microsoft. Trace ID: 0 Correlation ID: 0`,
  codes: [code],
  reason,
  says,
  ...more,
});

const VOID = { final: true };
const AGAIN = 'postern authorize office';
const APPLICATION = { of: { ...microsoft, flow: 'client-credentials', mailbox: 'relay@example.com' } };
const CREDENTIALS = `https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/${APP}`;

const ROWS: readonly Row[] = [
  aadsts(7000222, 'invalid_client', 'authentication', ['has expired', CREDENTIALS, 'clientSecretExpires']),
  aadsts(7000215, 'invalid_client', 'authentication', ['secret is wrong', 'not its Secret ID', CREDENTIALS]),
  aadsts(7000218, 'invalid_client', 'configuration', ['wants a client secret', 'Allow public client flows']),
  aadsts(700016, 'unauthorized_client', 'configuration', [APP, TENANT, 'Directory (tenant) ID']),
  aadsts(90002, 'invalid_request', 'configuration', [`no tenant ${TENANT}`, 'tenantId', 'cloud']),
  aadsts(900382, 'invalid_request', 'configuration', ['not in the cloud global', 'us-government-dod']),
  aadsts(50194, 'invalid_request', 'configuration', ['not /common', 'tenantId']),
  aadsts(700082, 'invalid_grant', 'authentication', ['not used for 90 days', AGAIN], VOID),
  aadsts(70043, 'invalid_grant', 'authentication', ['sign-in frequency', AGAIN], VOID),
  aadsts(
    50173,
    'invalid_grant',
    'authentication',
    ['password of relay@example.com was changed', AGAIN],
    VOID,
  ),
  aadsts(70008, 'invalid_grant', 'authentication', ['expired or was revoked', AGAIN], VOID),
  aadsts(54005, 'invalid_grant', 'authentication', ['already redeemed', AGAIN], VOID),
  aadsts(50126, 'invalid_grant', 'authentication', ['password of relay@example.com is wrong'], VOID),
  aadsts(50076, 'interaction_required', 'authentication', ['second factor', 'client-credentials'], VOID),
  aadsts(50079, 'invalid_grant', 'authentication', ['second factor', AGAIN], VOID),
  aadsts(53003, 'invalid_grant', 'configuration', ['Conditional Access', 'Sign-in logs']),
  aadsts(65001, 'invalid_grant', 'configuration', [`${TENANT}/adminconsent?client_id=${APP}`, 'CallAnAPI']),
  aadsts(50011, 'invalid_request', 'configuration', ['not registered', REDIRECT, 'Authentication'], VOID),
  aadsts(70011, 'invalid_scope', 'configuration', ['SMTP.Send offline_access', 'Leave out scopes']),
  aadsts(70011, 'invalid_scope', 'configuration', ['ends in /.default'], APPLICATION),
  aadsts(500011, 'invalid_resource', 'configuration', ['does not know the service', 'cloud']),
  aadsts(700027, 'invalid_client', 'authentication', ['certificate', CREDENTIALS], APPLICATION),
  aadsts(700024, 'invalid_client', 'authentication', ['time of validity', 'date -u'], APPLICATION),
  aadsts(50196, 'invalid_grant', 'throttled', ['too many token requests']),
  aadsts(90033, 'temporarily_unavailable', 'unreachable', ['passing fault']),
  {
    of: microsoft,
    error: 'invalid_request',
    words: 'The endpoint /common is not supported for such apps',
    reason: 'configuration',
    says: ['/common cannot be used'],
  },
  aadsts(987654, 'invalid_grant', 'authentication', ['expired or was revoked', AGAIN], VOID),
  aadsts(987654, 'some_new_error', 'configuration', ['AADSTS987654', 'error?code=987654']),
  {
    of: google,
    error: 'invalid_grant',
    words: 'Token has been expired or revoked.',
    reason: 'authentication',
    final: true,
    says: ['7 days', 'Testing', 'https://console.cloud.google.com/auth/audience', AGAIN],
  },
  {
    of: google,
    error: 'invalid_grant',
    words: 'reauth related error (invalid_rapt)',
    reason: 'authentication',
    final: true,
    says: ['session control', 'admin.google.com/ac/security/reauth'],
  },
  {
    of: { ...google, flow: 'service-account', mailbox: 'relay@example.com' },
    error: 'unauthorized_client',
    words: 'Client is unauthorized to retrieve access tokens using this method',
    reason: 'configuration',
    says: ['domain-wide delegation', 'https://mail.google.com/', 'domainwidedelegation'],
  },
  {
    of: { ...google, flow: 'service-account', mailbox: 'relay@example.com' },
    error: 'invalid_grant',
    words: 'Invalid email or User ID',
    reason: 'configuration',
    says: ['no mailbox relay@example.com'],
  },
  {
    of: { ...google, flow: 'service-account' },
    error: 'invalid_grant',
    words: 'Invalid JWT Signature.',
    reason: 'authentication',
    says: ['key of the service account', 'iam-admin/serviceaccounts'],
  },
  {
    of: { ...google, flow: 'service-account' },
    error: 'invalid_grant',
    words: 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.',
    reason: 'configuration',
    says: ['clock of this machine'],
  },
  {
    of: google,
    error: 'invalid_client',
    words: 'The OAuth client was not found.',
    reason: 'configuration',
    says: ['does not know the OAuth client', 'app.apps.googleusercontent.com'.slice(0, 3)],
  },
  {
    of: google,
    error: 'invalid_client',
    words: 'Unauthorized',
    reason: 'authentication',
    says: ['client secret', 'auth/clients'],
  },
  {
    of: google,
    error: 'redirect_uri_mismatch',
    words: '',
    reason: 'configuration',
    final: true,
    says: [REDIRECT],
  },
  {
    of: { ...google, flow: 'device-code' },
    error: 'invalid_scope',
    words: 'Invalid device flow scope',
    reason: 'configuration',
    says: ['no mail scopes', 'authorization-code'],
  },
  { of: generic, error: 'invalid_grant', words: '', reason: 'authentication', final: true, says: [AGAIN] },
  {
    of: generic,
    error: 'invalid_client',
    words: '',
    reason: 'authentication',
    says: ['login.example.com', 'clientAuthentication: basic or post (now: post)'],
  },
  { of: generic, error: 'invalid_scope', words: '', reason: 'configuration', says: ['Compare scopes'] },
  {
    of: generic,
    error: 'unsupported_grant_type',
    words: '',
    reason: 'configuration',
    says: ['authorization-code'],
  },
  { of: generic, error: 'unauthorized_client', words: '', reason: 'configuration', says: ['flow'] },
  {
    of: generic,
    error: 'access_denied',
    words: '',
    reason: 'authentication',
    final: true,
    says: ['declined'],
  },
  {
    of: generic,
    error: 'expired_token',
    words: '',
    reason: 'authentication',
    final: true,
    says: ['in time'],
  },
  { of: generic, error: 'login_required', words: '', reason: 'authentication', final: true, says: [AGAIN] },
  { of: generic, error: 'slow_down', words: '', reason: 'throttled', says: ['fewer requests'] },
  { of: generic, error: 'server_error', words: '', reason: 'unreachable', says: ['passing fault'] },
  { of: generic, error: 'temporarily_unavailable', words: '', reason: 'unreachable', says: ['passing'] },
  { of: generic, error: 'made_up', words: '', reason: 'configuration', says: ['refuses with made_up'] },
];

describe('failures of token endpoints', () => {
  for (const { of, error, words, codes, reason, final = false, says } of ROWS) {
    it(`${of['provider'] ?? ''} ${of['flow'] ?? ''} ${error}: ${words.slice(0, 40)}`, () => {
      const body = {
        error,
        error_description: words,
        ...(codes === undefined ? {} : { error_codes: codes }),
      };
      const failure = failureOfAnswer(answer(400, body), facts(of, { redirectUri: REDIRECT }), NOW);
      expect(failure.problem).to.include({ kind: 'unavailable', reason });
      expect(failure).to.include({ error, final });
      expect(failure.problem.reply?.code).to.equal(400);
      expect(failure.problem.reply?.text).to.contain(error);
      for (const part of says) expect(`${failure.problem.text} ${failure.problem.remedy}`).to.contain(part);
    });
  }

  it('finds the code of Microsoft in the text too, and at any provider', () => {
    const body = { error: 'invalid_client', error_description: 'AADSTS7000222: The provided client secret…' };
    const typed = { ...generic, tokenEndpoint: 'https://login.microsoftonline.com/x/oauth2/v2.0/token' };
    expect(failureOfAnswer(answer(401, body), facts(typed), NOW).problem.text).to.contain('has expired');
  });

  it('fills remedies with the portal of the cloud', () => {
    const body = { error: 'invalid_client', error_codes: [7000222] };
    const failure = failureOfAnswer(answer(401, body), facts({ ...microsoft, cloud: 'china' }), NOW);
    expect(failure.problem.remedy).to.contain('https://entra.microsoftonline.cn/');
  });

  describe('is never bad credentials', () => {
    const badWords = { error: 'invalid_client', error_description: 'AADSTS7000215', error_codes: [7000215] };
    for (const [status, reason] of [
      [429, 'throttled'],
      [500, 'unreachable'],
      [502, 'unreachable'],
      [503, 'unreachable'],
      [504, 'unreachable'],
      [408, 'unreachable'],
    ] as const) {
      it(`HTTP ${status}, whatever the body says`, () => {
        const failure = failureOfAnswer(answer(status, badWords), facts(microsoft), NOW);
        expect(failure.problem.reason).to.equal(reason);
        expect(failure.final).to.equal(false);
      });
    }

    for (const code of [
      'ENOTFOUND',
      'ECONNREFUSED',
      'ETIMEDOUT',
      'ECERTIFICATE',
      'EPROXY',
      'ETOOLARGE',
      'X',
    ]) {
      it(`a connection that fails with ${code}`, () => {
        const failure = failureOfConnection(new HttpFailure(code, 'did not work', false), facts(generic));
        expect(failure.problem).to.include({
          reason: 'unreachable',
          text: 'login.example.com did not work.',
        });
        expect(failure.problem.remedy).to.be.a('string').and.not.equal('');
        expect(failure.final).to.equal(false);
      });
    }

    it('an address in clear, which is a fault of the settings', () => {
      const failure = failureOfConnection(new HttpFailure('EREQUEST', 'is not asked', false), facts(generic));
      expect(failure.problem).to.include({ reason: 'configuration' });
      expect(failure.problem.remedy).to.contain('https://');
    });

    it('a certificate that is not trusted: it is imported', () => {
      const failure = failureOfConnection(new HttpFailure('ECERTIFICATE', 'x', false), facts(generic));
      expect(failure.problem.remedy).to.contain('postern import-cert');
    });

    it('a page in place of a token', () => {
      for (const status of [200, 403, 400, 407]) {
        const page =
          '<html><head><title>Sign in to the Wi-Fi</title></head><body><p>Welcome</p></body></html>';
        const { problem } = failureOfAnswer(answer(status, page), facts(generic), NOW);
        expect(problem.reason).to.equal('unreachable');
        expect(problem.reply?.text).to.equal('Sign in to the Wi-Fi');
      }
    });

    it('an answer without a token', () => {
      for (const body of [{}, { access_token: '' }, { access_token: 5 }, [], 'null', '5']) {
        expect(failureOfAnswer(answer(200, body), facts(generic), NOW).problem.reason).to.equal(
          'unreachable',
        );
      }
    });
  });

  it('says that there is no token endpoint at an address that redirects or is not found', () => {
    for (const status of [301, 302, 307, 404, 405]) {
      const { problem } = failureOfAnswer(answer(status, 'gone'), facts(generic), NOW);
      expect(problem.reason).to.equal('configuration');
      expect(problem.remedy).to.contain('tokenEndpoint');
    }
  });

  it('reads an error that a server sends with HTTP 200', () => {
    const failure = failureOfAnswer(answer(200, { error: 'invalid_grant' }), facts(generic), NOW);
    expect(failure.problem.reason).to.equal('authentication');
    expect(failure.final).to.equal(true);
  });

  it('reads the errors of Google’s APIs, which are objects', () => {
    const body = { error: { code: 400, status: 'RESOURCE_EXHAUSTED', message: 'Quota' } };
    const failure = failureOfAnswer(answer(400, body), facts(google), NOW);
    expect(failure.problem.reason).to.equal('throttled');
    expect(failure.problem.reply?.text).to.equal('RESOURCE_EXHAUSTED: Quota');
  });

  describe('Retry-After', () => {
    for (const [header, pause] of [
      ['30', 30_000],
      ['Mon, 02 Nov 2026 08:01:00 GMT', 60_000],
      ['999999999', 86_400_000],
      ['Mon, 02 Nov 2020 08:01:00 GMT', undefined],
      ['-5', undefined],
      ['soon', undefined],
      ['', undefined],
    ] as const) {
      it(`${JSON.stringify(header)} is ${String(pause)} ms`, () => {
        const { problem } = failureOfAnswer(answer(429, {}, { 'retry-after': header }), facts(generic), NOW);
        expect(problem.retryAfter).to.equal(pause);
      });
    }
  });

  describe('what a consent page sends back', () => {
    it('is no failure without an error', () => {
      expect(failureOfConsent(new URLSearchParams('code=1&state=2'), facts(microsoft))).to.equal(undefined);
    });

    it('is put into words by the same table', () => {
      const declined = new URLSearchParams({
        error: 'access_denied',
        error_description: 'AADSTS65004: User declined to consent to access the app.',
      });
      const failure = failureOfConsent(declined, facts(microsoft));
      expect(failure?.problem.text).to.equal('Consent was declined.');
      expect(failure?.final).to.equal(true);
      const policy = new URLSearchParams({ error: 'admin_policy_enforced' });
      expect(failureOfConsent(policy, facts(google))?.problem.remedy).to.contain('admin.google.com');
    });

    it('keeps the kind of the error apart from its sentence', () => {
      const cancelled = new URLSearchParams({
        error: 'access_denied',
        error_subcode: 'cancel',
        error_description: 'The user has cancelled the sign-in.',
      });
      const failure = failureOfConsent(cancelled, facts(microsoft));
      expect(failure?.problem.reply?.text ?? failure?.problem.text).to.match(/sign-in\. \(cancel\)$/);
    });

    it('is shown bounded and without what steers a terminal, whoever wrote the link', () => {
      const hostile = new URLSearchParams({
        error: 'x\u001b]0;owned\u0007<script>',
        error_description: '\u001b[2J\u202egnp.exe\r\nSet-Cookie: a=b '.repeat(400),
      });
      const failure = failureOfConsent(hostile, facts(generic));
      const shown = JSON.stringify(failure?.problem);
      expect(failure?.error).to.equal('unknown_error');
      expect(shown)
        .to.not.match(/[\p{Cc}\u202e]/u)
        .and.not.contain('\\u001b')
        .and.not.contain('\\r');
      expect(shown.length).to.be.below(1200);
    });
  });

  it('takes secrets out of the words of a provider, however they are written', () => {
    const secret = 'p~l+u%s 25&a="q\\é';
    const forms = [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ x: secret }).toString().slice(2),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64'),
      'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
      'ya29.a0AfH6SMBxyzxyzxyzxyz',
      'M'.repeat(900),
    ];
    for (const form of forms) {
      const body = { error: 'invalid_client', error_description: `the secret ${form} is wrong` };
      const { problem } = failureOfAnswer(answer(401, body), facts(generic), NOW, [new Secret(secret)]);
      expect(problem.reply?.text, form).to.equal('invalid_client: the secret [secret] is wrong');
      const page = failureOfAnswer(answer(401, `<p>the secret ${form}</p>`), facts(generic), NOW, [
        new Secret(secret),
      ]);
      expect(page.problem.reply?.text, form).to.not.contain(form.slice(0, 12));
    }
  });

  it('leaves ordinary words, ids and addresses as they are', () => {
    const words = `AADSTS65001 for '${APP}' at https://outlook.office.com/SMTP.Send, trace ${TENANT}`;
    const body = { error: 'invalid_grant', error_description: words };
    const { problem } = failureOfAnswer(answer(400, body), facts(microsoft), NOW, [new Secret('abc')]);
    expect(problem.reply?.text).to.equal(`invalid_grant: ${words}`);
  });
});

import { expect } from 'chai';
import * as fc from 'fast-check';
import { type ApiContext, classifyApi } from '../../src/delivery/classify-api.ts';

const context: ApiContext = {
  api: 'graph',
  upstream: 'office',
  host: 'graph.microsoft.com',
  mailbox: 'relay@example.com',
  ownMailbox: false,
  delegated: false,
  clientId: 'client-1',
  final: true,
  size: 5000,
};

interface Row {
  readonly says: string;
  readonly status: number;
  readonly codes?: readonly string[];
  readonly message?: string;
  readonly retryAfter?: number;
  readonly context?: Partial<ApiContext>;
  /** `kind reason`, and the enhanced code where there is one. */
  readonly verdict: string;
  readonly remedy?: RegExp;
  readonly wait?: number;
  readonly tries?: number;
}

const own = { ownMailbox: true };

const GRAPH: readonly Row[] = [
  {
    says: 'the token is refused',
    status: 401,
    codes: ['InvalidAuthenticationToken'],
    verdict: 'unavailable authentication',
    remedy: /postern verify --upstream office/,
  },
  {
    says: 'access is denied',
    status: 403,
    codes: ['ErrorAccessDenied'],
    verdict: 'unavailable configuration',
    remedy: /New-ManagementRoleAssignment -App client-1 .*Application Mail\.Send.*30 minutes to 2 hours/,
  },
  {
    says: 'access is denied to a person',
    status: 403,
    codes: ['ErrorAccessDenied'],
    context: { delegated: true },
    verdict: 'unavailable configuration',
    remedy: /postern authorize office/,
  },
  {
    says: 'access to the sender’s own mailbox is denied',
    status: 403,
    codes: ['ErrorAccessDenied'],
    context: own,
    verdict: 'rejected sender 5.7.1',
    remedy: /New-ManagementRoleAssignment/,
  },
  {
    says: 'the sender has no mailbox',
    status: 404,
    codes: ['ErrorInvalidUser'],
    context: own,
    verdict: 'rejected sender 5.7.1',
  },
  {
    says: 'send as is denied',
    status: 403,
    codes: ['ErrorSendAsDenied'],
    verdict: 'rejected sender 5.7.60',
    remedy: /Add-RecipientPermission SENDER .* -Trustee relay@example\.com/,
  },
  {
    says: 'send as is denied, whatever the status',
    status: 500,
    codes: ['ErrorSendAsDenied'],
    verdict: 'rejected sender 5.7.60',
  },
  {
    says: 'nobody is addressed',
    status: 400,
    codes: ['ErrorInvalidRecipients'],
    verdict: 'rejected recipient 5.1.3',
  },
  {
    says: 'a recipient in words',
    status: 400,
    codes: ['BadRequest'],
    message: 'Recipient x is not valid',
    verdict: 'rejected recipient 5.1.3',
  },
  {
    says: 'the base64 is invalid',
    status: 400,
    codes: ['ErrorMimeContentInvalidBase64String'],
    verdict: 'rejected content 5.6.0',
    tries: 2,
  },
  { says: 'the request is too large', status: 413, verdict: 'rejected content 5.3.4', remedy: /fallback/ },
  {
    says: 'the message is too large',
    status: 400,
    codes: ['ErrorMessageSizeExceeded'],
    verdict: 'rejected content 5.3.4',
  },
  {
    says: 'the request length in words',
    status: 400,
    codes: ['BadRequest'],
    message: 'The maximum request length supported is 4MB.',
    verdict: 'rejected content 5.3.4',
  },
  {
    says: 'not found',
    status: 404,
    codes: ['ResourceNotFound'],
    verdict: 'unavailable configuration',
    remedy: /licence/,
  },
  {
    says: 'the mailbox is not enabled for REST',
    status: 404,
    codes: ['MailboxNotEnabledForRESTAPI'],
    verdict: 'unavailable configuration',
    remedy: /on-premises/,
  },
  {
    says: 'the same with the other name',
    status: 403,
    codes: ['ErrorMailboxNotEnabledForRESTAPI'],
    verdict: 'unavailable configuration',
  },
  {
    says: 'too many requests',
    status: 429,
    codes: ['TooManyRequests'],
    retryAfter: 7000,
    verdict: 'unavailable throttled',
    wait: 7000,
  },
  {
    says: 'too many at once',
    status: 429,
    codes: ['ApplicationThrottled'],
    message: 'Application is over its MailboxConcurrency limit.',
    verdict: 'deferred connections 4.3.2',
    wait: 10_000,
  },
  { says: 'unavailable', status: 503, retryAfter: 9000, verdict: 'unavailable throttled', wait: 9000 },
  {
    says: 'a gateway gave up behind the whole message',
    status: 504,
    retryAfter: 9000,
    verdict: 'deferred in-doubt 4.4.2',
    wait: 9000,
  },
  {
    says: 'a gateway gave up before',
    status: 504,
    context: { final: false },
    verdict: 'deferred busy 4.3.0',
  },
  {
    says: 'the mailbox is full',
    status: 507,
    codes: ['ErrorQuotaExceeded'],
    verdict: 'unavailable configuration',
    remedy: /Sent Items/,
  },
  {
    says: 'the day’s limit',
    status: 400,
    codes: ['ErrorExceededMessageLimit'],
    verdict: 'unavailable quota',
    wait: 3_600_000,
  },
  {
    says: 'blocked for spam',
    status: 403,
    codes: ['ErrorAccountSuspend'],
    verdict: 'unavailable configuration',
  },
  { says: '200 where 202 belongs', status: 200, verdict: 'deferred in-doubt 4.4.2' },
  {
    says: '200 for a large message: dropped',
    status: 200,
    context: { size: 3_000_000 },
    verdict: 'rejected content 5.3.4',
  },
  {
    says: 'an inner error',
    status: 500,
    codes: ['ErrorInternalServerError'],
    verdict: 'deferred busy 4.3.0',
  },
  { says: 'a redirect', status: 302, verdict: 'unavailable configuration', remedy: /endpoint/ },
  { says: 'an unknown refusal', status: 403, codes: ['SomethingNew'], verdict: 'unavailable configuration' },
  {
    says: 'an unknown fault of the request',
    status: 400,
    codes: ['SomethingNew'],
    verdict: 'rejected other 5.0.0',
  },
];

const GMAIL: readonly Row[] = [
  {
    says: 'the token is refused',
    status: 401,
    codes: ['authError', 'UNAUTHENTICATED'],
    verdict: 'unavailable authentication',
  },
  { says: 'rateLimitExceeded', status: 403, codes: ['rateLimitExceeded'], verdict: 'unavailable throttled' },
  {
    says: 'userRateLimitExceeded',
    status: 429,
    codes: ['userRateLimitExceeded'],
    retryAfter: 60_000,
    verdict: 'unavailable throttled',
    wait: 60_000,
  },
  {
    says: 'too many at once',
    status: 429,
    codes: ['rateLimitExceeded'],
    message: 'Too many concurrent requests for user',
    verdict: 'deferred connections 4.3.2',
  },
  {
    says: 'dailyLimitExceeded',
    status: 403,
    codes: ['dailyLimitExceeded'],
    verdict: 'unavailable quota',
    wait: 3_600_000,
  },
  { says: 'quotaExceeded', status: 403, codes: ['quotaExceeded'], verdict: 'unavailable quota' },
  {
    says: 'the sending limit',
    status: 429,
    codes: ['rateLimitExceeded'],
    message: 'User-rate limit exceeded.  (Mail sending)',
    verdict: 'unavailable quota',
  },
  {
    says: 'failedPrecondition',
    status: 400,
    codes: ['failedPrecondition'],
    message: 'Mail service not enabled',
    verdict: 'unavailable configuration',
    remedy: /Gmail licence/,
  },
  {
    says: 'failedPrecondition of the sender’s own mailbox',
    status: 400,
    codes: ['failedPrecondition'],
    context: own,
    verdict: 'rejected sender 5.7.1',
  },
  {
    says: 'an invalid recipient',
    status: 400,
    codes: ['invalidArgument'],
    message: 'Invalid To header',
    verdict: 'rejected recipient 5.1.3',
  },
  {
    says: 'no recipient',
    status: 400,
    codes: ['invalidArgument'],
    message: 'Recipient address required',
    verdict: 'rejected recipient 5.1.3',
  },
  {
    says: 'an invalid sender',
    status: 400,
    message: 'Invalid From header',
    verdict: 'rejected sender 5.7.1',
  },
  {
    says: 'the scope is missing',
    status: 403,
    codes: ['insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'],
    verdict: 'unavailable configuration',
    remedy: /gmail\.send.*Domain-wide|Domain-wide.*gmail\.send/s,
  },
  {
    says: 'the scope is missing for a person',
    status: 403,
    codes: ['insufficientPermissions'],
    context: { delegated: true },
    verdict: 'unavailable configuration',
    remedy: /postern authorize office/,
  },
  {
    says: 'the API is off',
    status: 403,
    codes: ['accessNotConfigured'],
    verdict: 'unavailable configuration',
    remedy: /Google Cloud console/,
  },
  {
    says: 'delegation is denied',
    status: 403,
    codes: ['delegationDenied'],
    verdict: 'unavailable configuration',
  },
  {
    says: 'the policy of the domain',
    status: 403,
    codes: ['domainPolicy'],
    verdict: 'unavailable configuration',
  },
  {
    says: 'the upload is too large',
    status: 413,
    codes: ['uploadTooLarge'],
    verdict: 'rejected content 5.3.4',
  },
  {
    says: 'too large in words',
    status: 400,
    message: 'Message too large',
    verdict: 'rejected content 5.3.4',
  },
  { says: 'an error of the back end', status: 500, codes: ['backendError'], verdict: 'deferred busy 4.3.0' },
  { says: 'unavailable', status: 503, verdict: 'unavailable throttled' },
];

function shown(row: Row, api: 'graph' | 'gmail') {
  const refusal = {
    status: row.status,
    codes: row.codes ?? [],
    message: row.message ?? '',
    ...(row.retryAfter === undefined ? {} : { retryAfter: row.retryAfter }),
  };
  return classifyApi(refusal, { ...context, api, ...row.context });
}

describe('what APIs answer', () => {
  for (const [api, rows] of [
    ['graph', GRAPH],
    ['gmail', GMAIL],
  ] as const) {
    for (const row of rows) {
      it(`${api}: ${row.says} (${row.status}) is ${row.verdict}`, () => {
        const { verdict, enhanced, tries } = shown(row, api);
        expect([verdict.kind, verdict.reason, enhanced].filter(Boolean).join(' ')).to.equal(row.verdict);
        if (row.remedy) expect(verdict.remedy).to.match(row.remedy);
        if (row.wait !== undefined) expect('retryAfter' in verdict && verdict.retryAfter).to.equal(row.wait);
        expect(tries).to.equal(row.tries);
        if (verdict.kind === 'unavailable') expect(verdict.text).to.match(/\.$/);
      });
    }
  }

  it('gets a verdict whatever it is', () => {
    const api = fc.constantFrom('graph' as const, 'gmail' as const);
    const known = [...GRAPH, ...GMAIL].flatMap((row) => row.codes ?? []);
    const codes = fc.array(fc.oneof(fc.constantFrom(...known), fc.string()), { maxLength: 3 });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999 }),
        codes,
        fc.string(),
        api,
        fc.boolean(),
        fc.boolean(),
        (status, names, message, which, final, ownMailbox) => {
          const { verdict } = classifyApi(
            { status, codes: names, message },
            { ...context, api: which, final, ownMailbox },
          );
          expect(verdict.kind).to.be.oneOf(['unavailable', 'deferred', 'rejected']);
          if (status === 401) expect(verdict.reason).to.equal('authentication');
        },
      ),
    );
  });
});

/*
 * What Microsoft Graph and the Gmail API answer. Sources, by title: “Microsoft Graph error responses and resource types”, “Microsoft
 * Graph throttling guidance”, “Outlook mail API send errors” and public issues of the Graph SDKs (Microsoft); “Resolve errors” and
 * “Usage limits” of the Gmail API (Google).
 */
import type { Scenario } from './scenario.ts';

function graph(
  name: string,
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Scenario {
  return { name, stage: 'api', answer: { kind: 'http', status, headers, body: graphError(code, message) } };
}

function gmail(name: string, status: number, reason: string, message: string, word: string): Scenario {
  return {
    name,
    stage: 'api',
    answer: { kind: 'http', status, body: googleError(status, reason, message, word) },
  };
}

/** The body of an error of Graph; the answer adds date and request ids. */
export function graphError(code: string, message: string) {
  return { error: { code, message, innerError: {} } };
}

/** The body of an error of a Google API; `word` such as `PERMISSION_DENIED`. */
export function googleError(code: number, reason: string, message: string, word: string) {
  return {
    error: { code, message, errors: [{ message, domain: 'global', reason }], status: word },
  };
}

export const apiScenarios: readonly Scenario[] = [
  graph(
    'graph-access-denied',
    403,
    'ErrorAccessDenied',
    'Access is denied. Check credentials and try again.',
  ),
  graph(
    'graph-send-as-denied',
    403,
    'ErrorSendAsDenied',
    'The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account., Cannot submit message.',
  ),
  graph(
    'graph-no-recipients',
    400,
    'ErrorInvalidRecipients',
    'At least one recipient is not valid., Message does not have any recipients.',
  ),
  graph(
    'graph-invalid-base64',
    400,
    'ErrorMimeContentInvalidBase64String',
    'Invalid base64 string for MIME content.',
  ),
  graph(
    'graph-too-large',
    413,
    'RequestEntityTooLarge',
    'The request entity is too large. The maximum request size is 4 MB.',
  ),
  graph(
    'graph-message-size',
    400,
    'ErrorMessageSizeExceeded',
    'The message exceeds the maximum supported size., Cannot submit message.',
  ),
  graph('graph-not-found', 404, 'ErrorInvalidUser', "The requested user '{mailbox}' is invalid."),
  graph(
    'graph-mailbox-not-enabled',
    404,
    'MailboxNotEnabledForRESTAPI',
    'The mailbox is either inactive, soft-deleted, or is hosted on-premise.',
  ),
  graph(
    'graph-mailbox-not-enabled-error',
    404,
    'ErrorMailboxNotEnabledForRESTAPI',
    'REST API is not yet supported for this mailbox.',
  ),
  graph('graph-throttled', 429, 'ApplicationThrottled', 'Application is over its MailboxConcurrency limit.', {
    'Retry-After': '2',
  }),
  {
    name: 'graph-throttled-date',
    stage: 'api',
    answer: {
      kind: 'http',
      status: 429,
      retryDate: 3,
      body: graphError('TooManyRequests', 'Too many requests.'),
    },
  },
  graph('graph-unavailable', 503, 'ServiceUnavailable', 'Service unavailable.', { 'Retry-After': '2' }),
  graph(
    'graph-timeout',
    504,
    'UnknownError',
    'The server, while acting as a proxy, did not receive a timely response.',
  ),
  graph(
    'graph-unauthorized',
    401,
    'InvalidAuthenticationToken',
    'Lifetime validation failed, the token is expired.',
  ),
  graph(
    'graph-quota',
    429,
    'ErrorExceededMessageLimit',
    'The message limit has been exceeded., Cannot submit message.',
  ),
  graph('graph-mailbox-full', 507, 'ErrorQuotaExceeded', 'The process failed to get the correct properties.'),
  gmail('gmail-unauthorized', 401, 'authError', 'Invalid Credentials', 'UNAUTHENTICATED'),
  gmail(
    'gmail-insufficient-scope',
    403,
    'insufficientPermissions',
    'Request had insufficient authentication scopes.',
    'PERMISSION_DENIED',
  ),
  gmail(
    'gmail-access-not-configured',
    403,
    'accessNotConfigured',
    'Gmail API has not been used in project 123456789012 before or it is disabled.',
    'PERMISSION_DENIED',
  ),
  gmail('gmail-delegation-denied', 403, 'forbidden', 'Delegation denied for {mailbox}', 'PERMISSION_DENIED'),
  gmail('gmail-rate-limit', 403, 'userRateLimitExceeded', 'User Rate Limit Exceeded', 'PERMISSION_DENIED'),
  gmail(
    'gmail-too-many-requests',
    429,
    'rateLimitExceeded',
    'User-rate limit exceeded.  Retry after {retry}',
    'RESOURCE_EXHAUSTED',
  ),
  gmail('gmail-api-daily-limit', 403, 'dailyLimitExceeded', 'Daily Limit Exceeded', 'PERMISSION_DENIED'),
  gmail(
    'gmail-sending-limit',
    429,
    'rateLimitExceeded',
    'User-rate limit exceeded: mail sending',
    'RESOURCE_EXHAUSTED',
  ),
  gmail('gmail-invalid-to', 400, 'invalidArgument', 'Invalid To header', 'INVALID_ARGUMENT'),
  gmail('gmail-no-recipients', 400, 'invalidArgument', 'Recipient address required', 'INVALID_ARGUMENT'),
  gmail('gmail-too-large', 413, 'uploadTooLarge', 'Request Entity Too Large', 'INVALID_ARGUMENT'),
  gmail('gmail-not-enabled', 400, 'failedPrecondition', 'Mail service not enabled', 'FAILED_PRECONDITION'),
  gmail('gmail-backend-error', 500, 'backendError', 'Backend Error', 'INTERNAL'),
  gmail('gmail-unavailable', 503, 'backendError', 'The service is currently unavailable.', 'UNAVAILABLE'),
  { name: 'api-reset', stage: 'api', answer: { kind: 'lost', taken: false } },
  { name: 'api-taken-then-lost', stage: 'api', answer: { kind: 'lost', taken: true } },
  { name: 'api-slow', stage: 'api', answer: { kind: 'slow', milliseconds: 500 } },
];

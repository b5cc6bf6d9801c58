/*
 * What token endpoints answer. Sources, by title: “Microsoft Entra authentication and authorization error codes” (Microsoft), “Using
 * OAuth 2.0 to Access Google APIs” and “Refresh token expiration” (Google). A sender in a behaviour is the account whose token it is.
 */
import type { Scenario } from './scenario.ts';

function entra(name: string, error: string, code: number, text: string, status = 400): Scenario {
  return { name, stage: 'token', answer: { kind: 'entra', status, error, code, text } };
}

function http(
  name: string,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Scenario {
  return { name, stage: 'token', answer: { kind: 'http', status, headers, body } };
}

export const tokenScenarios: readonly Scenario[] = [
  entra(
    'secret-expired',
    'invalid_client',
    7000222,
    "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.",
    401,
  ),
  entra(
    'wrong-secret',
    'invalid_client',
    7000215,
    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client}'.",
    401,
  ),
  entra(
    'wrong-application',
    'unauthorized_client',
    700016,
    "Application with identifier '{client}' was not found in the directory 'Simulated'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
  ),
  entra(
    'wrong-tenant',
    'invalid_request',
    90002,
    "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
  ),
  entra(
    'wrong-cloud',
    'invalid_request',
    900382,
    'Confidential Client is not supported in Cross Cloud request.',
  ),
  entra(
    'common-not-supported',
    'invalid_request',
    50194,
    "Application '{client}'(Postern) is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant.",
  ),
  entra(
    'grant-unused',
    'invalid_grant',
    700082,
    'The refresh token has expired due to inactivity. The token was issued on 2026-01-01T00:00:00.0000000Z and was inactive for 90.00:00:00.',
  ),
  entra(
    'grant-sign-in-frequency',
    'invalid_grant',
    70043,
    'The refresh token has expired or is invalid due to sign-in frequency checks by conditional access. The token was issued on 2026-01-01T00:00:00.0000000Z and the maximum allowed lifetime for this request is 86400.',
  ),
  entra(
    'grant-password-changed',
    'invalid_grant',
    50173,
    'The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.',
  ),
  entra(
    'consent-missing',
    'invalid_grant',
    65001,
    "The user or administrator has not consented to use the application with ID '{client}' named 'Postern'. Send an interactive authorization request for this user and resource.",
  ),
  entra(
    'interaction-required',
    'interaction_required',
    50076,
    "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '00000002-0000-0ff1-ce00-000000000000'.",
  ),
  entra(
    'code-redeemed',
    'invalid_grant',
    54005,
    'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.',
  ),
  entra(
    'certificate-expired',
    'invalid_client',
    700027,
    'The certificate with identifier used to sign the client assertion is expired on application.',
    401,
  ),
  http('google-grant-expired', 400, {
    error: 'invalid_grant',
    error_description: 'Token has been expired or revoked.',
  }),
  http('google-unauthorized-client', 401, {
    error: 'unauthorized_client',
    error_description:
      'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.',
  }),
  http('google-not-found', 400, {
    error: 'invalid_grant',
    error_description: 'Invalid grant: account not found',
  }),
  http('google-wrong-clock', 400, {
    error: 'invalid_grant',
    error_description:
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
  }),
  http('google-wrong-secret', 401, { error: 'invalid_client', error_description: 'Unauthorized' }),
  http('google-deleted-client', 401, {
    error: 'deleted_client',
    error_description: 'The OAuth client was deleted.',
  }),
  entra(
    'token-throttled',
    'temporarily_unavailable',
    90055,
    'The server has terminated the request due to excessive request rate.',
    429,
  ),
  http('token-retry-after', 429, { error: 'rate_limit_exceeded' }, { 'Retry-After': '2' }),
  http('token-server-error', 500, '<html><body>Internal Server Error</body></html>'),
  http('token-unavailable', 503, '<html><body>Service Unavailable</body></html>', { 'Retry-After': '2' }),
  http('token-empty', 200, {}),
  http('token-blank', 200, { token_type: 'Bearer', expires_in: 3599, access_token: '' }),
  http('token-not-json', 200, '<html><body>Sign in to the network</body></html>'),
  http('token-redirect', 302, '', { Location: 'https://localhost:1/elsewhere' }),
  { name: 'token-reset', stage: 'token', answer: { kind: 'lost', taken: false } },
  { name: 'token-taken-then-lost', stage: 'token', answer: { kind: 'lost', taken: true } },
  { name: 'token-slow', stage: 'token', answer: { kind: 'slow', milliseconds: 500 } },
];

import type { GrantRefusal } from '../grants.ts';
import type { EntraError } from './entra-error.ts';

function row(error: string, code: number, text: string, status = 400): EntraError {
  return { status, error, code, text };
}

/** How Entra says why there is no token (“Microsoft Entra authentication and authorization error codes”). */
export const entraRefusals: Readonly<Record<GrantRefusal, EntraError>> = {
  'code-unknown': row(
    'invalid_grant',
    9002313,
    'Invalid request. Request is malformed or invalid: the authorization code is not known.',
  ),
  'code-expired': row(
    'invalid_grant',
    70008,
    'The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.',
  ),
  'code-redeemed': row(
    'invalid_grant',
    54005,
    'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.',
  ),
  'redirect-mismatch': row(
    'invalid_grant',
    500112,
    'The reply address does not match the reply address provided when requesting Authorization code.',
  ),
  'verifier-missing': row(
    'invalid_grant',
    50148,
    'The code_verifier does not match the code_challenge supplied in the authorization request for PKCE.',
  ),
  'verifier-mismatch': row(
    'invalid_grant',
    501481,
    'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
  ),
  'refresh-unknown': row(
    'invalid_grant',
    9002313,
    'Invalid request. Request is malformed or invalid: the refresh token is not known.',
  ),
  'refresh-revoked': row(
    'invalid_grant',
    50173,
    'The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.',
  ),
  'device-unknown': row(
    'bad_verification_code',
    70019,
    'Verification code expired or not known: the device_code is not one of ours.',
  ),
  'device-pending': row(
    'authorization_pending',
    70016,
    'OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
  ),
  'device-slow-down': row('slow_down', 70016, 'OAuth 2.0 device flow error. Polling too often. Slow down.'),
  'device-declined': row(
    'authorization_declined',
    70017,
    'OAuth 2.0 device flow error. The end user denied the authorization request.',
  ),
  'device-expired': row('expired_token', 70020, 'The provided value for the device code has expired.'),
};

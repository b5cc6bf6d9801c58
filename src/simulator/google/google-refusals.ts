import type { GrantRefusal } from '../grants.ts';
import type { GoogleError } from './context.ts';

function row(status: number, error: string, description?: string): GoogleError {
  return { status, error, ...(description === undefined ? {} : { error_description: description }) };
}

/** How Google says why there is no token (“Using OAuth 2.0 to Access Google APIs”, “OAuth 2.0 for TV and Limited-Input Devices”). */
export const googleRefusals: Readonly<Record<GrantRefusal, GoogleError>> = {
  'code-unknown': row(400, 'invalid_grant', 'Malformed auth code.'),
  'code-expired': row(400, 'invalid_grant', 'Bad Request'),
  'code-redeemed': row(400, 'invalid_grant', 'Bad Request'),
  'redirect-mismatch': row(400, 'redirect_uri_mismatch', 'Bad Request'),
  'verifier-missing': row(400, 'invalid_grant', 'Missing code verifier.'),
  'verifier-mismatch': row(400, 'invalid_grant', 'Invalid code verifier.'),
  'refresh-unknown': row(400, 'invalid_grant', 'Bad Request'),
  'refresh-revoked': row(400, 'invalid_grant', 'Token has been expired or revoked.'),
  'device-unknown': row(400, 'invalid_grant', 'Malformed device code.'),
  'device-pending': row(428, 'authorization_pending', 'Precondition Required'),
  'device-slow-down': row(403, 'slow_down', 'Forbidden'),
  'device-declined': row(403, 'access_denied', 'Forbidden'),
  'device-expired': row(400, 'expired_token', 'The device code has expired.'),
};

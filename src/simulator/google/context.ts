/** Scopes that Gmail knows; the first one is what SMTP needs. */
export const GMAIL_SCOPE = 'https://mail.google.com/';
export const GMAIL_SEND_SCOPES: readonly string[] = [
  GMAIL_SCOPE,
  'https://www.googleapis.com/auth/gmail.send',
  'https://www.googleapis.com/auth/gmail.compose',
  'https://www.googleapis.com/auth/gmail.modify',
];
const IDENTITY_SCOPES = [
  'openid',
  'email',
  'profile',
  'https://www.googleapis.com/auth/userinfo.email',
  'https://www.googleapis.com/auth/userinfo.profile',
];

/** Whether Google knows the scope. */
export function isGoogleScope(scope: string): boolean {
  return GMAIL_SEND_SCOPES.includes(scope) || IDENTITY_SCOPES.includes(scope);
}

/** An OAuth error as Google words it. */
export interface GoogleError {
  readonly status: number;
  readonly error: string;
  readonly error_description?: string;
}

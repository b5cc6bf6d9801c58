import { authorizeCommand } from '../../shared/own-commands.ts';
import {
  accountText,
  clientIdOf,
  type FailureFacts,
  type FailureRow,
  redirectUris,
  scopesText,
  signInAgain,
} from './failure-facts.ts';

const CLIENTS = 'https://console.cloud.google.com/auth/clients';
const AUDIENCE = 'https://console.cloud.google.com/auth/audience';
const DELEGATION = 'https://admin.google.com/ac/owl/domainwidedelegation';
const KEYS = 'https://console.cloud.google.com/iam-admin/serviceaccounts';
const SERVICE_ACCOUNT = ['service-account'] as const;

/** Texts of Google. Sources: "Using OAuth 2.0 for Web Server Applications" and "… for Server to Server Applications", error codes. */
export const GOOGLE_ROWS: readonly FailureRow[] = [
  {
    error: ['unauthorized_client', 'access_denied'],
    flow: SERVICE_ACCOUNT,
    reason: 'configuration',
    says: (facts) =>
      `The service account may not act for ${accountText(facts)}: domain-wide delegation lacks this client id or scope.`,
    remedy: (facts) =>
      `At ${DELEGATION} add the client id ${delegatedClient(facts)} with the scope ${scopesText(facts)}; it takes up to 24 hours, mostly minutes.`,
  },
  {
    error: ['invalid_grant'],
    flow: SERVICE_ACCOUNT,
    text: /invalid email|user id|account not found|not a valid email|user.{0,20}(suspended|disabled)/i,
    reason: 'configuration',
    says: (facts) => `Google has no mailbox ${accountText(facts)} in this domain.`,
    remedy: (facts) =>
      `Write an existing user of the Workspace domain as mailbox of upstream ${facts.upstream}; an alias, a group or the service account itself will not do.`,
  },
  {
    error: ['invalid_grant'],
    text: /invalid jwt signature/i,
    reason: 'authentication',
    says: () => 'Google does not accept the key of the service account; it was deleted or disabled.',
    remedy: (facts) =>
      `Make a new key (JSON) at ${KEYS} and give it as serviceAccount of upstream ${facts.upstream}.`,
  },
  {
    error: ['invalid_grant'],
    text: /reasonable timeframe|\biat\b|\bexp\b|short-lived/i,
    reason: 'configuration',
    says: () => 'The clock of this machine is wrong, says Google.',
    remedy: () => 'Set the clock (compare with "date -u") and keep it right with NTP.',
  },
  {
    error: ['invalid_grant', 'invalid_rapt', 'rapt_required'],
    text: /rapt|reauth/i,
    reason: 'authentication',
    final: true,
    says: () => 'A policy of the Workspace wants a new sign-in (Google Cloud session control).',
    remedy: (facts) =>
      `At https://admin.google.com/ac/security/reauth trust the application or lengthen the session, then ${signInAgain(facts)}; or use flow: service-account.`,
  },
  {
    error: ['invalid_grant'],
    text: /expired or revoked/i,
    reason: 'authentication',
    final: true,
    says: () => 'Google has ended the sign-in: it expired or was revoked.',
    remedy: (facts) =>
      `When this comes 7 days after each sign-in, the consent screen is still "Testing": publish it at ${AUDIENCE}, or use flow: service-account. Then ${signInAgain(facts)}.`,
  },
  {
    error: ['invalid_grant'],
    flow: ['authorization-code', 'device-code'],
    text: /bad request|malformed|code was already redeemed|code verifier/i,
    reason: 'authentication',
    final: true,
    says: () => 'Google does not take the code of this sign-in; it was used already or has expired.',
    remedy: (facts) => `Start anew, once: ${signInAgain(facts)}.`,
  },
  {
    error: ['invalid_client', 'deleted_client', 'disabled_client'],
    text: /not found|deleted|disabled|no application name/i,
    reason: 'configuration',
    says: (facts) => `Google does not know the OAuth client ${clientIdOf(facts)}, or it was deleted.`,
    remedy: (facts) =>
      `Compare clientId of upstream ${facts.upstream} with ${CLIENTS}, or read the client JSON in again.`,
  },
  {
    error: ['invalid_client'],
    reason: 'authentication',
    says: () => 'Google does not accept the client secret.',
    remedy: (facts) =>
      `Take client_secret anew from ${CLIENTS} and write it as clientSecret of upstream ${facts.upstream}.`,
  },
  {
    error: ['redirect_uri_mismatch'],
    reason: 'configuration',
    final: true,
    says: () => 'The redirect URI is not registered with the OAuth client.',
    remedy: (facts) =>
      `Add exactly ${redirectUris(facts)} to "Authorized redirect URIs" of ${clientIdOf(facts)} at ${CLIENTS}.`,
  },
  {
    error: ['invalid_scope'],
    flow: ['device-code'],
    reason: 'configuration',
    says: () => 'Google gives no mail scopes to devices with a code.',
    remedy: (facts) =>
      `Write flow: authorization-code for upstream ${facts.upstream}; "${authorizeCommand(facts.upstream)} --paste" works without a browser on this machine.`,
  },
  {
    error: ['invalid_scope'],
    reason: 'configuration',
    says: (facts) => `Google does not know a scope among: ${scopesText(facts)}.`,
    remedy: (facts) =>
      `Leave out scopes of upstream ${facts.upstream}; SMTP needs https://mail.google.com/, the Gmail API https://www.googleapis.com/auth/gmail.send.`,
  },
  {
    error: ['admin_policy_enforced', 'org_internal'],
    reason: 'configuration',
    says: () => 'The Workspace does not allow this application for its accounts.',
    remedy: (facts) =>
      `At https://admin.google.com/ac/owl/list let ${clientIdOf(facts)} be trusted, or sign in with an account of the organisation that owns the application.`,
  },
  {
    error: ['rate_limit_exceeded', 'RESOURCE_EXHAUSTED'],
    reason: 'throttled',
    says: () => 'Google gives no more tokens for the moment.',
    remedy: () => 'Nothing to do; it is tried again.',
  },
];

function delegatedClient(facts: FailureFacts): string {
  return facts.serviceAccountClientId ?? '(client_id in the key file)';
}

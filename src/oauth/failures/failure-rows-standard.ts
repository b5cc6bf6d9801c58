import {
  accountText,
  clientIdOf,
  type FailureRow,
  redirectUris,
  scopesText,
  signInAgain,
  tokenHost,
} from './failure-facts.ts';

const PERSON = ['authorization-code', 'device-code'] as const;

/** What every server says in the same words: RFC 6749 sections 4.1.2.1 and 5.2, RFC 8628 section 3.5, OpenID Connect Core section 3.1.2.6. */
export const STANDARD_ROWS: readonly FailureRow[] = [
  {
    error: ['invalid_grant'],
    flow: PERSON,
    reason: 'authentication',
    final: true,
    says: (facts) => `${tokenHost(facts)} does not take the sign-in any more: it has expired or was revoked.`,
    remedy: (facts) => `An account has to ${signInAgain(facts)}.`,
  },
  {
    error: ['invalid_grant'],
    reason: 'authentication',
    says: (facts) => `${tokenHost(facts)} does not take the proof of the application.`,
    remedy: (facts) => `Compare clientId, its key or secret, and mailbox of upstream ${facts.upstream}.`,
  },
  {
    error: ['invalid_client'],
    reason: 'authentication',
    says: (facts) => `${tokenHost(facts)} does not accept client id or client secret.`,
    remedy: (facts) =>
      `Compare clientId (now: ${clientIdOf(facts)}) and clientSecret of upstream ${facts.upstream}, and whether the server wants clientAuthentication: basic or post (now: ${facts.settings.clientAuthentication}).`,
  },
  {
    error: ['unauthorized_client'],
    reason: 'configuration',
    says: (facts) => `The application ${clientIdOf(facts)} is not allowed the flow ${facts.settings.flow}.`,
    remedy: () => 'Allow it where the application is registered, or choose another flow.',
  },
  {
    error: ['unsupported_grant_type', 'unsupported_response_type'],
    reason: 'configuration',
    says: (facts) => `${tokenHost(facts)} does not know the flow ${facts.settings.flow}.`,
    remedy: (facts) => `Choose another flow for upstream ${facts.upstream}, or compare its tokenEndpoint.`,
  },
  {
    error: ['invalid_scope'],
    reason: 'configuration',
    says: (facts) => `${tokenHost(facts)} does not give these scopes: ${scopesText(facts)}.`,
    remedy: (facts) =>
      `Compare scopes of upstream ${facts.upstream} with what the application is registered for.`,
  },
  {
    error: ['invalid_target', 'invalid_resource'],
    reason: 'configuration',
    says: () => 'The server does not know the audience or resource that is asked for.',
    remedy: (facts) => `Compare audience and scopes of upstream ${facts.upstream}.`,
  },
  {
    error: ['access_denied', 'user_cancelled', 'consent_declined'],
    reason: 'authentication',
    final: true,
    says: (facts) => `Consent was declined for ${accountText(facts)}.`,
    remedy: (facts) => `Accept the permissions: ${signInAgain(facts)}.`,
  },
  {
    error: ['consent_required', 'interaction_required', 'login_required', 'account_selection_required'],
    reason: 'authentication',
    final: true,
    says: (facts) => `The provider wants ${accountText(facts)} to sign in or consent again.`,
    remedy: (facts) => `An account has to ${signInAgain(facts)}.`,
  },
  {
    error: ['expired_token', 'code_expired', 'bad_verification_code'],
    reason: 'authentication',
    final: true,
    says: () => 'The code was not typed in time.',
    remedy: (facts) => `Get a new code: ${signInAgain(facts)}.`,
  },
  {
    error: ['redirect_uri_mismatch'],
    reason: 'configuration',
    final: true,
    says: () => 'The redirect URI is not registered with the application.',
    remedy: (facts) => `Register exactly ${redirectUris(facts)} with the application ${clientIdOf(facts)}.`,
  },
  {
    error: ['slow_down', 'too_many_requests'],
    reason: 'throttled',
    says: (facts) => `${tokenHost(facts)} asks for fewer requests.`,
    remedy: () => 'Nothing to do; it is tried again.',
  },
  {
    error: ['server_error', 'temporarily_unavailable'],
    reason: 'unreachable',
    says: (facts) => `${tokenHost(facts)} has a passing fault and cannot give a token.`,
    remedy: () => 'Nothing to do; it is tried again.',
  },
  {
    error: ['invalid_request'],
    text: /redirect[_ ]?uri/i,
    reason: 'configuration',
    final: true,
    says: () => 'The redirect URI is not registered with the application.',
    remedy: (facts) => `Register exactly ${redirectUris(facts)} with the application ${clientIdOf(facts)}.`,
  },
  {
    error: ['invalid_request'],
    reason: 'configuration',
    says: (facts) => `${tokenHost(facts)} does not understand the request.`,
    remedy: (facts) =>
      `Compare provider, flow and endpoints of upstream ${facts.upstream}; the provider's own words say which part it means.`,
  },
];

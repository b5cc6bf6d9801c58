/*
 * A service account asks for a token in the name of a mailbox (“Using OAuth 2.0 for Server to Server Applications”, RFC 7523).
 */
import { createPublicKey } from 'node:crypto';
import { SERVICE_ACCOUNT } from '../clients.ts';
import { isSignedBy, parseToken, textClaim, timeClaim } from '../json-web-token.ts';
import type { ProviderContext } from '../serve-provider.ts';
import { GMAIL_SEND_SCOPES, type GoogleError } from './context.ts';
import { type GoogleTokenAnswer, issueForMailbox } from './issue.ts';

const HOUR = 3_600_000;
/** Milliseconds by which clocks may differ. */
const SKEW = 5 * 60_000;

const invalidGrant = (description: string): GoogleError => ({
  status: 400,
  error: 'invalid_grant',
  error_description: description,
});

/** The mailbox that an assertion is for, if it says one; nothing else about it is checked. */
export function subjectOf(assertion: string): string | undefined {
  const token = parseToken(assertion);
  return token === undefined ? undefined : textClaim(token.claims, 'sub') || undefined;
}

/** The answer to an assertion. */
export function answerToAssertion(
  assertion: string,
  context: ProviderContext,
): GoogleTokenAnswer | GoogleError {
  const { world } = context;
  const token = parseToken(assertion);
  if (token === undefined) return invalidGrant('Invalid JWT: Token must be a JSON Web Token.');
  const { claims } = token;
  if (textClaim(claims, 'iss') !== SERVICE_ACCOUNT) {
    return invalidGrant('Invalid grant: account not found');
  }
  if (!isSignedBy(token, createPublicKey(world.keys.serviceAccount))) {
    return invalidGrant('Invalid JWT Signature.');
  }
  const [issued, expires, now] = [timeClaim(claims, 'iat'), timeClaim(claims, 'exp'), world.clock.now()];
  const timely = issued <= now + SKEW && expires > now - SKEW && expires - issued <= HOUR;
  if (!timely) {
    return invalidGrant(
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
    );
  }
  // Google's own libraries always write the real address of the endpoint.
  const audience = textClaim(claims, 'aud');
  if (audience !== `${context.origin()}/token` && audience !== 'https://oauth2.googleapis.com/token') {
    return invalidGrant('Invalid JWT: Failed audience check.');
  }
  const scopes = textClaim(claims, 'scope')
    .split(' ')
    .filter((scope) => scope !== '');
  if (scopes.length === 0) {
    return {
      status: 400,
      error: 'invalid_scope',
      error_description: 'Invalid OAuth scope or ID token audience provided.',
    };
  }
  const mailbox = world.mailboxes.find(textClaim(claims, 'sub'));
  if (mailbox === undefined) {
    return claims['sub'] === undefined || claims['sub'] === SERVICE_ACCOUNT
      ? // Without a subject the token is for the service account itself, which has no mailbox.
        issueForMailbox(context, SERVICE_ACCOUNT, scopes)
      : invalidGrant('Invalid email or User ID');
  }
  if (!mailbox.granted || scopes.some((scope) => !GMAIL_SEND_SCOPES.includes(scope))) {
    return {
      status: 401,
      error: 'unauthorized_client',
      error_description:
        'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.',
    };
  }
  return issueForMailbox(context, mailbox.email, scopes);
}

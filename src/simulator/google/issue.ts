/*
 * Tokens as Google gives them (“Using OAuth 2.0 for Web Server Applications”).
 */
import { createHash } from 'node:crypto';
import { GOOGLE_CLIENT } from '../clients.ts';
import type { Consent } from '../grants.ts';
import { signToken } from '../json-web-token.ts';
import type { ProviderContext } from '../serve-provider.ts';

/** The answer of the token endpoint (RFC 6749 section 5.1). */
export interface GoogleTokenAnswer {
  readonly access_token: string;
  /** Seconds. */
  readonly expires_in: number;
  readonly token_type: 'Bearer';
  readonly scope?: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
}

/** What is answered to somebody's consent. `refresh`: a refresh token comes with it. */
export function issueForPerson(
  context: ProviderContext,
  consent: Consent,
  refresh: boolean,
): GoogleTokenAnswer {
  const scope = consent.scopes.join(' ');
  const { token, expiresIn } = context.tokens.issue({
    aud: GOOGLE_CLIENT,
    azp: GOOGLE_CLIENT,
    email: consent.email,
    scope,
    sub: idOf(consent.email),
  });
  return {
    access_token: token,
    expires_in: expiresIn,
    ...(refresh ? { refresh_token: context.grants.giveRefreshToken(consent) } : {}),
    scope,
    token_type: 'Bearer',
    ...(consent.scopes.includes('openid') ? { id_token: idToken(context, consent) } : {}),
  };
}

/** What a service account gets for the mailbox that it acts for. */
export function issueForMailbox(
  context: ProviderContext,
  email: string,
  scopes: readonly string[],
): GoogleTokenAnswer {
  const { token, expiresIn } = context.tokens.issue({
    aud: 'service-account',
    email,
    scope: scopes.join(' '),
    sub: idOf(email),
  });
  return { access_token: token, expires_in: expiresIn, token_type: 'Bearer' };
}

function idToken({ world, tokens, origin }: ProviderContext, { email, nonce }: Consent): string {
  const seconds = Math.floor(world.clock.now() / 1000);
  return signToken(
    { typ: 'JWT', kid: tokens.keyId },
    {
      iss: origin(),
      azp: GOOGLE_CLIENT,
      aud: GOOGLE_CLIENT,
      sub: idOf(email),
      email,
      email_verified: true,
      ...(nonce === undefined ? {} : { nonce }),
      iat: seconds,
      exp: seconds + 3600,
    },
    world.keys.signing,
  );
}

/** Twenty-one digits, the same for the same address. */
function idOf(email: string): string {
  const hex = createHash('sha256').update(email.toLowerCase()).digest('hex').slice(0, 16);
  return BigInt(`0x${hex}`).toString().padStart(21, '1').slice(-21);
}

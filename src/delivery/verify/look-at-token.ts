import type { TokenPurpose } from '../../oauth/endpoints.ts';
import { type TokenClaims, tokenClaims } from '../../oauth/token-claims.ts';
import type { AccessToken } from '../../oauth/token-source.ts';
import type { OAuth2Settings } from '../../settings/schema-oauth2.ts';
import { lifeText, tokenWarnings } from './token-warnings.ts';
import { usualMailbox } from './usual-mailbox.ts';
import { type Finding, failed, ok, type Verification, warning } from './verification.ts';

/** Gets a token as deliveries do, and says what it is good for. The token itself is never shown. */
export async function lookAtToken(
  run: Verification,
  settings: OAuth2Settings,
  signal: AbortSignal,
): Promise<Finding> {
  const { upstream, tokens, clock } = run;
  const mailbox = usualMailbox(upstream);
  const answer = await tokens.token({
    upstream,
    signal,
    ...(settings.flow === 'service-account' && mailbox !== undefined ? { mailbox } : {}),
  });
  if (answer.kind !== 'token') {
    return failed('There is no token to sign in with.', answer, { details: flowDetails(settings) });
  }
  const lifetime = answer.expiresAt - clock.now();
  const claims = tokenClaims(answer.token.reveal());
  const details = { ...flowDetails(settings), ...tokenDetails(answer, claims) };
  const whom = claims?.aud === undefined ? '' : ` for ${claims.aud}`;
  const text = `The provider gave a token${whom}; it lives for ${lifeText(lifetime)}.`;
  const [first, ...others] = tokenWarnings({
    upstream: upstream.name,
    settings,
    purpose: purposeOf(upstream.kind),
    claims,
    scopes: answer.scopes,
    lifetime,
    mailbox,
  });
  if (first === undefined) return ok(text, { details });
  return warning(
    [first, ...others].map((one) => one.text).join(' '),
    [first, ...others].map((one) => one.remedy).join(' '),
    {
      details,
    },
  );
}

function purposeOf(kind: string): TokenPurpose {
  return kind === 'graph' || kind === 'gmail' ? kind : 'smtp';
}

function flowDetails({ provider, flow, clientId }: OAuth2Settings) {
  return { provider, flow, ...(clientId === undefined ? {} : { client: clientId }) };
}

function tokenDetails(answer: AccessToken, claims: TokenClaims | undefined): NonNullable<Finding['details']> {
  const account = answer.account ?? claims?.upn;
  const scopes = answer.scopes ?? claims?.scp;
  return {
    ...(claims?.aud === undefined ? {} : { audience: claims.aud }),
    ...(claims?.tid === undefined ? {} : { tenant: claims.tid }),
    ...(claims?.roles === undefined ? {} : { roles: claims.roles }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(claims?.appid === undefined ? {} : { application: claims.appid }),
    ...(account === undefined ? {} : { account }),
    expires: new Date(answer.expiresAt).toISOString(),
  };
}

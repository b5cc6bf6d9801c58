import { needsConsent } from '../../oauth/authorization-key.ts';
import { oauthOf } from '../../oauth/authorizations.ts';
import { type OAuthProvider, ProviderFailure } from '../../oauth/provider.ts';
import type { AccessToken, NoToken, TokenRequest, TokenSource } from '../../oauth/token-source.ts';
import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';

/**
 * Tokens of one verification. An application's token is asked of the provider itself: one out of the cache would say nothing about a client
 * secret that was changed, and nothing is kept of it. The consent of a person is left to the token source, for a
 * provider may give another refresh token with every answer, and that has to be stored.
 */
export function freshTokens(
  tokens: TokenSource,
  provider: (upstream: UpstreamSettings) => OAuthProvider,
): TokenSource {
  const got = new Map<string, AccessToken>();

  async function ask({ upstream, mailbox }: TokenRequest): Promise<AccessToken | NoToken> {
    try {
      const { accessToken, expiresAt, scopes, account } = await provider(upstream).applicationToken(mailbox);
      return {
        kind: 'token',
        token: accessToken,
        expiresAt,
        ...(scopes === undefined ? {} : { scopes }),
        ...(account === undefined ? {} : { account }),
      };
    } catch (error) {
      if (error instanceof ProviderFailure) return error.problem;
      throw error;
    }
  }

  return {
    async token(request) {
      if (isPersons(request)) return tokens.token(request);
      const held = got.get(request.mailbox ?? '');
      if (held) return held;
      const answer = await ask(request);
      if (answer.kind === 'token') got.set(request.mailbox ?? '', answer);
      return answer;
    },
    refused(request, token) {
      if (isPersons(request)) tokens.refused(request, token);
      else got.delete(request.mailbox ?? '');
    },
  };
}

function isPersons({ upstream }: TokenRequest): boolean {
  const oauth = oauthOf(upstream);
  return oauth === undefined || needsConsent(oauth);
}

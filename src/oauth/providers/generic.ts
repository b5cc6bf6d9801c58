import {
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  clientCredentialsGrantRequest,
  genericTokenEndpointRequest,
  None,
  refreshTokenGrantRequest,
} from 'oauth4webapi';
import { Secret } from '../../shared/secret.ts';
import { endpointsOf, scopesOf } from '../endpoints.ts';
import type { FailureFacts } from '../failures/failure-facts.ts';
import type { Grant, OAuthProvider } from '../provider.ts';
import { askForGrant } from './ask-for-grant.ts';
import { deviceCodeFlow } from './device-code.ts';
import type { Wire } from './exchange.ts';
import { clientIdOf, missing, type ProviderParts } from './provider-parts.ts';
import { clientOf, overWire, serverOf } from './standard-requests.ts';

/** Any OAuth 2.0 server by its endpoints as typed, over oauth4webapi; there is no discovery. */
export function createGeneric(parts: ProviderParts): OAuthProvider {
  const { settings } = parts;
  const scope = scopesOf(settings, parts.purpose);
  const asked = {
    ...(scope === undefined ? {} : { scope }),
    ...(settings.audience === undefined ? {} : { audience: settings.audience }),
  };
  const authenticate = async (wire: Wire): Promise<ClientAuth> => {
    if (settings.clientSecret === undefined) return None();
    const secret = await wire.reveal(settings.clientSecret);
    // RFC 6749 section 2.3.1: form-encoded, then Basic; the library does both.
    return settings.clientAuthentication === 'basic' ? ClientSecretBasic(secret) : ClientSecretPost(secret);
  };
  const grant = (
    talk: (wire: Wire, auth: ClientAuth) => Promise<unknown>,
    more: Partial<FailureFacts> = {},
  ): Promise<Grant> => askForGrant(parts, async (wire) => talk(wire, await authenticate(wire)), more);

  return {
    async authorizationUrl({ redirectUri, state, codeChallenge }) {
      const { authorization } = endpointsOf(settings);
      const url = new URL(
        authorization ??
          missing('authorizationEndpoint', parts.upstream, 'the address of the provider’s consent page'),
      );
      const parameters = {
        response_type: 'code',
        client_id: clientIdOf(parts),
        redirect_uri: redirectUri,
        ...asked,
        state,
        code_challenge: codeChallenge,
        code_challenge_method: 'S256',
        ...(settings.email === undefined ? {} : { login_hint: settings.email }),
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url.href;
    },
    redeemCode: ({ code, codeVerifier, redirectUri }) =>
      grant(
        (wire, auth) => {
          const parameters = {
            code: wire.show(new Secret(code)),
            code_verifier: wire.show(codeVerifier),
            redirect_uri: redirectUri,
          };
          return genericTokenEndpointRequest(
            serverOf(parts),
            clientOf(parts),
            auth,
            'authorization_code',
            parameters,
            overWire(wire),
          );
        },
        { redirectUri },
      ),
    ...deviceCodeFlow(parts, { asked, starting: authenticate, polling: authenticate }),
    refresh: (refreshToken) =>
      grant((wire, auth) =>
        refreshTokenGrantRequest(
          serverOf(parts),
          clientOf(parts),
          auth,
          wire.show(refreshToken),
          overWire(wire),
        ),
      ),
    applicationToken: () =>
      grant((wire, auth) =>
        clientCredentialsGrantRequest(serverOf(parts), clientOf(parts), auth, asked, overWire(wire)),
      ),
  };
}

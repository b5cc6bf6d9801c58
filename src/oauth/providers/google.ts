import { CodeChallengeMethod, JWT, OAuth2Client } from 'google-auth-library';
import { ClientSecretPost, None } from 'oauth4webapi';
import { RelayError } from '../../shared/errors.ts';
import { Secret } from '../../shared/secret.ts';
import { endpointsOf, GOOGLE, scopesOf } from '../endpoints.ts';
import type { FailureFacts } from '../failures/failure-facts.ts';
import { failureOfSettings } from '../failures/token-failures.ts';
import type { Grant, OAuthProvider } from '../provider.ts';
import { askForGrant } from './ask-for-grant.ts';
import { deviceCodeFlow } from './device-code.ts';
import type { Wire } from './exchange.ts';
import { googleClientSecret } from './google-client-secret.ts';
import { clientIdOf, missing, type ProviderParts } from './provider-parts.ts';
import { readServiceAccountJson, type ServiceAccountJson } from './read-client-json.ts';

/** Google over google-auth-library; a new client for every call. Device codes: see device-code.ts. */
export function createGoogle(parts: ProviderParts): OAuthProvider {
  const { settings, upstream } = parts;
  const scope = scopesOf(settings, parts.purpose) ?? '';
  // So that the answer says whose account it is; Google gives these two with any others.
  const withAccount = [...new Set([...scope.split(' '), 'openid', 'email'])].join(' ');

  const grant = (
    talk: (client: OAuth2Client, wire: Wire) => Promise<unknown>,
    more: Partial<FailureFacts> = {},
  ): Promise<Grant> =>
    askForGrant(
      parts,
      async (wire) => talk(clientOver(parts, await clientSecretOf(parts, wire), wire), wire),
      more,
    );

  return {
    authorizationUrl: async ({ redirectUri, state, codeChallenge }) => {
      const { authorization = GOOGLE.authorization } = endpointsOf(settings);
      // The library writes a question mark whether there is one already or not.
      const typed = new URL(authorization);
      const client = new OAuth2Client({
        clientId: clientIdOf(parts),
        endpoints: { oauth2AuthBaseUrl: `${typed.origin}${typed.pathname}` },
      });
      const url = new URL(
        client.generateAuthUrl({
          scope: withAccount,
          redirect_uri: redirectUri,
          state,
          access_type: 'offline',
          // Without consent there is no refresh token the second time.
          prompt: 'consent select_account',
          code_challenge: codeChallenge,
          code_challenge_method: CodeChallengeMethod.S256,
          ...(settings.email === undefined ? {} : { login_hint: settings.email }),
        }),
      );
      for (const [name, value] of typed.searchParams) url.searchParams.append(name, value);
      return url.href;
    },
    redeemCode: ({ code, codeVerifier, redirectUri }) =>
      grant(
        (client, wire) =>
          client.getToken({
            code: wire.show(new Secret(code)),
            codeVerifier: wire.show(codeVerifier),
            redirect_uri: redirectUri,
          }),
        { redirectUri },
      ),
    ...deviceCodeFlow(parts, {
      asked: { scope: withAccount },
      starting: () => None(),
      polling: async (wire) => {
        const secret = await clientSecretOf(parts, wire);
        return secret === undefined ? None() : ClientSecretPost(secret);
      },
    }),
    refresh: (refreshToken) =>
      grant((client, wire) => {
        client.setCredentials({ refresh_token: wire.show(refreshToken) });
        return client.refreshAccessToken();
      }),
    applicationToken: (mailbox) => {
      const subject = mailbox ?? settings.mailbox ?? settings.email;
      return askForGrant(
        parts,
        async (wire) => {
          if (subject === undefined)
            missing('mailbox', upstream, 'the user of the domain that mail is sent as');
          const account = await serviceAccountOf(parts, wire);
          if (account.clientId !== undefined) wire.note({ serviceAccountClientId: account.clientId });
          const endpoint = settings.tokenEndpoint ?? account.tokenEndpoint ?? GOOGLE.token;
          const client = new JWT({
            email: account.email,
            key: wire.show(account.privateKey),
            scopes: scope.split(' '),
            subject,
            // The library knows one token endpoint only: the proof is made out to ours, and sent there.
            additionalClaims: { aud: endpoint },
            ...transportOver(wire, endpoint),
          });
          await client.authorize();
        },
        subject === undefined ? {} : { mailbox: subject },
      );
    },
  };
}

/** As typed, or out of the downloaded client file. */
async function clientSecretOf(
  { settings, upstream }: ProviderParts,
  wire: Wire,
): Promise<string | undefined> {
  if (settings.clientSecret === undefined) return undefined;
  const text = await wire.reveal(settings.clientSecret);
  return wire.show(usable('clientSecret', upstream, () => googleClientSecret(text, settings.clientId)));
}

async function serviceAccountOf(
  { settings, upstream }: ProviderParts,
  wire: Wire,
): Promise<ServiceAccountJson> {
  const source =
    settings.serviceAccount ??
    missing('serviceAccount', upstream, 'the JSON key file of the service account');
  const text = await wire.reveal(source);
  return usable('serviceAccount', upstream, () => readServiceAccountJson(text));
}

/** What is read from a file of Google's console; a fault of the settings where it is another file. */
function usable<T>(name: 'clientSecret' | 'serviceAccount', upstream: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RelayError)) throw error;
    throw failureOfSettings(
      `${name} of upstream ${upstream} cannot be used: ${error.publicMessage}.`,
      error.hint ?? '',
    );
  }
}

function clientOver(parts: ProviderParts, secret: string | undefined, wire: Wire): OAuth2Client {
  const { token = GOOGLE.token } = endpointsOf(parts.settings);
  return new OAuth2Client({
    clientId: clientIdOf(parts),
    ...(secret === undefined ? {} : { clientSecret: secret }),
    endpoints: { oauth2TokenUrl: token },
    ...transportOver(wire, token),
  });
}

/** Gaxios over our wire: no retries, no log of its own (its interceptors write tokens when GOOGLE_SDK_NODE_LOGGING is set). */
function transportOver(wire: Wire, endpoint: string) {
  const fetchImplementation = async (_input: unknown, init?: RequestInit): Promise<Response> => {
    const headers = Object.fromEntries(new Headers(init?.headers).entries());
    const body = init?.body instanceof URLSearchParams ? init.body.toString() : '';
    await wire.post({
      url: endpoint,
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' },
      body,
    });
    // The tokens were read from the answer; the library gets none.
    return new Response('{}', { headers: { 'content-type': 'application/json' } });
  };
  return {
    useAuthRequestParameters: false,
    transporterOptions: {
      fetchImplementation,
      // The way out is ours: HTTPS_PROXY, which Gaxios would read, is not, and may not even be an address.
      noProxy: [/^/],
      retryConfig: { retry: 0, noResponseRetries: 0, shouldRetry: () => false },
    },
  };
}

import {
  ConfidentialClientApplication,
  type Configuration,
  type INetworkModule,
  LogLevel,
  ProtocolMode,
  PublicClientApplication,
} from '@azure/msal-node';
import { type ClientAuth, ClientSecretPost, modifyAssertion, None, PrivateKeyJwt } from 'oauth4webapi';
import { microsoftTenant, namesNoTenant } from '../../settings/microsoft-tenant.ts';
import { Secret } from '../../shared/secret.ts';
import { endpointsOf, scopesOf } from '../endpoints.ts';
import type { FailureFacts } from '../failures/failure-facts.ts';
import { failureOfSettings } from '../failures/token-failures.ts';
import type { Grant, OAuthProvider } from '../provider.ts';
import { askForGrant } from './ask-for-grant.ts';
import { type ClientCertificate, readClientCertificate } from './client-certificate.ts';
import { deviceCodeFlow } from './device-code.ts';
import type { Wire } from './exchange.ts';
import { clientIdOf, missing, type ProviderParts } from './provider-parts.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** What MSAL adds to every delegated request by itself. */
const OWN_SCOPES: readonly string[] = ['openid', 'profile', 'offline_access'];

/** How the application proves itself. */
type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'secret' | 'assertion'; readonly text: string }
  | { readonly kind: 'certificate'; readonly certificate: ClientCertificate };

/**
 * Microsoft Entra ID over MSAL. A new client for every call, so that MSAL's cache holds nothing afterwards; all metadata is given to it,
 * so that it asks nobody which authority this is. Device codes: see device-code.ts.
 */
export function createMicrosoft(parts: ProviderParts): OAuthProvider {
  const { settings, upstream } = parts;
  const scope = scopesOf(settings, parts.purpose) ?? '';
  const scopes = scope.split(' ').filter((one) => !OWN_SCOPES.includes(one));

  const grant = (
    talk: (client: MicrosoftClient, wire: Wire) => Promise<unknown>,
    more: Partial<FailureFacts> = {},
  ): Promise<Grant> =>
    askForGrant(
      parts,
      async (wire) => talk(clientOver(parts, await credentialOf(parts, wire), wire), wire),
      more,
    );

  return {
    authorizationUrl: async ({ redirectUri, state, codeChallenge }) => {
      const client = new PublicClientApplication(configurationOf(parts, NO_NETWORK));
      return client.getAuthCodeUrl({
        scopes,
        redirectUri,
        state,
        codeChallenge,
        codeChallengeMethod: 'S256',
        // Browsers of administrators are signed in as somebody else: the account that is meant has to say so itself.
        ...(settings.email === undefined
          ? { prompt: 'select_account' }
          : { prompt: 'login', loginHint: settings.email }),
      });
    },
    redeemCode: ({ code, codeVerifier, redirectUri }) =>
      grant(
        (client, wire) =>
          client.acquireTokenByCode({
            scopes,
            redirectUri,
            code: wire.show(new Secret(code)),
            codeVerifier: wire.show(codeVerifier),
          }),
        { redirectUri },
      ),
    ...deviceCodeFlow(parts, {
      asked: { scope: [...scopes, ...OWN_SCOPES].join(' ') },
      starting: () => None(),
      polling: async (wire) => clientAuthOf(parts, await credentialOf(parts, wire)),
    }),
    refresh: (refreshToken) =>
      grant((client, wire) =>
        client.acquireTokenByRefreshToken({ scopes, refreshToken: wire.show(refreshToken) }),
      ),
    applicationToken: () =>
      grant((client) => {
        if (!(client instanceof ConfidentialClientApplication)) {
          return missing('clientSecret', upstream, 'or clientCertificate, or clientAssertion');
        }
        const tenant = microsoftTenant(settings);
        if (tenant === undefined || namesNoTenant(tenant)) {
          missing('tenantId', upstream, 'the tenant itself; an application cannot sign in at /common');
        }
        // An environment variable of MSAL must not send the request to another host.
        return client.acquireTokenByClientCredential({
          scopes,
          skipCache: true,
          azureRegion: 'DisableMsalForceRegion',
        });
      }),
  };
}

type MicrosoftClient = ConfidentialClientApplication | PublicClientApplication;

async function credentialOf({ settings, upstream }: ProviderParts, wire: Wire): Promise<Credential> {
  const { clientSecret, clientCertificate, clientAssertion } = settings;
  if (clientSecret !== undefined) return { kind: 'secret', text: await wire.reveal(clientSecret) };
  if (clientAssertion !== undefined) {
    return { kind: 'assertion', text: (await wire.reveal(clientAssertion)).trim() };
  }
  if (clientCertificate === undefined) return { kind: 'none' };
  const certificate = readClientCertificate(await wire.reveal(clientCertificate), upstream);
  return { kind: 'certificate', certificate };
}

function clientOver(parts: ProviderParts, credential: Credential, wire: Wire): MicrosoftClient {
  const configuration = configurationOf(parts, networkOver(wire));
  const confidential = (auth: Partial<Configuration['auth']>) =>
    new ConfidentialClientApplication({ ...configuration, auth: { ...configuration.auth, ...auth } });
  switch (credential.kind) {
    case 'none':
      return new PublicClientApplication(configuration);
    case 'secret':
      return confidential({ clientSecret: credential.text });
    case 'assertion':
      return confidential({ clientAssertion: credential.text });
    case 'certificate': {
      const { key, thumbprint, chain } = credential.certificate;
      const privateKey = key.export({ type: 'pkcs8', format: 'pem' });
      return confidential({ clientCertificate: { thumbprintSha256: thumbprint, privateKey, x5c: chain } });
    }
  }
}

/** The same proof for requests that MSAL does not make. */
function clientAuthOf(parts: ProviderParts, credential: Credential): ClientAuth | Promise<ClientAuth> {
  switch (credential.kind) {
    case 'none':
      return None();
    case 'secret':
      return ClientSecretPost(credential.text);
    case 'assertion':
      return (_server, client, body) => {
        body.set('client_id', client.client_id);
        body.set('client_assertion_type', ASSERTION_TYPE);
        body.set('client_assertion', credential.text);
      };
    case 'certificate': {
      const { key, thumbprint } = credential.certificate;
      const algorithm = { name: 'RSA-PSS', hash: 'SHA-256' };
      return PrivateKeyJwt(key.toCryptoKey(algorithm, false, ['sign']), {
        [modifyAssertion]: (header, payload) => {
          header['x5t#S256'] = Buffer.from(thumbprint, 'hex').toString('base64url');
          payload['aud'] = endpointsOf(parts.settings).token ?? '';
        },
      });
    }
  }
}

/**
 * The authority is a name here and no address: the endpoints are in the metadata, as typed or filled in. OIDC mode keeps MSAL from
 * putting a tenant into their paths.
 */
function configurationOf(parts: ProviderParts, networkClient: INetworkModule): Configuration {
  const { authorization, token } = endpointsOf(parts.settings);
  if (token === undefined || !URL.canParse(token)) {
    return missing('tokenEndpoint', parts.upstream, 'or tenantId, from which it is filled in');
  }
  const { host } = new URL(token);
  const authority = `https://${host}/${encodeURIComponent(microsoftTenant(parts.settings) ?? 'organizations')}`;
  return {
    auth: {
      clientId: clientIdOf(parts),
      authority,
      knownAuthorities: [host],
      authorityMetadata: JSON.stringify({
        issuer: authority,
        authorization_endpoint: authorization,
        token_endpoint: token,
        end_session_endpoint: '',
        jwks_uri: '',
      }),
    },
    system: {
      networkClient,
      protocolMode: ProtocolMode.OIDC,
      loggerOptions: { loggerCallback: () => undefined, piiLoggingEnabled: false, logLevel: LogLevel.Error },
    },
  };
}

function networkOver(wire: Wire): INetworkModule {
  return {
    ...NO_NETWORK,
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- MSAL's interface
    async sendPostRequestAsync<T>(
      url: string,
      options?: { headers?: Record<string, string>; body?: string },
    ) {
      const answer = await wire.post({ url, headers: options?.headers ?? {}, body: options?.body ?? '' });
      // The tokens were read from the answer; MSAL gets none, so that its cache never holds any.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- MSAL reads every field as if it could be absent
      return { status: answer.status, headers: {}, body: {} as T };
    },
  };
}

const REFUSED = () =>
  Promise.reject(failureOfSettings('MSAL asked for a discovery that is not wanted.', 'Please report this.'));

/** Nothing is asked of an authority about itself. */
const NO_NETWORK: INetworkModule = { sendGetRequestAsync: REFUSED, sendPostRequestAsync: REFUSED };

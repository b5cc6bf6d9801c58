import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Configuration, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { TestCertificate } from '../support/certificates.ts';

/** The mailbox that people sign in as and that the application is granted. */
export const MAILBOX = 'relay@example.com';
/** The resource that access tokens are for. */
export const MAIL_SERVER = 'urn:example:mail';

export const CLIENT = { id: 'postern', secret: 'a secret~with+odd %characters&=' } as const;
/** Reads tokens by introspection: Dovecot. */
export const CHECKER = { id: 'dovecot', secret: 'checks-tokens' } as const;

/** A certified authorization server (oidc-provider) on loopback. */
export interface AuthorizationServer {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly deviceAuthorizationEndpoint: string;
  readonly introspectionEndpoint: string;
  readonly revocationEndpoint: string;
  /** PEM; access tokens in JWT form are signed with its private half. */
  readonly publicKey: string;
  /** Token requests answered with 200 since the start, by grant type. */
  readonly granted: ReadonlyMap<string, number>;
  /** Refresh tokens given out, newest last. */
  readonly refreshTokens: readonly string[];
  close(): Promise<void>;
}

/**
 * Starts it. `tokens` chooses their form; a JWT is padded to about `length` characters. Every refresh gives another refresh
 * token and makes the old one void.
 */
export async function startAuthorizationServer(options: {
  readonly certificate: TestCertificate;
  readonly tokens: 'opaque' | 'jwt';
  readonly length?: number;
  /** Seconds that an access token lives. */
  readonly lifetime?: number;
  readonly redirectUris: readonly string[];
}): Promise<AuthorizationServer> {
  const { certificate, tokens, length = 500, lifetime = 3600 } = options;
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const server = createServer({ cert: certificate.chain, key: certificate.key });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on TCP
  const { port } = server.address() as AddressInfo;
  const issuer = `https://localhost:${port}`;
  const granted = new Map<string, number>();
  const refreshTokens: string[] = [];
  const configuration: Configuration = {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: [
          'authorization_code',
          'refresh_token',
          'client_credentials',
          'urn:ietf:params:oauth:grant-type:device_code',
        ],
        response_types: ['code'],
        redirect_uris: [...options.redirectUris],
      },
      {
        client_id: CHECKER.id,
        client_secret: CHECKER.secret,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: [],
        response_types: [],
        redirect_uris: [],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'signing' }] },
    cookies: { keys: [randomUUID()] },
    scopes: ['openid', 'email', 'profile', 'offline_access', 'mail'],
    claims: { openid: ['sub'], email: ['email'], profile: ['preferred_username'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id, preferred_username: id }),
    }),
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    ttl: { AccessToken: lifetime, ClientCredentials: lifetime, RefreshToken: 86_400, Grant: 86_400 },
    extraTokenClaims: () => ({
      email: MAILBOX,
      ...(tokens === 'jwt' ? { padding: 'x'.repeat(Math.max(0, Math.ceil((length - 650) * 0.75))) } : {}),
    }),
    formats: {
      bitsOfOpaqueRandomness: () => length * 6,
      customizers: {
        // Dovecot takes tokens whose type is JWT only, not at+jwt (RFC 9068).
        jwt(_context, _token, parts) {
          parts.header = { ...parts.header, typ: 'JWT' };
        },
      },
    },
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => MAIL_SERVER,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'mail offline_access',
          audience: MAIL_SERVER,
          accessTokenTTL: lifetime,
          accessTokenFormat: tokens,
          ...(tokens === 'jwt' ? { jwt: { sign: { alg: 'RS256' } } } : {}),
        }),
      },
    },
  };
  const provider = new Provider(issuer, configuration);
  provider.on('grant.success', (context: KoaContextWithOIDC) => {
    const type = String(context.oidc.params?.['grant_type']);
    granted.set(type, (granted.get(type) ?? 0) + 1);
    const { body } = context;
    if (typeof body === 'object' && body !== null && 'refresh_token' in body)
      refreshTokens.push(String(body.refresh_token));
  });
  const listener = provider.callback();
  server.on('request', (request, response) => {
    // Whoever signs in chooses an account anyway: it knows no prompt for that alone. And it gives no offline access without a
    // prompt for consent, which Entra ID shows of itself where there is none yet.
    request.url = request.url
      ?.replace('prompt=login', 'prompt=login%20consent')
      .replace(/select_account(?:%20|\+)?|(?:%20|\+)select_account/, '');
    void listener(request, response);
  });
  return {
    issuer,
    authorizationEndpoint: `${issuer}/auth`,
    tokenEndpoint: `${issuer}/token`,
    deviceAuthorizationEndpoint: `${issuer}/device/auth`,
    introspectionEndpoint: `${issuer}/token/introspection`,
    revocationEndpoint: `${issuer}/token/revocation`,
    publicKey: publicKey.export({ format: 'pem', type: 'spki' }),
    granted,
    refreshTokens,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

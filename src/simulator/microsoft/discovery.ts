/*
 * Metadata of the authority (“OpenID Connect on the Microsoft identity platform”), its keys, and instance discovery.
 */
import type { Express } from 'express';
import { MICROSOFT_TENANT } from '../clients.ts';
import type { ProviderContext } from '../serve-provider.ts';
import { pathPart } from '../web.ts';

/** Adds them to the app. */
export function discovery(app: Express, { origin, tokens }: ProviderContext): void {
  app.get('/common/discovery/instance', (_request, response) => {
    const { host } = new URL(origin());
    response.json({
      tenant_discovery_endpoint: `${origin()}/${MICROSOFT_TENANT}/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    });
  });

  app.get(
    ['/:tenant/v2.0/.well-known/openid-configuration', '/:tenant/.well-known/openid-configuration'],
    (request, response) => {
      const base = `${origin()}/${encodeURIComponent(pathPart(request, 'tenant'))}`;
      response.json({
        issuer: `${origin()}/${MICROSOFT_TENANT}/v2.0`,
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/oauth2/v2.0/token`,
        device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
        end_session_endpoint: `${base}/oauth2/v2.0/logout`,
        jwks_uri: `${base}/discovery/v2.0/keys`,
        token_endpoint_auth_methods_supported: [
          'client_secret_post',
          'private_key_jwt',
          'client_secret_basic',
        ],
        response_modes_supported: ['query'],
        response_types_supported: ['code'],
        scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
        subject_types_supported: ['pairwise'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256', 'plain'],
        tenant_region_scope: 'EU',
        cloud_instance_name: new URL(origin()).host,
        cloud_graph_host_name: new URL(origin()).host,
      });
    },
  );

  app.get('/:tenant/discovery/v2.0/keys', (_request, response) => {
    const { n, e } = tokens.publicKey.export({ format: 'jwk' });
    response.json({ keys: [{ kty: 'RSA', use: 'sig', kid: tokens.keyId, x5t: tokens.keyId, n, e }] });
  });
}

import { createHash } from 'node:crypto';
import { GOOGLE_CLIENT, GOOGLE_PROJECT, SERVICE_ACCOUNT, SERVICE_ACCOUNT_ID } from '../clients.ts';
import { privatePem } from '../keys.ts';
import { type ProviderParts, type StartedProvider, serveProvider } from '../serve-provider.ts';
import type { SimulatedAccount, SimulatedGoogle } from '../simulator.ts';
import type { World } from '../world.ts';
import { authorizeEndpoint } from './authorize-endpoint.ts';
import { gmailApi } from './gmail-api.ts';
import { createGmailSmtp } from './gmail-smtp.ts';
import { tokenEndpoint } from './token-endpoint.ts';

/** Google's accounts, SMTP and the Gmail API, on two ports. */
export async function startGoogle(
  world: World,
  account: SimulatedAccount,
  ports: { readonly web: number; readonly smtp: number },
): Promise<StartedProvider<SimulatedGoogle>> {
  const { origin, smtpPort, revoke, close } = await serveProvider(world, parts(account), ports);
  const endpoints = { auth_uri: `${origin}/o/oauth2/v2/auth`, token_uri: `${origin}/token` };
  const shared = { project_id: GOOGLE_PROJECT, ...endpoints };
  const privateKey = privatePem(world.keys.serviceAccount);
  return {
    description: {
      clientId: GOOGLE_CLIENT,
      get clientSecret() {
        return world.clients.googleSecret();
      },
      authorizationEndpoint: endpoints.auth_uri,
      tokenEndpoint: endpoints.token_uri,
      deviceAuthorizationEndpoint: `${origin}/device/code`,
      smtp: { host: 'localhost', port: smtpPort },
      account,
      api: origin,
      get clientJson() {
        const client_secret = world.clients.googleSecret();
        return JSON.stringify({
          web: {
            client_id: GOOGLE_CLIENT,
            client_secret,
            ...shared,
            redirect_uris: ['http://localhost:8025/login/smtp-verification'],
          },
        });
      },
      serviceAccountJson: JSON.stringify({
        type: 'service_account',
        project_id: GOOGLE_PROJECT,
        private_key_id: createHash('sha1').update(privateKey).digest('hex'),
        private_key: privateKey,
        client_email: SERVICE_ACCOUNT,
        client_id: SERVICE_ACCOUNT_ID,
        ...endpoints,
        universe_domain: 'googleapis.com',
      }),
    },
    revoke,
    close,
  };
}

function parts(account: SimulatedAccount): ProviderParts {
  return {
    prefixes: { code: '4/0A', refresh: '1//0' },
    issuer: 'https://accounts.google.com',
    opaque: true,
    endpoints(app, context, usage) {
      tokenEndpoint(app, context);
      authorizeEndpoint(app, context, account);
      gmailApi(app, context, usage);
    },
    smtp: createGmailSmtp,
  };
}

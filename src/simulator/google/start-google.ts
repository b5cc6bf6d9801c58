import { createHash } from 'node:crypto';
import { createAccessTokens } from '../access-tokens.ts';
import { GOOGLE_CLIENT, GOOGLE_PROJECT, SERVICE_ACCOUNT, SERVICE_ACCOUNT_ID } from '../clients.ts';
import { createGrants } from '../grants.ts';
import { privatePem } from '../keys.ts';
import type { StartedProvider } from '../microsoft/start-microsoft.ts';
import type { SimulatedAccount, SimulatedGoogle } from '../simulator.ts';
import { serveSmtp } from '../smtp-service.ts';
import { createUsage } from '../usage.ts';
import { createWebApp, serveApp } from '../web.ts';
import type { World } from '../world.ts';
import { authorizeEndpoint } from './authorize-endpoint.ts';
import type { GoogleContext } from './context.ts';
import { gmailApi } from './gmail-api.ts';
import { createGmailSmtp } from './gmail-smtp.ts';
import { tokenEndpoint } from './token-endpoint.ts';

/** Google's accounts, SMTP and the Gmail API, on two ports. */
export async function startGoogle(
  world: World,
  account: SimulatedAccount,
  ports: { readonly web: number; readonly smtp: number },
): Promise<StartedProvider<SimulatedGoogle>> {
  let origin = '';
  const context: GoogleContext = {
    world,
    grants: createGrants(world.clock, { code: '4/0A', refresh: '1//0' }),
    tokens: createAccessTokens({
      key: world.keys.signing,
      clock: world.clock,
      manners: world.manners,
      issuer: () => 'https://accounts.google.com',
      opaque: true,
    }),
    origin: () => origin,
  };
  const usage = createUsage(world.clock);
  const app = createWebApp();
  tokenEndpoint(app, context);
  authorizeEndpoint(app, context, account);
  gmailApi(app, context, usage);
  const web = await serveApp(app, world.authority, ports.web);
  origin = `https://localhost:${web.port}`;
  const smtp = await serveSmtp(createGmailSmtp(context, usage), world, ports.smtp).catch(
    async (error: unknown) => {
      await web.close();
      throw error;
    },
  );
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
      smtp: { host: 'localhost', port: smtp.port },
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
    revoke(what) {
      context.tokens.revoke();
      if (what === 'grants') context.grants.revoke();
    },
    async close() {
      await Promise.all([web.close(), smtp.close()]);
    },
  };
}

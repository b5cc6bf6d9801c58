import { createAccessTokens } from '../access-tokens.ts';
import { MICROSOFT_CLIENT, MICROSOFT_TENANT } from '../clients.ts';
import { createGrants } from '../grants.ts';
import type { SimulatedAccount, SimulatedMicrosoft } from '../simulator.ts';
import { serveSmtp } from '../smtp-service.ts';
import { createUsage } from '../usage.ts';
import { createWebApp, serveApp } from '../web.ts';
import type { World } from '../world.ts';
import { authorizeEndpoint } from './authorize-endpoint.ts';
import type { MicrosoftContext } from './context.ts';
import { discovery } from './discovery.ts';
import { createExchange } from './exchange.ts';
import { graph } from './graph.ts';
import { tokenEndpoint } from './token-endpoint.ts';

export interface StartedProvider<Description> {
  readonly description: Description;
  revoke(what: 'tokens' | 'grants'): void;
  close(): Promise<void>;
}

/** Microsoft Entra, Exchange Online and Graph, on two ports. */
export async function startMicrosoft(
  world: World,
  account: SimulatedAccount,
  ports: { readonly web: number; readonly smtp: number },
): Promise<StartedProvider<SimulatedMicrosoft>> {
  let origin = '';
  const context: MicrosoftContext = {
    world,
    grants: createGrants(world.clock, { code: '1.AXoA', refresh: '1.AXoA' }),
    tokens: createAccessTokens({
      key: world.keys.signing,
      clock: world.clock,
      manners: world.manners,
      issuer: () => `https://sts.windows.net/${MICROSOFT_TENANT}/`,
      opaque: false,
    }),
    origin: () => origin,
  };
  const usage = createUsage(world.clock);
  const app = createWebApp();
  discovery(app, context);
  tokenEndpoint(app, context);
  authorizeEndpoint(app, context, account);
  graph(app, context, usage);
  const web = await serveApp(app, world.authority, ports.web);
  origin = `https://localhost:${web.port}`;
  const smtp = await serveSmtp(createExchange(context, usage), world, ports.smtp).catch(
    async (error: unknown) => {
      await web.close();
      throw error;
    },
  );
  const authority = `${origin}/${MICROSOFT_TENANT}/oauth2/v2.0`;
  return {
    description: {
      tenantId: MICROSOFT_TENANT,
      clientId: MICROSOFT_CLIENT,
      get clientSecret() {
        return world.clients.microsoftSecret();
      },
      authorizationEndpoint: `${authority}/authorize`,
      tokenEndpoint: `${authority}/token`,
      deviceAuthorizationEndpoint: `${authority}/devicecode`,
      smtp: { host: 'localhost', port: smtp.port },
      account,
      api: origin,
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

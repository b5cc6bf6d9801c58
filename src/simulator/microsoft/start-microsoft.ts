import { MICROSOFT_CLIENT, MICROSOFT_TENANT } from '../clients.ts';
import { type ProviderParts, type StartedProvider, serveProvider } from '../serve-provider.ts';
import type { SimulatedAccount, SimulatedMicrosoft } from '../simulator.ts';
import type { World } from '../world.ts';
import { authorizeEndpoint } from './authorize-endpoint.ts';
import { discovery } from './discovery.ts';
import { createExchange } from './exchange.ts';
import { graph } from './graph.ts';
import { tokenEndpoint } from './token-endpoint.ts';

/** Microsoft Entra, Exchange Online and Graph, on two ports. */
export async function startMicrosoft(
  world: World,
  account: SimulatedAccount,
  ports: { readonly web: number; readonly smtp: number },
): Promise<StartedProvider<SimulatedMicrosoft>> {
  const { origin, smtpPort, revoke, close } = await serveProvider(world, parts(account), ports);
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
      smtp: { host: 'localhost', port: smtpPort },
      account,
      api: origin,
    },
    revoke,
    close,
  };
}

function parts(account: SimulatedAccount): ProviderParts {
  return {
    prefixes: { code: '1.AXoA', refresh: '1.AXoA' },
    issuer: `https://sts.windows.net/${MICROSOFT_TENANT}/`,
    opaque: false,
    endpoints(app, context, usage) {
      discovery(app, context);
      tokenEndpoint(app, context);
      authorizeEndpoint(app, context, account);
      graph(app, context, usage);
    },
    smtp: createExchange,
  };
}

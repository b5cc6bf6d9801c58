import type { Express } from 'express';
import { type AccessTokens, createAccessTokens } from './access-tokens.ts';
import { createGrants, type Grants } from './grants.ts';
import type { MailService } from './mail-service.ts';
import { serveSmtp } from './smtp-service.ts';
import { createUsage, type Usage } from './usage.ts';
import { createWebApp, serveApp } from './web.ts';
import type { World } from './world.ts';

/** What the endpoints of a simulated provider share. */
export interface ProviderContext {
  readonly world: World;
  readonly grants: Grants;
  readonly tokens: AccessTokens;
  /** `https://localhost:PORT` */
  origin(): string;
}

/** In what the providers differ. */
export interface ProviderParts {
  /** How codes and refresh tokens begin. */
  readonly prefixes: Parameters<typeof createGrants>[1];
  readonly issuer: string;
  /** Access tokens say nothing to those who read them. */
  readonly opaque: boolean;
  /** Adds the endpoints of the accounts and of the API. */
  endpoints(app: Express, context: ProviderContext, usage: Usage): void;
  smtp(context: ProviderContext, usage: Usage): MailService;
}

export interface ServedProvider {
  readonly origin: string;
  readonly smtpPort: number;
  revoke(what: 'tokens' | 'grants'): void;
  close(): Promise<void>;
}

/** A provider as the simulator describes it to whoever started it. */
export interface StartedProvider<Description> extends Pick<ServedProvider, 'revoke' | 'close'> {
  readonly description: Description;
}

/** Accounts, API and SMTP of a provider, on two ports; where one is taken, the other is given back. */
export async function serveProvider(
  world: World,
  parts: ProviderParts,
  ports: { readonly web: number; readonly smtp: number },
): Promise<ServedProvider> {
  const { keys, clock, manners, authority } = world;
  const grants = createGrants(clock, parts.prefixes);
  const tokens = createAccessTokens({
    key: keys.signing,
    clock,
    manners,
    issuer: () => parts.issuer,
    opaque: parts.opaque,
  });
  let origin = '';
  const context: ProviderContext = { world, grants, tokens, origin: () => origin };
  const usage = createUsage(clock);
  const app = createWebApp();
  parts.endpoints(app, context, usage);
  const web = await serveApp(app, authority, ports.web);
  origin = `https://localhost:${web.port}`;
  const smtp = await serveSmtp(parts.smtp(context, usage), world, ports.smtp).catch(
    async (error: unknown) => {
      await web.close();
      throw error;
    },
  );
  return {
    origin,
    smtpPort: smtp.port,
    revoke(what) {
      tokens.revoke();
      if (what === 'grants') grants.revoke();
    },
    async close() {
      await Promise.all([web.close(), smtp.close()]);
    },
  };
}

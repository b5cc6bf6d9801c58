import type { OAuth2Settings } from './schema-oauth2.ts';

type Typed = Pick<OAuth2Settings, 'tenantId' | 'tokenEndpoint' | 'authorizationEndpoint'>;

/** Stand in the place of a tenant for all, all of companies, or all private ones. */
const SHARED: readonly string[] = ['common', 'organizations', 'consumers'];

/** The tenant of a Microsoft authority: as typed, or out of a typed endpoint (`https://HOST/TENANT/oauth2/…`). */
export function microsoftTenant(settings: Typed): string | undefined {
  if (settings.tenantId !== undefined) return settings.tenantId;
  for (const endpoint of [settings.tokenEndpoint, settings.authorizationEndpoint]) {
    const path = endpoint !== undefined && URL.canParse(endpoint) ? new URL(endpoint).pathname : '';
    const tenant = /^\/([^/]+)\/oauth2\//.exec(path)?.[1];
    if (tenant !== undefined) return decoded(tenant);
  }
  return undefined;
}

/** Whether it stands for many tenants; an application alone cannot sign in there. */
export function namesNoTenant(tenant: string): boolean {
  return SHARED.includes(tenant.toLowerCase());
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

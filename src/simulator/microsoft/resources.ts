/*
 * Which API a scope is for. Microsoft's scopes carry the address of the API in front; those without one are for Graph. One token is
 * for one API.
 */

export interface Resource {
  readonly audience: string;
  /** Permissions that an application has there (roles). */
  readonly roles: readonly string[];
}

const EXCHANGE_HOSTS = [
  'outlook.office.com',
  'outlook.office365.com',
  'outlook.office365.us',
  'outlook.office365-dod.us',
  'partner.outlook.cn',
];
const GRAPH_HOSTS = [
  'graph.microsoft.com',
  'graph.microsoft.us',
  'dod-graph.microsoft.us',
  'microsoftgraph.chinacloudapi.cn',
];
const IDENTITY = ['openid', 'profile', 'email', 'offline_access'];

/** Permissions of applications in Exchange and Graph. */
const EXCHANGE_ROLES = ['SMTP.SendAsApp'];
const GRAPH_ROLES = ['Mail.ReadWrite', 'Mail.Send'];
/** Permissions that people may give. */
const EXCHANGE_SCOPES = ['SMTP.Send'];
const GRAPH_SCOPES = ['Mail.ReadWrite', 'Mail.Send', 'User.Read'];

export interface ResolvedScopes {
  readonly resource: Resource;
  /** Without the address in front; `.default` stands for all. */
  readonly permissions: readonly string[];
  /** As they are told back to the client. */
  readonly granted: readonly string[];
}

/** `graph` is the address of the simulator's own Graph. */
export function resolveScopes(
  scopes: readonly string[],
  graph: string,
): ResolvedScopes | { readonly unknown: string } | { readonly several: true } {
  const wanted = scopes.filter((scope) => !IDENTITY.includes(scope));
  const parsed = wanted.length === 0 ? [splitScope('User.Read')] : wanted.map(splitScope);
  const [first] = parsed;
  if (first === undefined) return { unknown: '' };
  if (parsed.some(({ api }) => api !== first.api)) return { several: true };
  const host = URL.canParse(first.api) ? new URL(first.api).host : '';
  const exchange = EXCHANGE_HOSTS.includes(host);
  const known = exchange || GRAPH_HOSTS.includes(host) || host === new URL(graph).host;
  if (!known) return { unknown: first.api };
  const all = exchange ? EXCHANGE_SCOPES : GRAPH_SCOPES;
  const permissions = [...new Set(parsed.flatMap(({ name }) => (name === '.default' ? all : [name])))];
  const strange = permissions.find((name) => !all.includes(name));
  if (strange !== undefined) return { unknown: `${first.api}/${strange}` };
  return {
    resource: { audience: first.api, roles: exchange ? EXCHANGE_ROLES : GRAPH_ROLES },
    permissions,
    granted: permissions.map((name) => `${first.api}/${name}`),
  };
}

/** Whether a token with this audience is for Exchange, or for Graph. */
export function audienceIs(audience: string, what: 'exchange' | 'graph', graph: string): boolean {
  const host = URL.canParse(audience) ? new URL(audience).host : '';
  if (what === 'exchange') return EXCHANGE_HOSTS.includes(host);
  return GRAPH_HOSTS.includes(host) || host === new URL(graph).host;
}

function splitScope(scope: string): { api: string; name: string } {
  const slash = scope.lastIndexOf('/');
  if (slash < 0) return { api: 'https://graph.microsoft.com', name: scope };
  // `https://outlook.office365.com//.default` is seen as well.
  return { api: scope.slice(0, slash).replace(/\/$/, ''), name: scope.slice(slash + 1) };
}

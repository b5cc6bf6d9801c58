import { type RouteSettings, type Settings, TEST_RELAY } from '../settings/schema.ts';

/** Where mail can go by the settings: routes, clients, users, the default. Pure. */
export function usedUpstreams(
  settings: Pick<Settings, 'routes' | 'clients' | 'users' | 'defaultUpstream'>,
): readonly string[] {
  const used: string[] = [];
  for (const route of settings.routes) {
    used.push(route.upstream);
    // What comes behind it is never asked.
    if (takesEverything(route)) return [...new Set(used)];
  }
  const otherwise = settings.defaultUpstream ?? TEST_RELAY;
  for (const { upstream } of [...settings.clients, ...settings.users]) used.push(upstream ?? otherwise);
  return [...new Set([...used, otherwise])];
}

/** Whether mail is sent, held by the test relay, or some of each. Fallbacks do not count: they step in when something is wrong. */
export function mailMode(
  settings: Pick<Settings, 'routes' | 'clients' | 'users' | 'defaultUpstream' | 'upstreams'>,
): 'live' | 'test-relay' | 'mixed' {
  const kinds = new Map(settings.upstreams.map(({ name, kind }) => [name, kind]));
  const holds = usedUpstreams(settings).map((name) => (kinds.get(name) ?? 'test-relay') === 'test-relay');
  if (holds.every(Boolean)) return 'test-relay';
  return holds.some(Boolean) ? 'mixed' : 'live';
}

function takesEverything(route: RouteSettings): boolean {
  return Object.entries(route).every(([key, value]) => key === 'upstream' || value === undefined);
}

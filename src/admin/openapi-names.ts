/** How routes are called in the description of the API. */
import type { Route } from './route.ts';

/** Areas by the first segment of a path behind /api/v1. */
const AREAS: Readonly<Record<string, string>> = {
  livez: 'Health',
  readyz: 'Health',
  metrics: 'Health',
  'openapi.json': 'Health',
  overview: 'Overview',
  traffic: 'Overview',
  events: 'Overview',
  alerts: 'Overview',
  expiry: 'Overview',
  queue: 'Messages',
  messages: 'Messages',
  settings: 'Settings',
  presets: 'Settings',
  upstreams: 'Upstreams',
  verify: 'Upstreams',
  'send-test': 'Upstreams',
  authorizations: 'Authorizations',
  'sign-ins': 'Authorizations',
  login: 'Authorizations',
  pmpredirect: 'Authorizations',
  devices: 'Devices',
  denied: 'Devices',
  listeners: 'Devices',
  'trust-anchors': 'Certificates',
  certificates: 'Certificates',
  'server-certificates': 'Certificates',
  setup: 'Access',
  session: 'Access',
  sessions: 'Access',
  users: 'Access',
  tokens: 'Access',
  audit: 'Audit',
  backup: 'Backup',
};

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  Health: 'Whether Postern lives and takes mail, its metrics, and this description.',
  Overview: 'How everything stands, and what needs a person.',
  Messages: 'The queue, the journal, and what messages hold.',
  Settings: 'The settings document with its history.',
  Upstreams: 'Where mail is handed to, and whether it takes it.',
  Authorizations: 'Consent at providers, behind upstreams with OAuth 2.0.',
  Devices: 'Who sends, and who was refused.',
  Certificates: 'Certificates that are trusted, and those that are shown.',
  Access: 'Users, sessions and API tokens.',
  Audit: 'Who changed what.',
  Backup: 'Copies of the store.',
};

/** The area of a path. */
export function tagOf(path: string): string {
  return AREAS[segmentsOf(path)[0] ?? ''] ?? 'Other';
}

/** The areas that the routes belong to. */
export function usedTags(routes: readonly Route[]): readonly { name: string; description: string }[] {
  const used = new Set(routes.map(({ path }) => tagOf(path)));
  return Object.entries(DESCRIPTIONS)
    .filter(([name]) => used.has(name))
    .map(([name, description]) => ({ name, description }));
}

/** `/api/v1/queue/{id}` for `/api/v1/queue/:id`. */
export function pathTemplate(path: string): string {
  return path.replaceAll(/[:*](\w+)/g, '{$1}');
}

/** `getQueueByIdContent` for GET /api/v1/queue/:id/content. */
export function operationName({ api, method, path }: Route): string {
  if (api.operation !== undefined) return api.operation;
  const words = segmentsOf(path).flatMap((segment) => {
    const name = segment.replace(/^[:*]/, '');
    return [...(name === segment ? [] : ['by']), ...name.split(/\W+/)];
  });
  return method + words.map(capital).join('');
}

function segmentsOf(path: string): readonly string[] {
  return path
    .replace(/^\/api\/v1(?=\/)/, '')
    .split('/')
    .filter((segment) => segment !== '');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

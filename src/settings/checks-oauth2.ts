import type { Fault } from '../shared/errors.ts';
import { goesInClear } from './addresses.ts';
import type { Draft } from './draft.ts';
import { faultAt } from './faults.ts';
import { microsoftTenant, namesNoTenant } from './microsoft-tenant.ts';
import { isApplicationFlow } from './oauth-flow.ts';
import type { OAuth2Settings } from './schema-oauth2.ts';
import type { UpstreamSettings } from './schema-upstreams.ts';

/** A rule: the field that it is about, and the words where it is broken. */
type Finding = readonly [field: keyof OAuth2Settings, text: string];

const CREDENTIALS = ['clientSecret', 'clientCertificate', 'clientAssertion'] as const;
const ENDPOINTS = ['authorizationEndpoint', 'tokenEndpoint', 'deviceAuthorizationEndpoint'] as const;

/** Which fields each provider and flow of OAuth needs, and what cannot work together. */
export function checkOauth2(draft: Draft): readonly Fault[] {
  return draft.upstreams.flatMap(({ index, value }) => {
    if (value === undefined) return [];
    const kind = kindFault(value);
    const place = ['upstreams', index, 'authentication'] as const;
    const auth = oauthIn(value);
    return [
      ...(kind === undefined ? [] : [faultAt([...place, kind[0]], kind[1])]),
      ...apiFaults(value).map((text) => faultAt(['upstreams', index, 'endpoint'], text)),
      ...(auth === undefined ? [] : findings(auth).map(([field, text]) => faultAt([...place, field], text))),
    ];
  });
}

/** What is accepted but mostly a slip. */
export function oauth2Warnings(draft: Draft): readonly Fault[] {
  return draft.upstreams.flatMap(({ index, value }) => {
    const auth = value === undefined ? undefined : oauthIn(value);
    if (value === undefined || auth === undefined) return [];
    const found = [...secretWarnings(auth), ...scopeWarnings(auth, value.kind), ...unusedWarnings(auth)];
    return found.map(([field, text]) => faultAt(['upstreams', index, 'authentication', field], text));
  });
}

function oauthIn(upstream: UpstreamSettings): OAuth2Settings | undefined {
  if (!('authentication' in upstream)) return undefined;
  return upstream.authentication.type === 'oauth2' ? upstream.authentication : undefined;
}

/** The APIs belong to one provider each, and know no passwords. */
function kindFault(upstream: UpstreamSettings): Finding | undefined {
  if (upstream.kind !== 'graph' && upstream.kind !== 'gmail') return undefined;
  const { authentication, kind } = upstream;
  const wanted = kind === 'graph' ? 'microsoft' : 'google';
  if (authentication.type !== 'oauth2') {
    return ['type', `is ${authentication.type}, but kind: ${kind} signs in with tokens only; write oauth2`];
  }
  if (authentication.provider === wanted) return undefined;
  return ['provider', `is ${authentication.provider}, but kind: ${kind} needs ${wanted}; write ${wanted}`];
}

function apiFaults(upstream: UpstreamSettings): string[] {
  if (upstream.kind !== 'graph' && upstream.kind !== 'gmail') return [];
  return upstream.endpoint === undefined ? [] : addressFaults(upstream.endpoint);
}

function findings(auth: OAuth2Settings): Finding[] {
  return [
    ...flowFaults(auth),
    ...missingFields(auth),
    ...credentialFaults(auth),
    ...mailboxFaults(auth),
    ...ENDPOINTS.flatMap((field) =>
      addressFaults(auth[field] ?? 'https://localhost').map((text): Finding => [field, text]),
    ),
    ...microsoftFaults(auth),
  ];
}

function flowFaults({ provider, flow, perSender }: OAuth2Settings): Finding[] {
  const found: Finding[] = [];
  if (flow === 'service-account' && provider !== 'google') {
    found.push(['flow', `service-account exists at Google only; write client-credentials`]);
  }
  if (flow === 'client-credentials' && provider === 'google') {
    found.push(['flow', 'client-credentials does not exist at Google; write service-account']);
  }
  if (perSender && !isApplicationFlow(flow)) {
    found.push([
      'perSender',
      `needs an application that may send as several mailboxes; write flow: client-credentials or service-account, or perSender: false`,
    ]);
  }
  return found;
}

/** Each field that has to be there, when, and what it is. */
const NEEDED: readonly (readonly [
  field: keyof OAuth2Settings,
  when: (auth: OAuth2Settings) => boolean,
  what: string,
])[] = [
  [
    'clientId',
    ({ flow }) => flow !== 'service-account',
    'write the id of the registered application (client id)',
  ],
  [
    'tenantId',
    (auth) => auth.provider === 'microsoft' && auth.tokenEndpoint === undefined,
    'write the "Directory (tenant) ID", or a tokenEndpoint that holds it',
  ],
  [
    'tokenEndpoint',
    ({ provider }) => provider === 'generic',
    'write the address where the provider gives tokens',
  ],
  [
    'authorizationEndpoint',
    ({ provider, flow }) => provider === 'generic' && flow === 'authorization-code',
    'write the address of the provider’s consent page',
  ],
  [
    'deviceAuthorizationEndpoint',
    ({ provider, flow }) => provider === 'generic' && flow === 'device-code',
    'write the address where the provider gives device codes',
  ],
  [
    'serviceAccount',
    ({ provider, flow }) => provider === 'google' && flow === 'service-account',
    'give the JSON key file of the service account, such as { file: /run/secrets/service-account.json }',
  ],
  [
    'clientSecret',
    ({ provider, flow }) => provider === 'generic' && flow === 'client-credentials',
    'write the secret of the registered application',
  ],
];

function missingFields(auth: OAuth2Settings): Finding[] {
  return NEEDED.flatMap(([field, when, what]): Finding[] =>
    auth[field] === undefined && when(auth) ? [[field, `is missing; ${what}`]] : [],
  );
}

function credentialFaults(auth: OAuth2Settings): Finding[] {
  const given = CREDENTIALS.filter((field) => auth[field] !== undefined);
  if (auth.provider !== 'microsoft') {
    return given
      .filter((field) => field !== 'clientSecret')
      .map((field): Finding => [field, `is for provider microsoft only; write clientSecret`]);
  }
  const [first, second] = given;
  if (second !== undefined) {
    return [[second, `stands beside ${first}; leave one of the two, or nobody could tell which is meant`]];
  }
  return first === undefined && auth.flow === 'client-credentials'
    ? [['clientSecret', 'is missing; write it, or clientCertificate, or clientAssertion']]
    : [];
}

function mailboxFaults(auth: OAuth2Settings): Finding[] {
  const { email, mailbox, provider } = auth;
  const found: Finding[] = [];
  if (isApplicationFlow(auth.flow) && email === undefined && mailbox === undefined) {
    found.push(['mailbox', 'is missing; write the address of the mailbox that the application sends from']);
  }
  for (const field of ['email', 'mailbox'] as const) {
    if (provider === 'google' && /\.gserviceaccount\.com$/i.test(auth[field] ?? '')) {
      found.push([field, 'is the service account; the user is the mailbox: write the address that sends']);
    }
  }
  return found;
}

function addressFaults(address: string): string[] {
  if (!URL.canParse(address)) return [];
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') {
    return ['holds a user name or password; leave them out, addresses are shown and logged'];
  }
  if (url.hash !== '') return ['has a part behind #, which no server sees; leave it out'];
  return goesInClear(url) ? ['sends secrets in clear over the network; write https://'] : [];
}

function microsoftFaults(auth: OAuth2Settings): Finding[] {
  if (auth.provider !== 'microsoft' || auth.flow !== 'client-credentials') return [];
  const tenant = microsoftTenant(auth);
  const found: Finding[] = [];
  if (tenant !== undefined && namesNoTenant(tenant)) {
    const field = auth.tenantId === undefined ? 'tokenEndpoint' : 'tenantId';
    found.push([
      field,
      `names no tenant (${tenant}), and an application has no home there; write the "Directory (tenant) ID"`,
    ]);
  }
  const scopes = scopesIn(auth);
  if (scopes.length > 0 && !scopes.some((scope) => scope.endsWith('/.default'))) {
    found.push([
      'scopes',
      'are for a person; leave them out, or write one that ends in /.default, such as https://outlook.office365.com/.default',
    ]);
  }
  return found;
}

function scopesIn({ scopes }: OAuth2Settings): readonly string[] {
  return scopes === undefined ? [] : scopes.split(/\s+/);
}

const GUID = /^\s*[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\s*$/i;

/** Seen only at entry, before the value is sealed. */
function secretWarnings({ provider, clientSecret }: OAuth2Settings): Finding[] {
  if (clientSecret === undefined || !('value' in clientSecret)) return [];
  if (provider === 'microsoft' && GUID.test(clientSecret.value)) {
    return [['clientSecret', 'looks like the id of the secret; paste its Value']];
  }
  const isFile = provider === 'google' && clientSecret.value.trimStart().startsWith('{');
  return isFile || clientSecret.value === clientSecret.value.trim()
    ? []
    : [['clientSecret', 'begins or ends with a space or line end; see whether that belongs to it']];
}

function scopeWarnings(auth: OAuth2Settings, kind: UpstreamSettings['kind']): Finding[] {
  const { provider, flow } = auth;
  const scopes = scopesIn(auth);
  const has = (pattern: RegExp) => scopes.some((scope) => pattern.test(scope));
  if (provider === 'google' && flow === 'device-code') {
    return [['flow', 'device-code gives no mail scopes at Google; write authorization-code']];
  }
  if (scopes.length === 0) return [];
  if (provider === 'google' && kind === 'smtp' && !has(/^https:\/\/mail\.google\.com\/?$/)) {
    return [
      ['scopes', 'are not enough for SMTP at Google; write https://mail.google.com/, or use kind: gmail'],
    ];
  }
  if (provider === 'microsoft' && kind === 'smtp' && has(/^https:\/\/[\w.-]*graph\./) && !has(/outlook/)) {
    return [['scopes', 'are for Graph, whose tokens SMTP refuses; leave them out, or use kind: graph']];
  }
  if (provider === 'microsoft' && kind === 'graph' && has(/outlook/)) {
    return [['scopes', 'are for Exchange, whose tokens Graph refuses; leave them out, or use kind: smtp']];
  }
  return provider === 'generic' && !isApplicationFlow(flow) && has(/^openid$/) && !has(/^offline_access$/)
    ? [['scopes', 'lack offline_access; without it most providers end the sign-in within hours']]
    : [];
}

/** Typed for nothing, or for another provider. */
function unusedWarnings(auth: OAuth2Settings): Finding[] {
  const { provider, flow } = auth;
  const found: Finding[] = [];
  if (provider !== 'generic' && auth.audience !== undefined) {
    found.push(['audience', `has no effect with provider ${provider}; leave it out`]);
  }
  if (provider !== 'generic' && auth.clientAuthentication === 'basic') {
    found.push(['clientAuthentication', `has no effect with provider ${provider}; leave it out`]);
  }
  if (provider !== 'microsoft' && auth.tenantId !== undefined) {
    found.push(['tenantId', `has no effect with provider ${provider}; leave it out`]);
  }
  if (flow !== 'service-account' && auth.serviceAccount !== undefined) {
    found.push(['serviceAccount', `has no effect with flow ${flow}; write flow: service-account`]);
  }
  if (provider === 'google' && flow === 'authorization-code' && auth.clientSecret === undefined) {
    found.push([
      'clientSecret',
      'is missing, and Google mostly wants it; write it, or name the downloaded client JSON, such as { file: /etc/postern/client.json }',
    ]);
  }
  if (provider === 'microsoft' && /\/oauth2\/token\/?$/.test(auth.tokenEndpoint ?? '')) {
    found.push(['tokenEndpoint', 'is the old one, which knows no scopes; write …/oauth2/v2.0/token']);
  }
  return found;
}

import { isJsonArray, isJsonObject, type Json, type JsonObject } from './json.ts';

/**
 * What is known of the big providers and need not be typed: the server, and the limits that the provider would enforce
 * anyway, painfully. Filled in before the document is checked, only where a key is absent, and never stored.
 */

type Cloud = 'global' | 'us-government' | 'us-government-dod' | 'china';

/** Client submission of Exchange Online in each cloud (Microsoft Learn, "POP, IMAP, and SMTP settings"). */
const EXCHANGE_HOSTS: Readonly<Record<Cloud, string>> = {
  global: 'smtp.office365.com',
  'us-government': 'smtp.office365.us',
  'us-government-dod': 'outlook-dod.office365.us',
  china: 'smtp.partner.outlook.cn',
};

/** Microsoft Learn, "Exchange Online limits": sending limits of a mailbox. */
const EXCHANGE_LIMITS: JsonObject = {
  connections: 3,
  messagesPerMinute: 30,
  recipientsPerDay: 10_000,
  recipientsPerMessage: 500,
};

/** The same mailbox behind Microsoft Graph, which takes four requests at once ("Outlook service limits"). */
const GRAPH_LIMITS: JsonObject = { ...EXCHANGE_LIMITS, connections: 4 };

const GMAIL_HOST = 'smtp.gmail.com';

/** Google Workspace, "Gmail sending limits": 2,000 messages a day, 100 recipients a message over SMTP. */
const GMAIL_LIMITS: JsonObject = { recipientsPerDay: 2000, recipientsPerMessage: 100 };
const GMAIL_API_LIMITS: JsonObject = { recipientsPerDay: 2000, recipientsPerMessage: 500 };

/** The document with what the providers of its upstreams make known. Anything odd in it is left for the schema to name. */
export function withPresets(document: Json): Json {
  if (!isJsonObject(document) || !isJsonArray(document['upstreams'] ?? null)) return document;
  const { upstreams } = document;
  if (upstreams === undefined || !isJsonArray(upstreams)) return document;
  return { ...document, upstreams: upstreams.map((upstream) => withPreset(upstream)) };
}

function withPreset(upstream: Json): Json {
  if (!isJsonObject(upstream)) return upstream;
  const preset = presetFor(upstream);
  if (preset === undefined) return upstream;
  const limits = upstream['limits'] ?? {};
  return {
    ...(preset.host === undefined ? {} : { host: preset.host }),
    ...upstream,
    ...(isJsonObject(limits) ? { limits: { ...preset.limits, ...limits } } : {}),
  };
}

function presetFor(
  upstream: JsonObject,
): { readonly host?: string; readonly limits: JsonObject } | undefined {
  if (upstream['kind'] === 'graph') return { limits: GRAPH_LIMITS };
  if (upstream['kind'] === 'gmail') return { limits: GMAIL_API_LIMITS };
  if (upstream['kind'] !== 'smtp') return undefined;
  const authentication = upstream['authentication'] ?? null;
  const { provider, cloud } = isJsonObject(authentication) ? authentication : {};
  const host =
    typeof upstream['host'] === 'string' ? upstream['host'].toLowerCase() : hostOf(provider, cloud);
  if (host === undefined) return undefined;
  if (Object.values(EXCHANGE_HOSTS).includes(host)) return { host, limits: EXCHANGE_LIMITS };
  if (host === GMAIL_HOST) return { host, limits: GMAIL_LIMITS };
  return undefined;
}

function hostOf(provider: Json | undefined, cloud: Json | undefined): string | undefined {
  if (provider === 'google') return GMAIL_HOST;
  if (provider !== 'microsoft') return undefined;
  return new Map<Json | undefined, string>(Object.entries(EXCHANGE_HOSTS)).get(cloud ?? 'global');
}

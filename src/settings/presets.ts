import { isJsonArray, isJsonObject, type Json, type JsonObject } from './json.ts';
import { EXCHANGE_HOSTS, GMAIL_HOST, type ProviderLimits, providerLimits } from './provider-limits.ts';

/**
 * What is known of the big providers and need not be typed: the server, and the limits that the provider would enforce
 * anyway, painfully. Filled in before the document is checked, only where a key is absent, and never stored.
 */

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
): { readonly host?: string; readonly limits: ProviderLimits['limits'] } | undefined {
  const kind = upstream['kind'];
  const authentication = upstream['authentication'] ?? null;
  const { provider, cloud } = isJsonObject(authentication) ? authentication : {};
  const typed = upstream['host'];
  const host = typeof typed === 'string' ? typed : hostOf(provider, cloud);
  const known = providerLimits(kind, host);
  if (known === undefined) return undefined;
  return { limits: known.limits, ...(kind === 'smtp' && host !== undefined ? { host } : {}) };
}

function hostOf(provider: Json | undefined, cloud: Json | undefined): string | undefined {
  if (provider === 'google') return GMAIL_HOST;
  if (provider !== 'microsoft') return undefined;
  return new Map<Json | undefined, string>(Object.entries(EXCHANGE_HOSTS)).get(cloud ?? 'global');
}

import { asciiDomain } from './addresses.ts';
import { isJsonArray, type Json } from './json.ts';
import { valueAt } from './paths.ts';
import { withPresets } from './presets.ts';
import { type SecretPlace, secretsIn } from './secret-places.ts';

/** Where tokens and consent are asked for with a secret, and where the tokens that it gets are shown, below the upstream. */
const ADDRESSES = [
  ['endpoint'],
  ['authentication', 'authorizationEndpoint'],
  ['authentication', 'tokenEndpoint'],
  ['authentication', 'deviceAuthorizationEndpoint'],
] as const;

/**
 * Whom each secret of a document is shown to, by the secret's key (secret-places.ts): hosts in small letters, `HOST in clear` for those
 * that are spoken to without TLS. Of a document that may have faults. Pure.
 */
export function destinationsIn(document: Json): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  // Two items may bear one name until that fault is told: then each of them may be the one that counts.
  for (const place of secretsIn(document)) {
    found.set(place.key, new Set([...(found.get(place.key) ?? []), ...destinationsOf(document, place)]));
  }
  return new Map([...found].map(([key, hosts]) => [key, [...hosts]]));
}

/** The proxy in a document, as a destination; undefined where there is none. */
export function proxyHostIn(document: Json): string | undefined {
  return addressOf(valueAt(document, ['proxy', 'url']))[0];
}

/** The same with the servers that need not be typed, for they are known of the provider. */
export function allDestinationsIn(document: Json): ReadonlyMap<string, readonly string[]> {
  return destinationsIn(withPresets(document));
}

function destinationsOf(document: Json, { path: [section, index] }: SecretPlace): readonly string[] {
  if (section === 'proxy') return addressOf(valueAt(document, ['proxy', 'url']));
  if (section === 'vault') return addressOf(valueAt(document, ['vault', 'address']));
  const upstreams = section === 'upstreams' ? valueAt(document, ['upstreams']) : undefined;
  const upstream = isJsonArray(upstreams) && typeof index === 'number' ? upstreams[index] : undefined;
  if (upstream === undefined) return [];
  const inClear = valueAt(upstream, ['security']) === 'none';
  return [
    ...hostOf(valueAt(upstream, ['host']), inClear),
    // Whoever has a certificate with this name is taken for the server.
    ...hostOf(valueAt(upstream, ['serverName']), inClear),
    ...ADDRESSES.flatMap((steps) => addressOf(valueAt(upstream, steps))),
  ];
}

function addressOf(value: Json | undefined): readonly string[] {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  return url === null ? [] : hostOf(url.hostname, url.protocol !== 'https:');
}

function hostOf(value: Json | undefined, inClear: boolean): readonly string[] {
  if (typeof value !== 'string') return [];
  const name = (asciiDomain(value) ?? value).toLowerCase();
  return [inClear ? `${name} in clear` : name];
}

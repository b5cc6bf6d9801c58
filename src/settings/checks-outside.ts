import type { Fault } from '../shared/errors.ts';
import { asciiDomain, goesInClear } from './addresses.ts';
import { faultAt } from './faults.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from './json.ts';
import { isNetwork } from './schema-clients.ts';
import { type SecretPlace, secretsIn } from './secret-places.ts';

/** The proxy and the Vault of a document, as far as it can be understood: what contradicts itself or never works. */
export function checkOutside(document: Json): readonly Fault[] {
  if (!isJsonObject(document)) return [];
  const vaultSecrets = secretsIn(document).filter(
    ({ source }) => isJsonObject(source) && typeof source['vault'] === 'string',
  );
  return [
    ...(isJsonObject(document['proxy']) ? proxyFaults(document['proxy']) : []),
    ...(isJsonObject(document['vault']) ? vaultFaults(document['vault']) : []),
    ...vaultSecrets.flatMap((place) => secretFaults(place, document)),
  ];
}

function proxyFaults(proxy: JsonObject): Fault[] {
  const url = urlOf(proxy['url']);
  const faults: Fault[] = [];
  if (url && (url.username !== '' || url.password !== '')) {
    const text =
      'holds a user name or password, which would be shown; write them as proxy.user and proxy.password';
    faults.push(faultAt(['proxy', 'url'], text));
  } else if (url && (url.pathname !== '/' || url.search !== '' || url.hash !== '')) {
    faults.push(faultAt(['proxy', 'url'], `has more than a host and a port; write ${url.origin}`));
  }
  if (proxy['password'] !== undefined && proxy['user'] === undefined) {
    faults.push(faultAt(['proxy', 'user'], 'is missing, but there is a password; write the user name'));
  }
  const bypass = isJsonArray(proxy['bypass']) ? proxy['bypass'] : [];
  bypass.forEach((entry, index) => {
    const wrong = typeof entry === 'string' ? bypassFault(entry) : undefined;
    if (wrong !== undefined) faults.push(faultAt(['proxy', 'bypass', index], wrong));
  });
  return faults;
}

const BYPASS_HELP = 'write a host, a .domain or a network such as 10.0.0.0/8';

function bypassFault(entry: string): string | undefined {
  if (isNetwork(entry)) return undefined;
  if (entry === '*') return 'is everything; leave proxy out instead';
  if (entry.startsWith('*.')) return `has a star; write ${entry.slice(1)}`;
  if (entry.includes('/')) return `is not a network; ${BYPASS_HELP}`;
  if (/:\d+$/.test(entry)) return 'has a port, which is not looked at; leave it out';
  const name = entry.replace(/^\./, '').replace(/\.$/, '');
  return asciiDomain(name) === undefined ? `is not a host; ${BYPASS_HELP}` : undefined;
}

function vaultFaults(vault: JsonObject): Fault[] {
  const url = urlOf(vault['address']);
  const faults: Fault[] = [];
  if (url && (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')) {
    faults.push(faultAt(['vault', 'address'], `has more than a host and a port; write ${url.origin}`));
  }
  if (url && goesInClear(url)) {
    const text = 'sends secrets in clear over the network; write https://';
    faults.push(faultAt(['vault', 'address'], text));
  }
  const [token, appRole] = [vault['token'] !== undefined, vault['appRole'] !== undefined];
  if (token && appRole)
    faults.push(faultAt(['vault', 'appRole'], 'stands beside token; keep one of the two'));
  if (!token && !appRole) {
    faults.push(faultAt(['vault', 'token'], 'is missing; write token, or appRole in its place'));
  }
  return faults;
}

/** Secrets that are read from a Vault: it has to be there, and must not need itself. */
function secretFaults({ path, source }: SecretPlace, document: JsonObject): Fault[] {
  const [section, key] = path;
  if (section === 'vault' || (section === 'proxy' && key === 'password')) {
    return [faultAt(path, 'is needed to reach the Vault itself; write { file }, { env } or { command }')];
  }
  if (document['vault'] === undefined) {
    return [
      faultAt(path, 'is read from a Vault, but none is set; write vault.address and how to sign in there'),
    ];
  }
  const place = isJsonObject(source) ? source['vault'] : undefined;
  return typeof place === 'string' && isVaultPlace(place)
    ? []
    : [faultAt(path, `is not a place in Vault; ${PLACE_HELP}`)];
}

const PLACE_HELP = 'write MOUNT/PATH#FIELD such as secret/mail/office#password';

/** `secret/mail/office#password`: at least two steps, none empty, `.` or `..`. */
export function isVaultPlace(place: string): boolean {
  const [where = '', field = '', ...more] = place.split('#');
  const steps = where.split('/');
  return (
    more.length === 0 &&
    field !== '' &&
    steps.length > 1 &&
    steps.every((step) => step !== '' && step !== '.' && step !== '..')
  );
}

function urlOf(value: Json | undefined): URL | undefined {
  return (typeof value === 'string' ? URL.parse(value) : null) ?? undefined;
}

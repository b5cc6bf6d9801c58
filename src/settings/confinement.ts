/**
 * What somebody may change who may change the settings, but is nobody on the machine: a user of the page, or an API token without the
 * scope `settings.machine-secrets`. Pure.
 *
 * The attacker is an administrator of the page. He may write any document, try it out (verify, dry run), go back to older ones, import
 * certificates, and has a server of his own on the internet; he can neither read files of this machine nor run programs there, and must
 * not learn to. So for him:
 * - a secret that is read from a file, a variable, a program or Vault stays exactly where it is in the settings in force. A new one would
 *   read any file that Postern can (its master key, the keys of other services) or run any program, and send what comes of it to his
 *   server as a password;
 * - nor does such a secret go to another host than before, by the rule that holds for kept secrets and everybody (secret-forms.ts);
 * - a secret of Vault stays at its Vault and namespace: the same path elsewhere is another secret;
 * - no proxy is put, nor moved, in the way of secrets, tokens or sign-ins that are there already. Alone a proxy sees only what is sent in
 *   clear; but he may also import a certificate authority of his own, and then it reads everything. He may set a proxy as long as there is
 *   nothing to read, and whoever comes from the machine may at any time. Consent outlasts its upstream in the store, for a rollback; so
 *   it is forgotten when he sets one, or he would remove the upstream, set the proxy and bring the upstream back.
 * Importing a certificate is left to him, since that is daily work: it moves no connection, and hosts, names in certificates and proxies
 * are held. Who has the network between us and a server as well, and the page, can read what goes there; the audit trail says who
 * imported what. An older document is no exception: what it read was taken back since, perhaps because its server is not ours any more.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Fault } from '../shared/errors.ts';
import { ownCommand } from '../shared/own-commands.ts';
import { faultAt } from './faults.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from './json.ts';
import { valueAt } from './paths.ts';
import { allDestinationsIn, destinationsIn, proxyHostIn } from './secret-destinations.ts';
import { type SecretPlace, secretsIn } from './secret-places.ts';

/** Sources that are read on this machine or with what it holds. */
const MACHINE_SOURCES = ['file', 'env', 'command', 'vault'] as const;
const TYPED_HERE = 'or write { value: "…" } with the secret itself';

/**
 * Why `document` may not be put in force, or tried out, by somebody who is nobody on the machine, while `inForce` is. `file`: the settings
 * come from a file, so that is where such secrets are set.
 */
export function confinementFaults(
  document: Json,
  inForce: Json,
  { file }: { readonly file?: string } = {},
): readonly Fault[] {
  const where =
    file === undefined
      ? `on the machine itself with ${ownCommand('settings apply FILE')}`
      : `in the settings file`;
  return [...machineFaults(document, inForce, where), ...proxyFaults(document, inForce, where)];
}

function machineFaults(document: Json, inForce: Json, where: string): readonly Fault[] {
  const former = new Map(secretsIn(inForce).map(({ key, source }) => [key, source]));
  const [before, now] = [allDestinationsIn(inForce), destinationsIn(document)];
  const vaultMoved = !isDeepStrictEqual(vaultOf(document), vaultOf(inForce));
  return secretsIn(document).flatMap(({ key, path, source }: SecretPlace) => {
    if (!isMachineSource(source)) return [];
    if (!isDeepStrictEqual(source, former.get(key)) || (vaultMoved && 'vault' in source)) {
      const text = 'reads a secret from this machine that the settings in force do not read there';
      return [faultAt(path, `${text}; such secrets are set ${where}, ${TYPED_HERE}`)];
    }
    const known = before.get(key) ?? [];
    const stranger = now.get(key)?.find((host) => !known.includes(host));
    if (stranger === undefined) return [];
    const text = `reads a secret from this machine, which does not go to ${stranger}`;
    return [faultAt(path, `${text}; where such secrets go is set ${where}, ${TYPED_HERE}`)];
  });
}

/** Whether connections would go over a proxy that went elsewhere, or nowhere, before. */
export function movesProxy(document: Json, inForce: Json): boolean {
  const proxy = proxyHostIn(document);
  if (proxy === undefined) return false;
  const [bypass, bypassBefore] = [bypassOf(document), bypassOf(inForce)];
  return proxy !== proxyHostIn(inForce) || !bypassBefore.every((host) => bypass.includes(host));
}

function proxyFaults(document: Json, inForce: Json, where: string): readonly Fault[] {
  if (!movesProxy(document, inForce) || !hasSecretsOf(document, inForce)) return [];
  const text = 'would lead secrets and sign-ins that are there already over another host';
  return [faultAt(['proxy'], `${text}; such a proxy is set ${where}`)];
}

/** Whether the document uses secrets or consent that the settings in force have already. */
function hasSecretsOf(document: Json, inForce: Json): boolean {
  const former = new Set(secretsIn(inForce).map(({ key }) => key));
  const keeps = secretsIn(document).some(({ key, path: [section], source }) => {
    const goesOut = section === 'upstreams' || section === 'vault';
    return goesOut && former.has(key) && !(isJsonObject(source) && Object.hasOwn(source, 'value'));
  });
  const consents = consentsIn(inForce);
  return keeps || consentsIn(document).some((name) => consents.includes(name));
}

/** Upstreams that may have tokens without any secret in the document. */
function consentsIn(document: Json): readonly Json[] {
  const upstreams = valueAt(document, ['upstreams']);
  if (upstreams === undefined || !isJsonArray(upstreams)) return [];
  return upstreams.flatMap((upstream) =>
    valueAt(upstream, ['authentication', 'type']) === 'oauth2' ? [valueAt(upstream, ['name']) ?? null] : [],
  );
}

function isMachineSource(source: Json): source is JsonObject {
  return isJsonObject(source) && MACHINE_SOURCES.some((key) => Object.hasOwn(source, key));
}

function vaultOf(document: Json): readonly unknown[] {
  return [valueAt(document, ['vault', 'address']), valueAt(document, ['vault', 'namespace'])];
}

function bypassOf(document: Json): readonly Json[] {
  const bypass = valueAt(document, ['proxy', 'bypass']);
  return bypass !== undefined && isJsonArray(bypass) ? bypass : [];
}

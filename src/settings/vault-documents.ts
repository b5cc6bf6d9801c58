import { LRUCache } from 'lru-cache';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { VaultFailure } from './vault-failure.ts';
import type { VaultAnswer, VaultSession } from './vault-session.ts';

const MOST_MOUNTS = 100;

/** Reads what the KV engine keeps at `MOUNT/PATH`: its fields. Throws VaultFailure. */
export type ReadDocument = (where: string) => Promise<JsonObject>;

interface Mount {
  /** Without a slash at the end. */
  readonly path: string;
  readonly version: 1 | 2;
}

/**
 * KV, version 1 and 2 (Vault's API documentation, "KV secrets engine"). Where the engine is mounted and which version it has
 * is asked once for each path, the way Vault's own command line does; where that is not allowed, both versions are tried.
 */
export function createVaultDocuments(session: VaultSession): ReadDocument {
  const mounts = new LRUCache<string, Mount>({ max: MOST_MOUNTS });

  return async (where) => {
    const named = `the secret ${where} in Vault`;
    const known = mounts.get(where) ?? (await findMount(where, named));
    if (known === undefined) return await tryBoth(where, named);
    const answer = await session.get(pathIn(known, where), named);
    const document = documentIn(answer, known.version);
    if (document !== undefined) {
      mounts.set(where, known);
      return document;
    }
    mounts.delete(where); // it may be mounted anew
    throw refusal(answer, named, known, where);
  };

  async function findMount(where: string, named: string): Promise<Mount | undefined> {
    const { status, json } = await session.get(`sys/internal/ui/mounts/${where}`, named);
    const data =
      status === 200 && isJsonObject(json) && isJsonObject(json['data']) ? json['data'] : undefined;
    const path = typeof data?.['path'] === 'string' ? data['path'].replace(/\/+$/, '') : undefined;
    if (data === undefined || path === undefined || !where.startsWith(`${path}/`)) return undefined;
    if (data['type'] !== 'kv' && data['type'] !== 'generic') {
      const text = `${named} cannot be read: ${path} is not a KV engine`;
      throw new VaultFailure(
        text,
        'write the mount of a KV engine first, such as secret/mail/office#password',
      );
    }
    const options = isJsonObject(data['options']) ? data['options'] : {};
    return { path, version: options['version'] === '2' ? 2 : 1 };
  }

  /** The mount is the first step then: one with several steps is found only where its name may be asked for. */
  async function tryBoth(where: string, named: string): Promise<JsonObject> {
    const path = where.slice(0, where.indexOf('/'));
    const answers: VaultAnswer[] = [];
    for (const version of [2, 1] as const) {
      const mount: Mount = { path, version };
      const answer = await session.get(pathIn(mount, where), named);
      const document = documentIn(answer, version);
      if (document !== undefined) {
        mounts.set(where, mount);
        return document;
      }
      answers.push(answer);
    }
    const telling = answers.find(({ status }) => status !== 404) ?? answers[0];
    throw refusal(telling ?? { status: 404, json: undefined }, named, { path, version: 2 }, where);
  }
}

function pathIn({ path, version }: Mount, where: string): string {
  const rest = where.slice(path.length + 1);
  return version === 2 ? `${path}/data/${rest}` : `${path}/${rest}`;
}

/** Version 2 wraps the fields once more, with what it knows of them beside. */
function documentIn({ status, json }: VaultAnswer, version: 1 | 2): JsonObject | undefined {
  const data = status === 200 && isJsonObject(json) ? json['data'] : undefined;
  if (!isJsonObject(data)) return undefined;
  if (version === 1) return data;
  const inner: Json | undefined = data['data'];
  return isJsonObject(data['metadata']) && isJsonObject(inner) ? inner : undefined;
}

function refusal({ status }: VaultAnswer, named: string, mount: Mount, where: string): VaultFailure {
  const path = pathIn(mount, where);
  if (status === 403) {
    return new VaultFailure(
      `${named} cannot be read: Vault denies permission (403)`,
      `check that the token is valid (vault token lookup), and that its policy allows read on ${path}`,
    );
  }
  if (status === 404) {
    const rest = where.slice(mount.path.length + 1);
    const hint =
      mount.version === 2 && rest.startsWith('data/')
        ? `leave data/ out: write ${mount.path}/${rest.slice('data/'.length)}`
        : `check mount and path (vault kv get ${where}), whether it was deleted, and vault.namespace`;
    return new VaultFailure(`${named} does not exist (404)`, hint);
  }
  const hint = 'check vault.address, vault.namespace and the path';
  return new VaultFailure(`${named} cannot be read: Vault answered ${status} and no secret`, hint);
}

import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import type { HttpClient } from '../shared/http.ts';
import { Secret } from '../shared/secret.ts';
import { shownText } from '../shared/shown-text.ts';
import { isVaultPlace } from './checks-outside.ts';
import type { JsonObject } from './json.ts';
import type { VaultSettings } from './schema-outside.ts';
import type { SecretSource } from './schema-values.ts';
import { createVaultDocuments } from './vault-documents.ts';
import { VaultFailure } from './vault-failure.ts';
import { createVaultSession } from './vault-session.ts';

/** How long a secret is still used after it was last read when Vault is out of order, ms. */
export const GRACE = 15 * 60_000;

const MOST_DOCUMENTS = 100;
const LONGEST_SECRET = 64 * 1024;
const MOST_NAMES = 20;

export interface VaultReaderDeps {
  readonly settings: () => VaultSettings | undefined;
  /** For what signs in at Vault; its sources must not be in Vault. */
  readonly reveal: (source: SecretSource) => Promise<Secret>;
  /** Late, for the network needs the settings first. */
  readonly http: () => HttpClient | undefined;
  readonly clock: Clock;
  /** Called when Vault is out of order and a secret read before is used on. */
  readonly onStale?: (place: string, failure: VaultFailure) => void;
}

interface Document {
  readonly fields: JsonObject;
  readonly readAt: number;
}

/**
 * Reads `MOUNT/PATH#FIELD` from Vault or OpenBao. What was read is used for `vault.cache`, then it is read again; many who
 * want it at once ask once; failures are not kept. While Vault is out of order, what was read up to 15 minutes before still
 * counts; when it says no, that counts at once. Every failure is a RelayError `secret-unavailable` that names the place.
 */
export function createVaultReader(
  deps: VaultReaderDeps,
): (place: string, how?: { readonly fresh?: boolean }) => Promise<Secret> {
  const { clock } = deps;
  let state: { readonly key: string; readonly documents: LRUCache<string, Document> } | undefined;

  /** Of one state of the settings; a change of them forgets token and secrets. */
  function documents(): LRUCache<string, Document> {
    const vault = deps.settings();
    if (vault === undefined) {
      throw new VaultFailure('a secret in Vault cannot be read: no Vault is set', 'set vault.address');
    }
    const key = JSON.stringify(vault);
    if (state?.key !== key) state = { key, documents: cacheFor(vault) };
    return state.documents;
  }

  function cacheFor(vault: VaultSettings): LRUCache<string, Document> {
    const read = createVaultDocuments(createVaultSession({ ...deps, vault }));
    return new LRUCache<string, Document>({
      max: MOST_DOCUMENTS,
      // 0 would mean for ever.
      ttl: Math.max(1, vault.cache),
      ttlResolution: 0,
      perf: { now: () => clock.monotonic() },
      noDeleteOnStaleGet: true,
      noDeleteOnFetchRejection: true,
      async fetchMethod(where, before) {
        try {
          return { fields: await read(where), readAt: clock.monotonic() };
        } catch (error) {
          if (!(error instanceof VaultFailure) || !error.passing || before === undefined) throw error;
          if (clock.monotonic() - before.readAt > GRACE) throw error;
          deps.onStale?.(where, error);
          return before;
        }
      },
    });
  }

  return async (place, how) => {
    const [where = '', field = ''] = place.split('#');
    if (!isVaultPlace(place)) {
      throw new VaultFailure(
        `${place} is not a place in Vault`,
        'write MOUNT/PATH#FIELD such as secret/mail/office#password',
      );
    }
    const found = await documents().fetch(where, { forceRefresh: how?.fresh === true });
    if (found === undefined) throw new VaultFailure(`the secret ${where} in Vault was not read`, 'try again');
    return fieldOf(found.fields, where, field);
  };
}

function fieldOf(fields: JsonObject, where: string, field: string): Secret {
  const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value).replace(/[\r\n]+$/, '');
    if (text !== '' && text.length <= LONGEST_SECRET) return new Secret(text);
    const wrong = text === '' ? 'is empty' : `is longer than ${LONGEST_SECRET} characters`;
    throw new VaultFailure(
      `the field ${field} of the secret ${where} in Vault ${wrong}`,
      'write it anew there',
    );
  }
  if (value !== undefined && value !== null) {
    const text = `the field ${field} of the secret ${where} in Vault is not text`;
    throw new VaultFailure(text, 'store it as text there');
  }
  const names = Object.keys(fields).map((name) => shownText(name, 64));
  const there = names.slice(0, MOST_NAMES).join(', ') + (names.length > MOST_NAMES ? ', …' : '');
  throw new VaultFailure(
    `the secret ${where} in Vault has no field ${field}`,
    names.length === 0 ? 'it has no fields' : `it has: ${there}`,
  );
}

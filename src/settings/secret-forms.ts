import type { Clock } from '../shared/clock.ts';
import type { Fault } from '../shared/errors.ts';
import { Secret } from '../shared/secret.ts';
import { faultAt } from './faults.ts';
import type { Json, JsonObject } from './json.ts';
import { isJsonObject } from './json.ts';
import { hashPassword } from './passwords.ts';
import type { Sealer } from './sealer.ts';
import { allDestinationsIn, destinationsIn } from './secret-destinations.ts';
import type { SecretPlace } from './secret-places.ts';
import { replaceSecrets, secretsIn } from './secret-places.ts';

// A secret has three forms. Typed: { value } or a source. Stored: { sealed } or { hash } in place of { value }. Shown:
// { set: true, since } in place of both; given back so, it means "the one that is stored".

/**
 * Replaces `{ set: true }` by what is stored at the same place, and refuses what nobody but Postern may write. A secret that is kept
 * goes to no host but those that it was typed for: whoever may change the settings does not learn by that what others have typed.
 * Whose place alone is written down (a file, a command, …) is not looked at here (confinement.ts).
 */
export function mergeStored(
  document: Json,
  stored: Json,
): { readonly document: Json; readonly faults: readonly Fault[] } {
  const kept = new Map(secretsIn(stored).map(({ key, source }) => [key, source]));
  const [before, now] = [allDestinationsIn(stored), destinationsIn(document)];
  const faults: Fault[] = [];
  /** The first host to which the secret did not go so far. */
  const strangerFor = ({ key }: SecretPlace): string | undefined =>
    now.get(key)?.find((host) => before.get(key)?.includes(host) !== true);
  // Something valid stands in for what is refused, so that the rest of the document is still checked.
  const refuse = (place: SecretPlace, text: string): Json => {
    faults.push(faultAt(place.path, text));
    return { value: 'refused' };
  };
  const merged = replaceSecrets(document, (place) => {
    const { source } = place;
    if (!isJsonObject(source)) return source;
    if (Object.hasOwn(source, 'sealed')) {
      return refuse(place, 'cannot be written sealed; write { value: "…" } and Postern seals it');
    }
    const former = kept.get(place.key);
    if (source['set'] !== true) return source;
    if (former === undefined || !isKept(former)) {
      return refuse(place, 'is not stored under this name; write { value: "…" } with the secret itself');
    }
    const stranger = strangerFor(place);
    if (stranger === undefined) return former;
    const typedFor = before.get(place.key)?.join(', ');
    const text = `was typed for ${typedFor || 'the servers of the provider'} and does not go to ${stranger}`;
    return refuse(place, `${text}; write { value: "…" } with the secret itself again`);
  });
  return { document: merged, faults };
}

/** The document as it may be shown: no value, sealed or hashed, only that there is one and since when. */
export function showDocument(document: Json): Json {
  return replaceSecrets(document, ({ source }) => {
    if (!isJsonObject(source) || !isKept(source)) return source;
    const since = source['setAt'];
    return { set: true, ...(typeof since === 'string' ? { since } : {}) };
  });
}

/** Whether a source holds the secret itself, in whatever shape, rather than the place where it is. */
function isKept(source: Json): source is JsonObject {
  return isJsonObject(source) && ['value', 'sealed', 'hash'].some((key) => Object.hasOwn(source, key));
}

export interface Keeper {
  readonly sealer: Sealer;
  readonly clock: Clock;
}

/** Seals, or hashes, each typed secret: from here on no value in clear exists. */
export async function keepSecrets(document: Json, { sealer, clock }: Keeper): Promise<Json> {
  const setAt = new Date(clock.now()).toISOString();
  const kept = new Map<string, Json>();
  for (const place of secretsIn(document)) {
    const value = valueOf(place.source);
    if (value === undefined) continue;
    kept.set(
      place.key,
      place.keeping === 'hashed'
        ? { hash: await hashPassword(value), setAt }
        : { sealed: sealer.seal('settings', value), setAt },
    );
  }
  return replaceSecrets(document, ({ key, source }) => {
    const isNewHash = isJsonObject(source) && 'hash' in source && !('setAt' in source);
    return kept.get(key) ?? (isNewHash ? { ...source, setAt } : source);
  });
}

/**
 * The same for a document that stays in its file: all are sealed, and only in memory. Hashing would cost seconds at each
 * reload and protect nothing. What did not change keeps the time since when it is set.
 */
export function sealInMemory(document: Json, former: Json, { sealer, clock }: Keeper): Json {
  const setAt = new Date(clock.now()).toISOString();
  const before = new Map(secretsIn(former).map(({ key, source }) => [key, source]));
  return replaceSecrets(document, ({ key, source }) => {
    const value = valueOf(source);
    if (value === undefined) return source;
    const old = before.get(key);
    return old !== undefined && opensTo(old, value, sealer)
      ? old
      : { sealed: sealer.seal('settings', value), setAt };
  });
}

function opensTo(source: Json, value: Secret, sealer: Sealer): boolean {
  const sealed = isJsonObject(source) ? source['sealed'] : undefined;
  return typeof sealed === 'string' && sealer.open('settings', sealed).reveal() === value.reveal();
}

function valueOf(source: Json): Secret | undefined {
  const value = isJsonObject(source) ? source['value'] : undefined;
  return typeof value === 'string' ? new Secret(value) : undefined;
}

/** The document with everything sealed by `from` sealed by `to` instead; for a change of the master key. */
export function resealDocument(document: Json, from: Sealer, to: Sealer): Json {
  return replaceSecrets(document, ({ source }) => {
    const sealed = isJsonObject(source) ? source['sealed'] : undefined;
    if (!isJsonObject(source) || typeof sealed !== 'string') return source;
    return { ...source, sealed: to.seal('settings', from.open('settings', sealed)) };
  });
}

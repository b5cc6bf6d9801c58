import type { Fault } from '../shared/errors.ts';
import type { Draft } from './draft.ts';
import { faultAt } from './faults.ts';
import { isJsonObject, type Json } from './json.ts';

/** Kinds of upstream that the document can name but this version cannot use. Delete an entry to allow it. */
const KINDS: Readonly<Record<string, string>> = {
  graph: 'is not usable in this version; write kind: smtp with a password, or wait for the next version',
  gmail: 'is not usable in this version; write kind: smtp with a password, or wait for the next version',
};

/** The same for ways to sign in at an upstream. */
const AUTHENTICATIONS: Readonly<Record<string, string>> = {
  oauth2: 'is not usable in this version; write type: password, or wait for the next version',
};

/** Refuses plainly what would otherwise be accepted and never work. */
export function checkNotYet(draft: Draft): readonly Fault[] {
  return draft.upstreams.flatMap(({ index, value }) => {
    if (value === undefined) return [];
    const kind = KINDS[value.kind];
    if (kind !== undefined) return [faultAt(['upstreams', index, 'kind'], `${value.kind} ${kind}`)];
    const type = 'authentication' in value ? value.authentication.type : 'none';
    const authentication = AUTHENTICATIONS[type];
    return authentication === undefined
      ? []
      : [faultAt(['upstreams', index, 'authentication', 'type'], `${type} ${authentication}`)];
  });
}

/** Settings that are kept for the next version and do nothing in this one. Delete an entry when it does something. */
const WITHOUT_EFFECT: readonly (readonly string[])[] = [
  ['contacts'],
  ['notices', 'daily'],
  ['notices', 'testOnSave'],
  ['notices', 'webhook'],
];

/** Says so where somebody relies on what is not there yet. */
export function notYetWarnings(document: Json): readonly Fault[] {
  return WITHOUT_EFFECT.filter((path) => isGiven(document, path)).map((path) =>
    faultAt(path, 'is kept but has no effect in this version; Postern sends no notices yet'),
  );
}

function isGiven(document: Json, path: readonly string[]): boolean {
  let value: Json | undefined = document;
  for (const key of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return false;
    value = value[key];
  }
  return value !== false && !(Array.isArray(value) && value.length === 0);
}

import type { Fault } from '../shared/errors.ts';
import { faultAt } from './faults.ts';
import { isJsonObject, type Json } from './json.ts';

/** Settings that are kept for the next version and do nothing in this one. Delete an entry when it does something. */
const WITHOUT_EFFECT: readonly (readonly string[])[] = [
  ['notices', 'daily'],
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

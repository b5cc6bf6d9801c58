import type { Json } from './json.ts';
import { isJsonArray, isJsonObject } from './json.ts';

const LONGEST = 200;

/**
 * What differs between two documents, in one line of names, never of values: `upstreams: office changed, backup added;
 * defaultUpstream`.
 */
export function describeChange(before: Json, after: Json): string {
  const left = isJsonObject(before) ? before : {};
  const right = isJsonObject(after) ? after : {};
  const parts: string[] = [];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const old = left[key];
    const fresh = right[key];
    if (JSON.stringify(old) === JSON.stringify(fresh)) continue;
    const items = describeItems(old, fresh);
    parts.push(items === '' ? key : `${key}: ${items}`);
  }
  const text = parts.length === 0 ? 'nothing changed' : parts.join('; ');
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function describeItems(before: Json | undefined, after: Json | undefined): string {
  const old = named(before);
  const fresh = named(after);
  const names = [...new Set([...old.keys(), ...fresh.keys()])];
  return names
    .flatMap((name) => {
      if (!old.has(name)) return [`${name} added`];
      if (!fresh.has(name)) return [`${name} removed`];
      return old.get(name) === fresh.get(name) ? [] : [`${name} changed`];
    })
    .join(', ');
}

function named(value: Json | undefined): ReadonlyMap<string, string> {
  if (!isJsonArray(value)) return new Map();
  return new Map(
    value.flatMap((item): [string, string][] =>
      isJsonObject(item) && typeof item['name'] === 'string' ? [[item['name'], JSON.stringify(item)]] : [],
    ),
  );
}

/** The settings document as it is typed: read and changed by path, with everything that the page does not know left alone. Pure. */
import { isObject, type Json, type JsonObject } from '../../json.ts';

type Path = readonly string[];

/** The list of objects under a key; what is none is left out. */
export function objectsIn(value: JsonObject, key: string): readonly JsonObject[] {
  const list = value[key];
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** What stands at a path. */
export function valueAt(value: JsonObject, path: Path): Json | undefined {
  let found: Json | undefined = value;
  for (const key of path) found = isObject(found) ? found[key] : undefined;
  return found;
}

/** Text at a path; empty where there is none. */
export function textAt(value: JsonObject, path: Path): string {
  const found = valueAt(value, path);
  if (typeof found === 'number') return String(found);
  return typeof found === 'string' ? found : '';
}

/** A number at a path. */
export function numberAt(value: JsonObject, path: Path): number | undefined {
  const found = valueAt(value, path);
  return typeof found === 'number' ? found : undefined;
}

/** The object with something at a path; `undefined` takes the key away, and objects that are empty then. */
export function withAt(value: JsonObject, [key = '', ...rest]: Path, next: Json | undefined): JsonObject {
  const { [key]: before, ...others } = value;
  if (rest.length === 0) return next === undefined ? others : { ...value, [key]: next };
  const inner = withAt(isObject(before) ? before : {}, rest, next);
  if (next === undefined && Object.keys(inner).length === 0) return others;
  return { ...value, [key]: inner };
}

/** The value without typed secrets, to be kept where scripts of a later visit can read it. */
export function withoutSecrets(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]): [string, Json][] =>
      isObject(each) && typeof each['value'] === 'string' ? [] : [[key, withoutSecrets(each)]],
    ),
  );
}

/**
 * A settings document as YAML, to be read and edited by people: keys in the order of the schema, which is that of CONTRACT.md, secrets
 * on one line, long texts not folded. The same document gives the same text. Comments are nowhere kept, so there are none. Pure.
 */
import { isMap, parseDocument, stringify, visit } from 'yaml';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from './json.ts';
import type { Path } from './paths.ts';
import { settingsSchema } from './schema.ts';
import { knownKeys } from './schema-walk.ts';
import { secretsIn } from './secret-places.ts';

/** Keys that the schema has early, and people read last. */
const LAST: readonly string[] = ['from', 'limits', 'timeout', 'fallback'];

export function toYaml(document: Json): string {
  const ordered = inOrder(document, document, []);
  const yaml = parseDocument(stringify(ordered, { lineWidth: 0 }));
  for (const { path } of secretsIn(ordered)) {
    const node = yaml.getIn([...path], true);
    if (isMap(node)) node.flow = true;
  }
  visit(yaml, {
    Seq(_key, node) {
      // Addresses and networks are short lists: one line each.
      if (node.items.every((item) => !isMap(item)) && node.toString().length < 80) node.flow = true;
    },
  });
  return yaml.toString({ lineWidth: 0 });
}

/** Keys that nobody knows stay behind those that are known, in their own order. */
function inOrder(value: Json, document: Json, path: Path): Json {
  if (isJsonArray(value)) return value.map((item, index) => inOrder(item, document, [...path, index]));
  if (!isJsonObject(value)) return value;
  const known = knownKeys(settingsSchema, document, path);
  const rank = (key: string): number => {
    const late = path[0] === 'upstreams' && path.length === 2 ? LAST.indexOf(key) : -1;
    if (late >= 0) return known.length + late;
    const place = known.indexOf(key);
    return place < 0 ? known.length + LAST.length : place;
  };
  const keys = Object.keys(value).toSorted((a, b) => rank(a) - rank(b));
  const ordered: JsonObject = Object.fromEntries(
    keys.map((key) => [key, inOrder(value[key] ?? null, document, [...path, key])]),
  );
  return ordered;
}

import type { z } from 'zod';
import type { Json, JsonObject } from './json.ts';
import { isJsonArray, isJsonObject } from './json.ts';
import type { Path } from './paths.ts';
import { pathText } from './paths.ts';
import { settingsSchema } from './schema.ts';
import { itemOf, metaOf, optionsOf, shapeOf } from './schema-walk.ts';

/** How Postern keeps a typed secret: sealed, to use it again; hashed, to compare with it only. */
export type SecretKeeping = 'sealed' | 'hashed';

/** A place of the schema where a secret can stand, such as `upstreams[].authentication.password`. */
export interface SecretPattern {
  /** Keys; `[]` for the items of a list. */
  readonly steps: readonly string[];
  readonly keeping: SecretKeeping;
}

/** A secret in a document. */
export interface SecretPlace {
  readonly path: Path;
  /** The path with the names of items instead of their numbers: the same secret after others were added or removed. */
  readonly key: string;
  readonly keeping: SecretKeeping;
  readonly source: Json;
}

/** Every secret that the settings can hold, read from the schema, so that none is missed when keys change. */
export const SECRET_PATTERNS: readonly SecretPattern[] = findPatterns(settingsSchema, []);

function findPatterns(schema: z.core.$ZodType, steps: readonly string[]): SecretPattern[] {
  const keeping = metaOf(schema)['secret'];
  if (keeping === 'sealed' || keeping === 'hashed') return [{ steps, keeping }];
  const found = optionsOf(schema).flatMap((form) => {
    const item = itemOf(form);
    const items = item === undefined ? [] : findPatterns(item, [...steps, '[]']);
    return [...items, ...shapeOf(form).flatMap(([key, value]) => findPatterns(value, [...steps, key]))];
  });
  return [...new Map(found.map((pattern) => [pattern.steps.join('.'), pattern])).values()];
}

/** All secrets of a document, whatever form they have. */
export function secretsIn(document: Json): readonly SecretPlace[] {
  const places: SecretPlace[] = [];
  replaceSecrets(document, (place) => {
    places.push(place);
    return place.source;
  });
  return places;
}

/** The document with each secret replaced. */
export function replaceSecrets(document: Json, replace: (place: SecretPlace) => Json): Json {
  return SECRET_PATTERNS.reduce(
    (result, { steps, keeping }) =>
      replaceAt(result, steps, [], '', (path, key, source) => replace({ path, key, keeping, source })),
    document,
  );
}

type Replace = (path: Path, key: string, source: Json) => Json;

function replaceAt(value: Json, steps: readonly string[], path: Path, key: string, replace: Replace): Json {
  const [step, ...rest] = steps;
  if (step === undefined) return replace(path, key, value);
  if (step === '[]') {
    if (!isJsonArray(value)) return value;
    return value.map((item, index) =>
      replaceAt(item, rest, [...path, index], `${key}[${itemName(item, index)}]`, replace),
    );
  }
  if (!isJsonObject(value) || !Object.hasOwn(value, step)) return value;
  const changed: JsonObject = {
    ...value,
    [step]: replaceAt(value[step] ?? null, rest, [...path, step], `${key}.${step}`, replace),
  };
  return changed;
}

function itemName(item: Json, index: number): string {
  if (isJsonObject(item) && typeof item['name'] === 'string') return JSON.stringify(item['name']);
  return pathText([index]);
}

/**
 * The schemas of requests and answers as JSON Schema (draft 2020-12), the dialect of OpenAPI 3.1. What the contract gives a name is
 * described once and referred to.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

export type JsonSchema = Readonly<Record<string, unknown>>;

const DEFINED = /^#\/\$defs\/(.+)$/;
/** A reference while it is not known whether its schema reads the same in both directions. */
const PENDING = /^pending:(input|output)\/(.+)$/;

/** `input`: as it is sent to us, before anything is made of it. `output`: as we answer. */
export type Direction = 'input' | 'output';

export interface SchemaBook {
  /** References in it are understood by `finish` only. */
  schema(schema: z.ZodType, direction: Direction): JsonSchema;
  /** The same, with a reference at its top followed, for where one cannot stand. */
  opened(schema: z.ZodType, direction: Direction): JsonSchema;
  /** Gives every reference in what was made with `schema` its final name, and the named schemas by it. */
  finish(made: JsonSchema): {
    readonly made: JsonSchema;
    readonly components: Readonly<Record<string, JsonSchema>>;
  };
}

/** `names`: of the schemas with a name of their own. */
export function createSchemaBook(names: ReadonlyMap<z.ZodType, string>): SchemaBook {
  const registry = z.registry<{ id: string }>();
  for (const [one, id] of names) registry.add(one, { id });
  const definitions: Readonly<Record<Direction, Map<string, JsonSchema>>> = {
    input: new Map(),
    output: new Map(),
  };

  /** One name where a schema is used in one direction only, or reads the same in both. */
  function componentName(name: string, direction: Direction): string {
    const [input, output] = [definitions.input.get(name), definitions.output.get(name)];
    const same = input === undefined || output === undefined || isDeepStrictEqual(input, output);
    return direction === 'output' || same ? name : `${name}Input`;
  }

  function final(value: JsonSchema): JsonSchema {
    return mapObjects(value, (object) => {
      const [, direction, name = ''] = PENDING.exec(referenceOf(object)) ?? [];
      if (direction !== 'input' && direction !== 'output') return object;
      return { ...object, $ref: `#/components/schemas/${componentName(name, direction)}` };
    });
  }

  function schema(from: z.ZodType, direction: Direction): JsonSchema {
    const {
      $schema: _dialect,
      $defs,
      ...rest
    } = plain(
      z.toJSONSchema(from, {
        io: direction,
        target: 'draft-2020-12',
        metadata: registry,
        unrepresentable: 'any',
        override: ({ zodSchema, jsonSchema }) => tidy(zodSchema, jsonSchema, direction),
      }),
    );
    for (const [name, definition] of Object.entries(isObject($defs) ? $defs : {})) {
      if (isObject(definition)) definitions[direction].set(name, pending(definition, direction));
    }
    return pending(rest, direction);
  }

  return {
    schema,
    opened(from, direction) {
      const made = schema(from, direction);
      const [, , name = ''] = PENDING.exec(referenceOf(made)) ?? [];
      return definitions[direction].get(name) ?? made;
    },
    finish(unfinished) {
      const made = final(unfinished);
      const named = new Map(
        (['input', 'output'] as const).flatMap((direction) =>
          [...definitions[direction]].map(
            ([name, definition]) => [componentName(name, direction), final(definition)] as const,
          ),
        ),
      );
      const used = reachable(made, named);
      return {
        made,
        components: Object.fromEntries(
          [...named].filter(([name]) => used.has(name)).toSorted(([a], [b]) => (a < b ? -1 : 1)),
        ),
      };
    },
  };
}

/** Names that are referred to, by what is referred to too. */
function reachable(from: JsonSchema, named: ReadonlyMap<string, JsonSchema>): ReadonlySet<string> {
  const used = new Set<string>();
  const look = (value: JsonSchema): void => {
    mapObjects(value, (object) => {
      const name = referenceOf(object).replace('#/components/schemas/', '');
      const next = used.has(name) ? undefined : named.get(name);
      if (next !== undefined) {
        used.add(name);
        look(next);
      }
      return object;
    });
  };
  look(from);
  return used;
}

/** References of zod, with the direction in them. */
function pending(value: JsonSchema, direction: Direction): JsonSchema {
  return mapObjects(value, (object) => {
    const [, name] = DEFINED.exec(referenceOf(object)) ?? [];
    return name === undefined ? object : { ...object, $ref: `pending:${direction}/${name}` };
  });
}

function referenceOf({ $ref }: JsonSchema): string {
  return typeof $ref === 'string' ? $ref : '';
}

/** What OpenAPI understands differently or readers have no use for. */
function tidy(
  zodSchema: z.core.$ZodType,
  jsonSchema: z.core.JSONSchema.BaseSchema,
  direction: Direction,
): void {
  // In OpenAPI it would mean that a request must not hold it.
  delete jsonSchema.readOnly;
  // An answer may get more fields with the next version.
  if (direction === 'output' && zodSchema instanceof z.ZodObject) delete jsonSchema.additionalProperties;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  const description = z.globalRegistry.get(zodSchema)?.description;
  if (description !== undefined) jsonSchema.description = description;
}

function plain(value: unknown): JsonSchema {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  return isObject(copy) ? copy : {};
}

function mapObjects(value: JsonSchema, change: (object: JsonSchema) => JsonSchema): JsonSchema {
  const each = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(each);
    return isObject(inner) ? mapObjects(inner, change) : inner;
  };
  return change(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, each(inner)])));
}

/** Whether a value is a mapping, as JSON has them. */
export function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

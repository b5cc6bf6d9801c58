import { z } from 'zod';
import type { Json } from './json.ts';
import { isJsonObject } from './json.ts';
import type { Path } from './paths.ts';
import { valueAt } from './paths.ts';

// The one place that looks into schemas: which secrets there are and which keys are known are read from them, never listed twice.

/** A schema without what stands around it (optional, default, transformations). */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.in);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  ) {
    return unwrap(schema.def.innerType);
  }
  return schema;
}

/** What was written about a schema with `.meta()`, its wrappings looked through. */
export function metaOf(schema: z.core.$ZodType): Readonly<Record<string, unknown>> {
  const own = z.globalRegistry.get(schema) ?? {};
  if (schema instanceof z.ZodPipe) return { ...metaOf(schema.def.in), ...own };
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  ) {
    return { ...metaOf(schema.def.innerType), ...own };
  }
  return own;
}

/** The keys of an object schema with their schemas; empty for anything else. */
export function shapeOf(schema: z.core.$ZodType): readonly (readonly [string, z.core.$ZodType])[] {
  const inner = unwrap(schema);
  return inner instanceof z.ZodObject ? Object.entries(inner.def.shape) : [];
}

/** The forms that a union allows; the schema itself when it is none. */
export function optionsOf(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const inner = unwrap(schema);
  return inner instanceof z.ZodUnion ? inner.def.options.flatMap(optionsOf) : [inner];
}

/** The schema of a list's items; `undefined` when it is no list. */
export function itemOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  const inner = unwrap(schema);
  return inner instanceof z.ZodArray ? inner.def.element : undefined;
}

/** The forms that fit a document at a path: of a discriminated union only the one that the document chose. */
export function formsAt(root: z.core.$ZodType, document: Json, path: Path): readonly z.core.$ZodType[] {
  let forms = fitting(optionsOf(root), document);
  path.forEach((step, depth) => {
    const here = valueAt(document, path.slice(0, depth + 1));
    forms = fitting(
      forms.flatMap((form) => {
        const next = typeof step === 'number' ? itemOf(form) : new Map(shapeOf(form)).get(String(step));
        return next === undefined ? [] : optionsOf(next);
      }),
      here,
    );
  });
  return forms;
}

function fitting(forms: readonly z.core.$ZodType[], value: Json | undefined): readonly z.core.$ZodType[] {
  if (forms.length < 2 || !isJsonObject(value)) return forms;
  const chosen = forms.filter((form) =>
    shapeOf(form).some(([key, schema]) => {
      const inner = unwrap(schema);
      return inner instanceof z.ZodLiteral && inner.def.values.some((literal) => literal === value[key]);
    }),
  );
  return chosen.length > 0 ? chosen : forms;
}

/** All keys that may stand in an object at a path. */
export function knownKeys(root: z.core.$ZodType, document: Json, path: Path): readonly string[] {
  const forms = formsAt(root, document, path).filter((form) => metaOf(form)['internal'] !== true);
  return [...new Set(forms.flatMap((form) => shapeOf(form).map(([key]) => key)))];
}

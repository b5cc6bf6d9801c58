import { z } from 'zod';
import type { JsonObject } from './json.ts';
import { isJsonObject } from './json.ts';
import { settingsSchema } from './schema.ts';
import { toJson } from './to-json.ts';

/**
 * The settings document as JSON Schema (2020-12), as people type it: for editors that complete and check, for the page and
 * for the reference. `secret` marks places that hold secrets, `label` names what a text means (duration, size, …).
 */
export function settingsJsonSchema(): JsonObject {
  const schema = z.toJSONSchema(settingsSchema, {
    io: 'input',
    target: 'draft-2020-12',
    override({ jsonSchema }) {
      // What only Postern writes is not offered to anybody.
      if (jsonSchema.anyOf !== undefined) {
        jsonSchema.anyOf = jsonSchema.anyOf.filter((form) => !('internal' in form));
      }
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  const { value } = toJson(JSON.parse(JSON.stringify(schema)));
  return isJsonObject(value) ? value : {};
}

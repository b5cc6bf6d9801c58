import type { Fault } from '../shared/errors.ts';
import type { Json, JsonObject } from './json.ts';
import { pathText } from './paths.ts';

const MAX_DEPTH = 32;
const MAX_VALUES = 200_000;

/**
 * Copies anything into plain JSON. Whatever is not plain data (functions, dates, cycles, prototypes in disguise, endless
 * nesting) becomes a fault, so that nothing behind this step meets a surprise.
 */
export function toJson(input: unknown): { readonly value: Json; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  let left = MAX_VALUES;

  const refuse = (path: readonly PropertyKey[], message: string, remedy?: string): null => {
    if (faults.length < 100) {
      faults.push({ path: pathText(path), message, ...(remedy === undefined ? {} : { remedy }) });
    }
    return null;
  };

  const copy = (value: unknown, path: readonly PropertyKey[]): Json => {
    left -= 1;
    if (left < 0) return refuse([], 'has too many values', `stay below ${MAX_VALUES}`);
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number') {
      return Number.isFinite(value) ? value : refuse(path, 'is not a finite number', 'write a number');
    }
    if (path.length >= MAX_DEPTH)
      return refuse(path, 'is nested too deeply', `stay below ${MAX_DEPTH} levels`);
    if (Array.isArray(value)) {
      if (value.length > MAX_VALUES) return refuse(path, 'has too many values', `stay below ${MAX_VALUES}`);
      return value.map((item, index) => copy(item, [...path, index]));
    }
    if (!isPlainObject(value))
      return refuse(path, 'is not plain data', 'write text, a number, a list or a mapping');
    return copyObject(value, path);
  };

  const copyObject = (value: object, path: readonly PropertyKey[]): JsonObject => {
    const result: Record<string, Json> = {};
    for (const [key, item] of Object.entries(value)) {
      if (key === '__proto__') refuse([...path, key], 'is not a known setting', 'remove it');
      else if (item !== undefined) result[key] = copy(item, [...path, key]);
      if (left < 0) break;
    }
    return result;
  };

  return { value: copy(input, []), faults };
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

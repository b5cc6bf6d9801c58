import type { Json } from './json.ts';
import { isJsonArray, isJsonObject } from './json.ts';

export type Path = readonly PropertyKey[];

/** `['upstreams', 0, 'port']` → `upstreams[0].port`. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\w-]{1,64}$/.test(String(step))) text += text === '' ? String(step) : `.${String(step)}`;
    else text += `[${JSON.stringify(String(step).slice(0, 64))}]`;
  }
  return text;
}

/** What a document holds at a path; `undefined` where it has nothing there. */
export function valueAt(document: Json | undefined, path: Path): Json | undefined {
  let value = document;
  for (const step of path) {
    if (isJsonArray(value)) value = typeof step === 'number' ? value[step] : undefined;
    else if (isJsonObject(value) && typeof step === 'string' && Object.hasOwn(value, step))
      value = value[step];
    else return undefined;
  }
  return value;
}

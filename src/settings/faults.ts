import type { z } from 'zod';
import { closest } from '../shared/closest.ts';
import type { Fault } from '../shared/errors.ts';
import type { Json } from './json.ts';
import { isJsonArray, isJsonObject } from './json.ts';
import type { Path } from './paths.ts';
import { pathText, valueAt } from './paths.ts';
import { knownKeys } from './schema-walk.ts';

/** One fault as one line: `upstreams[0].port is not a port number; write one from 1 to 65535`. */
export function faultText(fault: Fault): string {
  const place = fault.line === undefined ? '' : `line ${fault.line}, column ${fault.column ?? 1}: `;
  const remedy = fault.remedy === undefined ? '' : `; ${fault.remedy}`;
  return `${place}${fault.path === '' ? 'the document' : fault.path} ${fault.message}${remedy}`;
}

/** A fault from a text of the form `what is wrong; what would be right`. */
export function faultAt(path: Path, text: string): Fault {
  const [message = '', ...remedy] = text.split('; ');
  return { path: pathText(path), message, ...(remedy.length > 0 ? { remedy: remedy.join('; ') } : {}) };
}

const TYPE_FAULTS: Readonly<Record<string, string>> = {
  string: 'is not text; write it in quotes',
  number: 'is not a number',
  int: 'is not a whole number',
  boolean: 'is neither true nor false',
  array: 'is not a list; write [ITEM, …] or one line "- ITEM" for each',
  object: 'is not a mapping; write KEY: VALUE for each setting',
};

/** The words for what the schema says nothing about itself; given to zod when it parses. */
export function describeIssue(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'invalid_type') return TYPE_FAULTS[issue.expected] ?? 'has the wrong type';
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'too_big') return `is too large; write ${String(issue.maximum)} or less`;
  if (issue.code === 'too_small') {
    const counted = issue.origin === 'array' || issue.origin === 'string';
    return counted ? 'is empty; write at least one' : `is too small; write ${String(issue.minimum)} or more`;
  }
  return 'is not what belongs here';
}

/** Faults from what zod found in `document`: all of them, each readable alone. */
export function faultsOf(schema: z.ZodType, document: Json, issues: readonly z.core.$ZodIssue[]): Fault[] {
  return issues.flatMap((issue) => issueFaults(schema, document, issue, []));
}

function issueFaults(schema: z.ZodType, document: Json, issue: z.core.$ZodIssue, base: Path): Fault[] {
  const path = shownPath(document, [...base, ...issue.path]);
  const value = valueAt(document, path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(schema, document, path, key));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nested = likeliest(issue.errors, value);
    if (nested) return nested.flatMap((inner) => issueFaults(schema, document, inner, path));
  }
  return [{ ...faultAt(path, issue.message), ...better(issue, value) }];
}

/** Some texts are taken apart before they are checked; their faults are shown at the text, for the parts have no path. */
function shownPath(document: Json, path: Path): Path {
  const parent = path.slice(0, -1);
  if (path.length === 0) return path;
  const holder = valueAt(document, parent);
  return isJsonObject(holder) || isJsonArray(holder) ? path : shownPath(document, parent);
}

/** Says it more exactly than the schema can: that a value is missing, empty or a slip of the pen. */
function better(issue: z.core.$ZodIssue, value: Json | undefined): Partial<Fault> {
  if (value === undefined) {
    const choices = allowedValues(issue);
    const remedy = choices.length > 0 ? { remedy: `write one of ${choices.join(', ')}` } : {};
    return { message: 'is missing', ...remedy };
  }
  if (value === null && issue.path.length > 0) {
    return { message: 'is empty', remedy: 'write a value or leave the key out' };
  }
  if (issue.code === 'invalid_type' && issue.expected === 'object') {
    return splitText(TYPE_FAULTS['object'] ?? '');
  }
  const allowed = allowedValues(issue);
  const meant = typeof value === 'string' ? closest(value, allowed) : undefined;
  return meant === undefined ? {} : { remedy: `did you mean ${meant}?` };
}

function splitText(text: string): Partial<Fault> {
  const { message, remedy } = faultAt([], text);
  return { message, ...(remedy === undefined ? {} : { remedy }) };
}

function allowedValues(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  const options: unknown = issue.code === 'invalid_union' && 'options' in issue ? issue.options : undefined;
  return Array.isArray(options) ? options.map(String) : [];
}

function unknownKey(schema: z.ZodType, document: Json, path: Path, key: string): Fault {
  const known = knownKeys(schema, document, path);
  const meant = closest(key, known);
  const remedy = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean ${meant}?`;
  return { path: pathText([...path, key]), message: 'is not a known setting', remedy };
}

/**
 * The form of a union that the writer most likely had in mind: the only one that recognises the keys and misses none.
 * `undefined` when none stands out; then the words of the union as a whole say more.
 */
function likeliest(
  branches: readonly (readonly z.core.$ZodIssue[])[],
  value: Json | undefined,
): readonly z.core.$ZodIssue[] | undefined {
  if (!isJsonObject(value) && !isJsonArray(value)) return undefined;
  const near = branches.filter((issues) =>
    issues.every((issue) => issue.path.length > 0 && valueAt(value, issue.path) !== undefined),
  );
  return near.length === 1 ? near[0] : undefined;
}

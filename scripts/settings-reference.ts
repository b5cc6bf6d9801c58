/*
 * Writes the reference of settings and process options into a document, between the markers below, from the schema that
 * checks them; so it cannot be wrong.
 *
 *   node scripts/settings-reference.ts [--check] [FILE…]      README.md if no file is named
 *
 * With --check nothing is written, and the exit code is 1 when a file is out of date.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type OptionDescription, SERVE_OPTIONS } from '../src/config/serve-options.ts';
import type { JsonObject } from '../src/settings/json.ts';
import { isJsonArray, isJsonObject } from '../src/settings/json.ts';
import { settingsJsonSchema } from '../src/settings/json-schema.ts';

const START = '<!-- settings-reference:start -->';
const END = '<!-- settings-reference:end -->';

interface Row {
  readonly path: string;
  readonly type: string;
  readonly fallback: string;
  readonly meaning: string;
  /** Choices under which the setting exists, such as `kind: smtp`. */
  readonly conditions: readonly string[];
}

/** The two tables as Markdown. */
export function renderSettingsReference(): string {
  const options = Object.values<OptionDescription>(SERVE_OPTIONS).map(
    ({ flag, argument, variable, ...rest }) => [
      code(argument === undefined ? flag : `${flag} ${argument}`),
      code(variable),
      rest.default,
      rest.meaning,
    ],
  );
  const settings = rowsOf('', settingsJsonSchema()).map((row) => [
    code(row.path),
    row.type,
    row.fallback,
    [row.meaning, ...(row.conditions.length > 0 ? [`(${row.conditions.join('; ')})`] : [])].join(' '),
  ]);
  return [
    '#### Options of `postern serve`',
    '',
    table(['flag', 'variable', 'default', 'meaning'], options),
    '',
    '#### Settings',
    '',
    table(['setting', 'type', 'default', 'meaning'], settings),
  ].join('\n');
}

/** The document with the reference between its markers; `undefined` when it has none. */
export function withReference(document: string): string | undefined {
  const start = document.indexOf(START);
  const end = document.indexOf(END);
  if (start < 0 || end < start) return undefined;
  return `${document.slice(0, start + START.length)}\n\n${renderSettingsReference()}\n\n${document.slice(end)}`;
}

function rowsOf(place: string, schema: JsonObject): Row[] {
  const { properties, items } = schema;
  if (isJsonObject(properties)) {
    return Object.entries(properties).flatMap(([key, value]) => {
      if (!isJsonObject(value)) return [];
      const inner = place === '' ? key : `${place}.${key}`;
      const isContainer = isJsonObject(value['properties']) || formsOf(value) !== undefined;
      const own = isContainer ? [] : [rowOf(inner, value, isRequired(schema, key))];
      return [...own, ...rowsOf(inner, value)];
    });
  }
  const forms = formsOf(schema);
  if (forms !== undefined) return rowsOfForms(place, forms);
  return isJsonObject(items) ? rowsOf(`${place}[]`, items) : [];
}

/** The forms of an object that has several, such as the kinds of upstream; secrets are told in one row. */
function formsOf(schema: JsonObject): readonly JsonObject[] | undefined {
  const forms = schema['oneOf'];
  return isJsonArray(forms) ? forms.filter(isJsonObject) : undefined;
}

/** What all forms have is told once; what only some have is told with the choice that brings it. */
function rowsOfForms(place: string, forms: readonly JsonObject[]): Row[] {
  const byPath = new Map<string, { readonly row: Row; readonly choice: string }[]>();
  for (const form of forms) {
    for (const row of rowsOf(place, form)) {
      byPath.set(row.path, [...(byPath.get(row.path) ?? []), { row, choice: choiceOf(form).value }]);
    }
  }
  const { key } = choiceOf(forms[0] ?? {});
  return [...byPath.values()].flatMap((same) => {
    const row = same[0]?.row;
    if (row === undefined) return [];
    const type = [...new Set(same.map((one) => one.row.type))].join(', ');
    if (same.length === forms.length) return [{ ...row, type }];
    const condition = `${key}: ${same.map(({ choice }) => choice).join(', ')}`;
    return [{ ...row, type, conditions: [condition, ...row.conditions] }];
  });
}

/** The key and value by which a form is chosen, such as `kind` and `smtp`. */
function choiceOf(form: JsonObject): { readonly key: string; readonly value: string } {
  const properties = isJsonObject(form['properties']) ? form['properties'] : {};
  for (const [key, value] of Object.entries(properties)) {
    const chosen = isJsonObject(value) ? value['const'] : undefined;
    if (typeof chosen === 'string') return { key, value: chosen };
  }
  return { key: '', value: '' };
}

function isRequired(schema: JsonObject, key: string): boolean {
  return isJsonArray(schema['required']) && schema['required'].includes(key);
}

function rowOf(place: string, schema: JsonObject, required: boolean): Row {
  const fallback = schema['default'];
  return {
    path: place,
    type: typeOf(schema),
    fallback: fallback === undefined ? (required ? 'required' : '') : code(JSON.stringify(fallback)),
    meaning: typeof schema['description'] === 'string' ? schema['description'] : '',
    conditions: [],
  };
}

function typeOf(schema: JsonObject): string {
  const { label, type, items } = schema;
  if (typeof label === 'string') return label;
  if (schema['const'] !== undefined) return code(JSON.stringify(schema['const']).replaceAll('"', ''));
  if (isJsonArray(schema['enum']))
    return schema['enum'].map((value) => code(JSON.stringify(value).replaceAll('"', ''))).join(', ');
  if (type === 'array') return `list${isJsonObject(items) ? ` of ${typeOf(items)}` : ''}`;
  if (isJsonArray(schema['anyOf'])) {
    return [...new Set(schema['anyOf'].filter(isJsonObject).map(typeOf))].join(' or ');
  }
  const names: Readonly<Record<string, string>> = {
    string: 'text',
    integer: 'whole number',
    object: 'mapping',
  };
  return typeof type === 'string' ? (names[type] ?? type) : 'any';
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(tableLine).join('\n');
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { check: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  let stale = 0;
  for (const file of positionals.length > 0
    ? positionals
    : [path.join(import.meta.dirname, '../README.md')]) {
    const document = await readFile(file, 'utf8');
    const fresh = withReference(document);
    if (fresh === undefined) {
      console.error(`${file} has no lines ${START} and ${END}`);
      stale += 1;
    } else if (fresh !== document && values.check) {
      console.error(`${file} is out of date; run: node scripts/settings-reference.ts`);
      stale += 1;
    } else if (fresh !== document) {
      await writeFile(file, fresh);
    }
  }
  return stale > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));

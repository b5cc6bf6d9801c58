/** Values for a JSON schema: good ones, and for every place in a good one bad ones with the path of the place. */
import { isObject, type JsonSchema } from '../../src/admin/openapi-schemas.ts';

type Resolve = (schema: unknown) => JsonSchema;

/** Levels of a schema that are looked into. */
const DEEPEST = 4;

/** A value that the schema allows, as small as can be, with every property where `full`. */
export function sampleOf(schema: unknown, resolve: Resolve, full = false, depth = 0): unknown {
  const one = resolve(schema);
  if (one['const'] !== undefined) return one['const'];
  const choices = listOf(one['enum']);
  if (choices.length > 0) return choices[0];
  if (one['default'] !== undefined) return one['default'];
  const forms = [...listOf(one['anyOf']), ...listOf(one['oneOf'])];
  if (forms.length > 0) return sampleOf(forms[0], resolve, full, depth);
  switch (typeOf(one)) {
    case 'object': {
      const required = listOf(one['required']);
      const properties = isObject(one['properties']) ? Object.entries(one['properties']) : [];
      return Object.fromEntries(
        properties
          .filter(([name]) => required.includes(name) || (full && depth < DEEPEST))
          .map(([name, inner]) => [name, sampleOf(inner, resolve, full, depth + 1)]),
      );
    }
    case 'array':
      return [sampleOf(one['items'], resolve, full, depth + 1)];
    case 'integer':
    case 'number':
      return typeof one['minimum'] === 'number' ? one['minimum'] : 1;
    case 'boolean':
      return true;
    case 'string':
      return textFor(one);
    default:
      return {};
  }
}

/** Something that fits the patterns of the contract. */
function textFor({ pattern, format, minLength }: JsonSchema): string {
  if (format === 'email') return 'admin@example.com';
  const candidates = [
    '1',
    '000000',
    '0000000000000001',
    'name',
    'abcdefghijkl',
    '127.0.0.1',
    '08:00',
    '1m',
    'a'.repeat(64),
  ];
  const fits = (text: string): boolean =>
    (typeof pattern !== 'string' || new RegExp(pattern, 'u').test(text)) &&
    (typeof minLength !== 'number' || text.length >= minLength);
  return candidates.find(fits) ?? 'name';
}

/** A place in a value: the keys to it. */
export type Place = readonly (string | number)[];

/** Every place of a value, the value itself first. */
export function placesIn(value: unknown, place: Place = []): readonly Place[] {
  if (place.length >= DEEPEST) return [place];
  const inner: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((one: unknown, index) => [index, one] as const)
    : isObject(value)
      ? Object.entries(value)
      : [];
  return [place, ...inner.flatMap(([key, one]) => placesIn(one, [...place, key]))];
}

/** The value with something else in one place; without it where that is undefined. */
export function replaced(value: unknown, [key, ...rest]: Place, by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value))
    return value.map((one: unknown, index) => (index === key ? replaced(one, rest, by) : one));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, one]) => [name, name === key ? replaced(one, rest, by) : one] as const)
      .filter(([, one]) => one !== undefined),
  );
}

/** A JSON text that JavaScript cannot hold as a value, such as a key __proto__. */
export class RawJson {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Is put into a body, and in turn into its fields. */
const HUGE: readonly (readonly [name: string, value: unknown])[] = [
  ['a number of a hundred thousand digits', new RawJson('9'.repeat(100_000))],
  ['a long text', 'x'.repeat(100_000)],
  ['a long list', Array.from({ length: 5000 }, () => 'x')],
  ['many levels', new RawJson('['.repeat(20_000) + ']'.repeat(20_000))],
  ['many levels of mappings', new RawJson(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`)],
];

/** Is put into every place of a body. */
const ODD: readonly (readonly [name: string, value: unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a boolean', true],
  ['a number', 7],
  ['a negative number', -1],
  ['a fraction', 0.5],
  ['the largest whole number and one', 2 ** 53],
  ['the largest number', Number.MAX_VALUE],
  ['a text', 'text'],
  ['an empty text', ''],
  ['half a character', '\uD800'],
  ['text that runs backwards', 'moc.elpmaxe\u202E\u2066\u200B'],
  ['a zero byte', 'a\u0000b'],
  ['line breaks', 'a\r\nBcc: b@example.com\r\n\r\n'],
  ['a list', []],
  ['a mapping', {}],
  ['a mapping with the name of a prototype', new RawJson('{"__proto__":{"all":true,"admin":true}}')],
  ['a mapping with a constructor', { constructor: { prototype: { all: true } }, toString: 1, valueOf: null }],
];

/** Everything odd that is put into a place; deep in a body, where there are many places, each gets another part of it. */
export function oddAt(place: Place, number = 0): readonly (readonly [name: string, value: unknown])[] {
  const turn = (every: number) => (_one: unknown, index: number) => (index + number) % every === 0;
  if (place.length === 0) return [...ODD, ...HUGE];
  if (place.length === 1) return [...ODD, ...HUGE.filter(turn(3))];
  return ODD.filter(turn(place.length === 2 ? 2 : 6));
}

/** The JSON text of a value that may hold raw pieces. */
export function textOf(value: unknown): string {
  const pieces: string[] = [];
  const text = JSON.stringify(value, (_key, one: unknown) => {
    if (!(one instanceof RawJson)) return one;
    pieces.push(one.text);
    return `raw:${pieces.length - 1}:`;
  });
  return (text ?? '').replaceAll(/"raw:(\d+):"/g, (_match, index: string) => pieces[Number(index)] ?? 'null');
}

function typeOf({ type, properties }: JsonSchema): unknown {
  return type ?? (properties === undefined ? undefined : 'object');
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

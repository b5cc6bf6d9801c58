/** Entries of the settings document by their names: read, changed and taken away, with everything else left as it is. Pure. */
import { isObject, type Json, type JsonObject, same } from '../../json.ts';

export type Entry = JsonObject;

/** The lists that this page changes. */
export type Section = 'listeners' | 'clients' | 'users';

/** What is in force where the document does not name any; a test holds them against the schema. */
export const DEFAULTS: Readonly<Record<Section, readonly Entry[]>> = {
  listeners: [{ name: 'default', address: '127.0.0.1', port: 2525 }],
  clients: [{ name: 'this machine', networks: ['127.0.0.0/8', '::1'], senders: ['*'] }],
  users: [],
};

/** The list as it is in force. */
export function entriesOf(document: unknown, section: Section): readonly Entry[] {
  const list: unknown = isObject(document) ? document[section] : undefined;
  return Array.isArray(list) ? list.filter((each) => isObject(each)) : DEFAULTS[section];
}

/** The entry of that name, as it is in force. */
export function entryOf(document: unknown, section: Section, name: string | undefined): Entry | undefined {
  return name === undefined
    ? undefined
    : entriesOf(document, section).find((entry) => entry['name'] === name);
}

/** Where the entry stands, or would be added; for the paths of faults. */
export function placeOf(document: unknown, section: Section, name: string | undefined): number {
  const entries = entriesOf(document, section);
  const place = entries.findIndex((entry) => entry['name'] === name);
  return place === -1 ? entries.length : place;
}

/** Which condition of a route names an entry of the section. */
const NAMED_BY: Readonly<Record<Section, string>> = {
  listeners: 'listener',
  clients: 'client',
  users: 'client',
};

/** With the entry in place of the one of that name, or behind all others; routes follow a new name. */
export function withEntry(
  document: unknown,
  section: Section,
  name: string | undefined,
  entry: Entry,
): Entry {
  const entries = entriesOf(document, section);
  const place = placeOf(document, section, name);
  const next =
    place < entries.length
      ? entries.map((each, index) => (index === place ? entry : each))
      : [...entries, entry];
  const changed = { ...(isObject(document) ? document : {}), [section]: next };
  const { name: fresh } = entry;
  return name === undefined || fresh === undefined || fresh === name
    ? changed
    : withRoutes(changed, NAMED_BY[section], name, fresh);
}

/** Without the entry of that name. */
export function withoutEntry(document: unknown, section: Section, name: string): Entry {
  const rest = entriesOf(document, section).filter((entry) => entry['name'] !== name);
  return { ...(isObject(document) ? document : {}), [section]: rest };
}

function withRoutes(document: Entry, condition: string, before: string, after: Json): Entry {
  const { routes } = document;
  if (!Array.isArray(routes)) return document;
  const list: readonly Json[] = routes;
  return {
    ...document,
    routes: list.map((route) =>
      isObject(route) && route[condition] === before ? { ...route, [condition]: after } : route,
    ),
  };
}

/** The entry with a value; what is as it would be anyway is not written. */
export function withValue(entry: Entry, key: string, value: Json | undefined, otherwise?: Json): Entry {
  if (value !== undefined && !same(value, otherwise)) return { ...entry, [key]: value };
  const { [key]: _, ...rest } = entry;
  return rest;
}

/** A text, or a number as one. */
export function textOf(entry: Entry, key: string, otherwise = ''): string {
  const value = entry[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise;
}

/** A yes or no. */
export function flagOf(entry: Entry, key: string, otherwise: boolean): boolean {
  const value = entry[key];
  return typeof value === 'boolean' ? value : otherwise;
}

/** A list of texts. */
export function textsOf(entry: Entry, key: string, otherwise: readonly string[]): readonly string[] {
  const value: unknown = entry[key];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : otherwise;
}

/** The value, where it is one of a few. */
export function choiceOf<V extends string>(
  entry: Entry,
  key: string,
  choices: readonly V[],
  otherwise: V,
): V {
  return choices.find((choice) => choice === entry[key]) ?? otherwise;
}

/**
 * What differs between two settings documents, in lines that people read: `upstreams.office.port`, `25`, `587`. Items of a list that have
 * names are found again by their names, wherever they stand. Of a secret it says only where it comes from, that it is set, or that it was
 * changed, in whatever form the documents have it. Bounded. Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from './json.ts';
import { type Path, pathText } from './paths.ts';
import { secretsIn } from './secret-places.ts';

/** One line: what stood there before, and what stands there after; absent where there was or is nothing. */
export interface Difference {
  readonly path: string;
  readonly before?: string;
  readonly after?: string;
}

/** Lines; what differs beyond them is counted in the last one. */
const MOST = 500;
/** Characters of a value that are shown. */
const LONGEST = 200;
/** Items of a list that are compared one by one. */
const MOST_ITEMS = 10_000;

/** One side: the value, and where it stands in its own document, by numbers. */
interface Side {
  readonly value: Json | undefined;
  readonly place: Path;
  readonly secrets: ReadonlyMap<string, Json>;
}

/** In the order of the later document, what is gone behind it. */
export function differences(before: Json, after: Json): readonly Difference[] {
  const lines: Difference[] = [];
  let more = 0;
  const add = (path: Path, old: string | undefined, fresh: string | undefined): void => {
    if (lines.length >= MOST) more += 1;
    else {
      lines.push({
        path: pathText(path),
        ...(old === undefined ? {} : { before: old }),
        ...(fresh === undefined ? {} : { after: fresh }),
      });
    }
  };
  compare(sideOf(before), sideOf(after), [], add);
  return more === 0 ? lines : [...lines, { path: '…', after: `${more} more` }];
}

type Add = (path: Path, before: string | undefined, after: string | undefined) => void;

function compare(old: Side, fresh: Side, path: Path, add: Add): void {
  const [was, is] = [secretAt(old), secretAt(fresh)];
  if (was !== undefined || is !== undefined) {
    compareSecrets(was, is, path, add);
    return;
  }
  if (isDeepStrictEqual(old.value, fresh.value)) return;
  if (isObjectOr(old.value) && isObjectOr(fresh.value) && !areEmpty(old.value, fresh.value)) {
    const keys = new Set([...Object.keys(fresh.value ?? {}), ...Object.keys(old.value ?? {})]);
    for (const key of keys) compare(child(old, key), child(fresh, key), [...path, key], add);
    return;
  }
  const lists = { old: itemsOf(old.value), fresh: itemsOf(fresh.value) };
  if (lists.old !== undefined && lists.fresh !== undefined) {
    if (lists.old.some(isJsonObject) || lists.fresh.some(isJsonObject)) {
      compareLists(old, fresh, lists.old, lists.fresh, path, add);
      return;
    }
  }
  const oneEach = old.value !== undefined && fresh.value !== undefined;
  if (oneEach && (holdsMore(old.value) || holdsMore(fresh.value))) {
    compare(old, absent(fresh), path, add);
    compare(absent(old), fresh, path, add);
    return;
  }
  add(path, textOf(old.value), textOf(fresh.value));
}

/** Whether something in it has a line of its own. */
function holdsMore(value: Json): boolean {
  if (isJsonObject(value)) return Object.keys(value).length > 0;
  return isJsonArray(value) && value.length <= MOST_ITEMS && value.some(isJsonObject);
}

function compareLists(
  old: Side,
  fresh: Side,
  was: readonly Json[],
  is: readonly Json[],
  path: Path,
  add: Add,
): void {
  const [names, newNames] = [namesOf(was), namesOf(is)];
  if (names === undefined || newNames === undefined) {
    compareByPlace(old, fresh, was, is, path, add);
    return;
  }
  for (const name of new Set([...newNames.keys(), ...names.keys()])) {
    compare(child(old, names.get(name) ?? -1), child(fresh, newNames.get(name) ?? -1), [...path, name], add);
  }
  const stayed = [...names.keys()].filter((name) => newNames.has(name));
  const order = [...newNames.keys()].filter((name) => names.has(name));
  if (!isDeepStrictEqual(stayed, order)) add(path, cut(stayed.join(', ')), cut(order.join(', ')));
}

/** Items without names: those that are in both lists stay, the others have gone or come; of as many, each has become the one in its place. */
function compareByPlace(
  old: Side,
  fresh: Side,
  was: readonly Json[],
  is: readonly Json[],
  path: Path,
  add: Add,
): void {
  if (was.length === is.length) {
    const left = unmatched(was, is);
    if (left.length === 0) {
      add(path, undefined, 'in another order');
      return;
    }
    is.forEach((_, index) => compare(child(old, index), child(fresh, index), [...path, index], add));
    return;
  }
  for (const index of unmatched(is, was)) compare(absent(old), child(fresh, index), [...path, index], add);
  for (const index of unmatched(was, is)) compare(child(old, index), absent(fresh), [...path, index], add);
}

/** Numbers of the items that the other list does not have. */
function unmatched(items: readonly Json[], others: readonly Json[]): readonly number[] {
  const left = new Map<string, number>();
  for (const other of others) {
    const text = JSON.stringify(other);
    left.set(text, (left.get(text) ?? 0) + 1);
  }
  return items.flatMap((item, index) => {
    const text = JSON.stringify(item);
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count > 0 ? [] : [index];
  });
}

function compareSecrets(was: Json | undefined, is: Json | undefined, path: Path, add: Add): void {
  if (isSameSecret(was, is)) return;
  const [before, after] = [secretText(was), secretText(is)];
  add(path, before, before === after && after !== undefined ? 'changed' : after);
}

/** A secret that is shown as set is the one that is kept, unless both say since when, and differ. */
function isSameSecret(was: Json | undefined, is: Json | undefined): boolean {
  if (isJsonObject(was) && isJsonObject(is) && was['set'] === true && is['set'] === true) {
    const [since, now] = [was['since'], is['since']];
    return since === undefined || now === undefined || since === now;
  }
  return isDeepStrictEqual(was, is);
}

/** Where a secret comes from, without anything of it: the arguments of a command may hold one too. */
function secretText(source: Json | undefined): string | undefined {
  if (source === undefined) return undefined;
  if (!isJsonObject(source)) return 'set';
  const { file, env, command, vault } = source;
  if (typeof file === 'string') return cut(`file ${file}`);
  if (typeof env === 'string') return cut(`variable ${env}`);
  if (typeof vault === 'string') return cut(`vault ${vault}`);
  if (isJsonArray(command ?? null)) return cut(`command ${programOf(command)}`);
  return 'set';
}

function programOf(command: Json | undefined): string {
  if (command === undefined || !isJsonArray(command)) return '';
  const [program] = command;
  return `${typeof program === 'string' ? program : ''}${command.length > 1 ? ' …' : ''}`;
}

function sideOf(document: Json): Side {
  const secrets = secretsIn(document).map(({ path, source }) => [pathText(path), source] as const);
  return { value: document, place: [], secrets: new Map(secrets) };
}

function secretAt({ place, secrets }: Side): Json | undefined {
  return secrets.get(pathText(place));
}

/** Past every document: nothing stands there, no secret either. */
function absent({ place }: Side): Side {
  return { value: undefined, place, secrets: new Map() };
}

function child(side: Side, step: string | number): Side {
  const { value, place, secrets } = side;
  const found = isJsonObject(value)
    ? Object.hasOwn(value, step)
      ? value[step]
      : undefined
    : isJsonArray(value ?? null) && typeof step === 'number'
      ? itemsOf(value)?.[step]
      : undefined;
  return found === undefined ? absent(side) : { value: found, place: [...place, step], secrets };
}

function isObjectOr(value: Json | undefined): value is JsonObject | undefined {
  return value === undefined || isJsonObject(value);
}

/** What has nothing in it is a line of its own, or it would not be seen. */
function areEmpty(old: JsonObject | undefined, fresh: JsonObject | undefined): boolean {
  return Object.keys(old ?? {}).length === 0 && Object.keys(fresh ?? {}).length === 0;
}

function itemsOf(value: Json | undefined): readonly Json[] | undefined {
  if (value === undefined) return [];
  return isJsonArray(value) && value.length <= MOST_ITEMS ? value : undefined;
}

/** The names of a list's items, with where they stand; undefined where one has none, or shares it. */
function namesOf(items: readonly Json[]): ReadonlyMap<string, number> | undefined {
  const names = new Map(
    items.flatMap((item, index): [string, number][] =>
      isJsonObject(item) && typeof item['name'] === 'string' ? [[item['name'], index]] : [],
    ),
  );
  return names.size === items.length ? names : undefined;
}

/** Never what is inside of something, for a secret may be there. */
function textOf(value: Json | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value === '' ? '""' : cut(value);
  if (isJsonObject(value)) return Object.keys(value).length === 0 ? '{}' : '{…}';
  if (!isJsonArray(value)) return String(value);
  if (value.length === 0) return '[]';
  const plain = value.every((item) => typeof item !== 'object');
  return plain ? cut(value.map(String).join(', ')) : `${value.length} items`;
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1).toWellFormed()}…` : text;
}

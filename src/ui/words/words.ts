/** Texts of the page in the language that was chosen, with numbers as that language writes them. */
import type { ComponentChildren } from 'preact';
import { common } from './en/common.ts';
import { shell } from './en/shell.ts';
import type { en } from './en.ts';
import { type Language, language, locale, rememberLanguage, wantedLanguage } from './language.ts';
import { formOf, type Parameters, type Plural, piecesOf } from './messages.ts';

type Catalogue = typeof en;
export type Area = keyof Catalogue;
/** `area.key` of every text there is. */
export type WordKey = { [A in Area]: `${A}.${keyof Catalogue[A] & string}` }[Area];
type MessageOf<K extends WordKey> = K extends `${infer A extends Area}.${infer N}`
  ? N extends keyof Catalogue[A]
    ? Catalogue[A][N]
    : never
  : never;
type Values<K extends WordKey, V> = [Parameters<MessageOf<K>>] extends [never]
  ? []
  : [values: { readonly [N in Parameters<MessageOf<K>>]: V }];
/** Keys of texts without parameters. */
export type PlainKey = { [K in WordKey]: [Parameters<MessageOf<K>>] extends [never] ? K : never }[WordKey];

type AreaWords = Readonly<Record<string, string | Plural>>;

/** Areas that are there from the beginning; those of the pages come with them. */
const FIRST: readonly Area[] = ['common', 'shell'];
const shown = new Map<string, AreaWords>(Object.entries({ common, shell }));
const wantedAreas = new Set<Area>(FIRST);

/** A text: `t('overview.waiting', { count: 3 })`. Numbers are written as the language does. */
export function t<K extends WordKey>(key: K, ...[values]: Values<K, string | number>): string {
  return pieces(key, values).map(shownPiece).join('');
}

/** A text with elements in it: `rich('overview.point', { host: <code>…</code> })`. */
export function rich<K extends WordKey>(
  key: K,
  ...[values]: Values<K, ComponentChildren>
): ComponentChildren {
  return pieces(key, values).map((piece) => (typeof piece === 'number' ? number(piece) : piece));
}

function pieces(key: string, values: object = {}): ComponentChildren[] {
  const [area = '', name = ''] = key.split('.');
  const message = shown.get(area)?.[name];
  if (message === undefined) return [key];
  const given = new Map<string, ComponentChildren>(Object.entries(values));
  return piecesOf(formOf(message, given.get('count'), language.get())).map((piece, index) =>
    index % 2 === 0 ? piece : given.get(piece),
  );
}

function shownPiece(piece: ComponentChildren): string {
  if (typeof piece === 'number') return number(piece);
  return typeof piece === 'string' ? piece : '';
}

/** A number as the language writes it. */
export function number(value: number): string {
  return new Intl.NumberFormat(locale()).format(value);
}

/** Loads the words of areas in the language that is shown; each once. */
export async function loadWords(areas: readonly Area[]): Promise<void> {
  const missing = areas.filter((area) => !shown.has(area));
  for (const area of areas) wantedAreas.add(area);
  await loadAreas(language.get(), missing);
}

/** Shows the page in a language, once its words are there. */
export async function showLanguage(wanted: Language = wantedLanguage()): Promise<void> {
  if (wanted !== 'en' || language.get() !== 'en') await loadAreas(wanted, [...wantedAreas]);
  document.documentElement.lang = wanted;
  language.set(wanted);
}

async function loadAreas(from: Language, areas: readonly Area[]): Promise<void> {
  const loaded = await Promise.all(areas.map((area) => loadArea(from, area)));
  for (const [area, words] of loaded) shown.set(area, words);
}

async function loadArea(from: Language, area: Area): Promise<readonly [Area, AreaWords]> {
  // The build makes a chunk of each file that these patterns match.
  const module: unknown = await (from === 'de' ? import(`./de/${area}.ts`) : import(`./en/${area}.ts`));
  const words = isModule(module) ? module[area] : undefined;
  if (words === undefined) throw new Error(`words/${from}/${area}.ts exports no ${area}`);
  return [area, words];
}

/** What stands in a file of words; a test reads them all. */
function isModule(value: unknown): value is Readonly<Record<string, AreaWords>> {
  return typeof value === 'object' && value !== null;
}

/** The same by choice, remembered in this browser. */
export async function chooseLanguage(wanted: Language): Promise<void> {
  rememberLanguage(wanted);
  await showLanguage(wanted);
}

/** Texts of the page in the language that was chosen, with numbers as that language writes them. */
import type { ComponentChildren } from 'preact';
import { en } from './en.ts';
import { type Language, language, rememberLanguage, wantedLanguage } from './language.ts';
import { formOf, type Parameters, type Plural, piecesOf } from './messages.ts';

type Catalogue = typeof en;
type Area = keyof Catalogue;
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

type Shown = Readonly<Record<string, Readonly<Record<string, string | Plural>>>>;
let shown: Shown = en;

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
  const message = shown[area]?.[name];
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
  return new Intl.NumberFormat(language.get()).format(value);
}

/** Loads the words of a language and shows the page in it. English is always there. */
export async function showLanguage(wanted: Language = wantedLanguage()): Promise<void> {
  shown = wanted === 'en' ? en : (await import('./de.ts')).de;
  document.documentElement.lang = wanted;
  language.set(wanted);
}

/** The same by choice, remembered in this browser. */
export async function chooseLanguage(wanted: Language): Promise<void> {
  rememberLanguage(wanted);
  await showLanguage(wanted);
}

/** How the words of the page are written: a text with {parameters}, or one per plural form of {count}. Pure. */

/** Forms by the categories of Intl.PluralRules that English and German have. */
export interface Plural {
  readonly one: string;
  readonly other: string;
}
export type Words = Readonly<Record<string, string | Plural>>;

/** What a translation has to hold for the same keys. */
export type Translated<W extends Words> = {
  readonly [K in keyof W]: W[K] extends string ? string : Plural;
};

/** The names in braces of a text. */
type Names<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
/** The parameters of a text or of both plural forms. */
export type Parameters<M> = M extends string
  ? Names<M>
  : M extends { readonly one: infer One; readonly other: infer Other }
    ? Names<One> | Names<Other> | 'count'
    : never;

/** The form for a count, in a language. */
export function formOf(message: string | Plural, count: unknown, language: string): string {
  if (typeof message === 'string') return message;
  const rule = new Intl.PluralRules(language).select(typeof count === 'number' ? count : 0);
  return rule === 'one' ? message.one : message.other;
}

/** A text cut at its parameters: texts at even places, names of parameters at odd ones. */
export function piecesOf(text: string): readonly string[] {
  return text.split(/\{(\w+)\}/);
}

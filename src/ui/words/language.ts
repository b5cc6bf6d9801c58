/** The language of the page: the chosen one, else the browser's, else English. */
import { createStore } from '../store.ts';
import { localeOf } from './locale-of.ts';

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

const KEY = 'postern-language';

export function isLanguage(text: string): text is Language {
  return Object.hasOwn(LANGUAGES, text);
}

/** The language of the words that are shown; set by useLanguage in words.ts when they have been loaded. */
export const language = createStore<Language>('en');

/** What to begin with. */
export function wantedLanguage(): Language {
  const chosen = localStorage.getItem(KEY) ?? '';
  if (isLanguage(chosen)) return chosen;
  for (const tag of navigator.languages) {
    const primary = tag.slice(0, 2).toLowerCase();
    if (isLanguage(primary)) return primary;
  }
  return 'en';
}

/** The language with the region that the browser has for it, which decides on 24 hours and the order of dates. */
export function locale(): string {
  return localeOf(language.get(), navigator.languages);
}

/** Remembers a choice in this browser. */
export function rememberLanguage(chosen: Language): void {
  localStorage.setItem(KEY, chosen);
}

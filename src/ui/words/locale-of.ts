/**
 * The tag in which dates and numbers of a language are written: the first of `tags`, those of the browser, that is of this language;
 * else the language alone. Chromium under the locale C says “en-US@posix”, which Intl refuses. Pure.
 */
export function localeOf(language: string, tags: readonly string[]): string {
  return tags.find((tag) => tag.toLowerCase().startsWith(language) && isTag(tag)) ?? language;
}

function isTag(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}

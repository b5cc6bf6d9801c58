/** Longer waits are not believed, ms. */
const LONGEST = 24 * 3_600_000;

/**
 * Milliseconds to wait by a Retry-After field (RFC 9110 section 10.2.3): seconds or an HTTP date. Undefined for anything else, and for a
 * time that has passed.
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}(?:\.\d{1,6})?$/.test(text)) return bounded(Number(text) * 1000);
  // A date has letters; Date.parse would read years and months into bare numbers.
  if (text.length > 40 || !/^[A-Za-z]{3,9},? [\w :+-]+$/.test(text)) return undefined;
  return bounded(Date.parse(text) - now);
}

/** Gmail writes the moment into its words: `User-rate limit exceeded. Retry after 2026-11-02T08:15:00.000Z`. */
export function retryAfterInText(text: string, now: number): number | undefined {
  const moment = /retry after (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)/i.exec(text)?.[1];
  return moment === undefined ? undefined : bounded(Date.parse(moment) - now);
}

function bounded(wait: number): number | undefined {
  return Number.isFinite(wait) && wait > 0 ? Math.min(Math.ceil(wait), LONGEST) : undefined;
}

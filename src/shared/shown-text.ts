/** Text of others, made fit for a log, a terminal or a page: what servers, certificates and providers say is theirs to choose. */

/** Control characters, halves of characters, line and paragraph separators, and what is not seen or turns the direction of text. */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu;

/** The text on one line: each run of what cannot be shown is a space. As long as it was, or shorter. */
export function printable(text: string): string {
  return text.replace(UNSHOWABLE, ' ');
}

/** The same without space around it, cut to so many characters, with `…` where something is missing. */
export function shownText(text: string, longest: number): string {
  // More than is shown is looked at, since what cannot be shown goes; but never all of an endless text.
  const clean = printable(text.slice(0, 4 * longest)).trim();
  return clean.length > longest ? `${clean.slice(0, longest - 1).toWellFormed()}…` : clean;
}

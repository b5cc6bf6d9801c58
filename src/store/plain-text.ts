/**
 * The text as both databases can keep it: PostgreSQL takes neither NUL nor half of a surrogate pair, and one such
 * character would make the whole batch fail that it is in.
 */
export function plainText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '') : whole;
}

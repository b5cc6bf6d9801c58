/**
 * Text for people on a terminal. Everything that came with mail or from a server is somebody else's text: control
 * characters in it could move the cursor, change the title or type commands, so they are shown as signs, never sent. Pure.
 */

/** Controls of C0 and C1, line and paragraph separators, and marks that turn the direction of writing. */
const STEERING = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]|\p{Cs}/gu;
const ESCAPED_LENGTH = 4;

/** Somebody else's text on one line: what would steer the terminal becomes `\x1b`, `\u202e`. */
export function safe(text: string): string {
  return text.replace(STEERING, (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(ESCAPED_LENGTH, '0')}`;
  });
}

/** JSON whose strings cannot steer a terminal either; it is the same document. */
export function safeJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2) ?? 'null';
  return text.replace(STEERING, (sign) =>
    sign === '\n' ? sign : `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(ESCAPED_LENGTH, '0')}`,
  );
}

/** The same on one line, for streams of JSON. */
export function safeJsonLine(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(
    STEERING,
    (sign) => `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(ESCAPED_LENGTH, '0')}`,
  );
}

/** Aligned columns, two spaces apart; the last one is as long as it is. Cells are made safe here. */
export function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(safe));
  const widths: number[] = [];
  for (const row of cells) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
    });
  }
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell) + 2),
        )
        .join('')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** Columns on a terminal: wide signs take two, combining ones none. */
function widthOf(text: string): number {
  let width = 0;
  for (const sign of text) {
    if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(sign)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        sign,
      )
        ? 2
        : 1;
  }
  return width;
}

/** `2026-11-21 22:04:05` in the zone of the machine. */
export function localTime(time: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '-';
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `10 KB`, `1.5 MB`. */
export function byteSize(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 10 ? Math.round(value) : Number(value.toFixed(1))} ${units[unit]}`;
}

/** `1 message`, `3 messages`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

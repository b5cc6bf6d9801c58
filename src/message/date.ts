/*
 * Dates as mail writes them (RFC 5322 section 3.3). Pure: the moment is passed in. Each message needs the same second
 * twice, and thousands need the same second, so the last text is kept.
 */

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** The latest moment that a four-digit year can name. */
const LATEST = Date.UTC(9999, 11, 30);

let lastSecond = Number.NaN;
let lastText = '';

/** `Fri, 21 Nov 2026 21:55:41 +0000`; `time` in ms since 1970, written in the zone of the machine. */
export function formatDate(time: number): string {
  const second = Math.floor(time / 1000);
  if (second !== lastSecond) {
    lastText = writeDate(time, -new Date(time).getTimezoneOffset());
    lastSecond = second;
  }
  return lastText;
}

/** The same in UTC, or in any zone: `offset` in minutes east of Greenwich. */
export function formatDateAt(time: number, offset = 0): string {
  return writeDate(time, offset);
}

function writeDate(time: number, offset: number): string {
  const known = Number.isFinite(time) ? Math.min(Math.max(time, 0), LATEST) : 0;
  const minutes = Number.isFinite(offset) ? Math.round(offset) : 0;
  const local = new Date(known + minutes * 60_000);
  const zone = `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}${two(Math.abs(minutes) % 60)}`;
  const day = `${DAYS[local.getUTCDay()]}, ${local.getUTCDate()} ${MONTHS[local.getUTCMonth()]}`;
  const clock = `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`;
  return `${day} ${String(local.getUTCFullYear()).padStart(4, '0')} ${clock} ${zone}`;
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, '0');
}

/** Times, sizes and lengths as the chosen language writes them. */
import { locale } from './words/language.ts';
import { t } from './words/words.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, length: number, until: number])[] = [
  ['minute', MINUTE, HOUR],
  ['hour', HOUR, DAY],
  ['day', DAY, 60 * DAY],
  ['month', 30.44 * DAY, 365 * DAY],
  ['year', 365.25 * DAY, Number.POSITIVE_INFINITY],
];

/** “just now”, “3 minutes ago”, “in 2 days”. */
export function relativeTime(at: number, now: number): string {
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
  const distance = at - now;
  const far = Math.abs(distance);
  if (far < 50 * SECOND) return distance > 5 * SECOND ? t('common.soon') : t('common.justNow');
  for (const [unit, length, until] of STEPS) {
    const count = Math.round(distance / length);
    if (Math.abs(count) * length < until) return format.format(count, unit);
  }
  return absoluteTime(at);
}

/** Date and time to the second. */
export function absoluteTime(at: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'medium' }).format(at);
}

/** The date alone. */
export function dateText(at: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium' }).format(at);
}

/** Hours and minutes. */
export function clockText(at: number): string {
  return new Intl.DateTimeFormat(locale(), { timeStyle: 'short' }).format(at);
}

const DURATIONS = [
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
  ['second', SECOND],
] as const;

/** “340 ms”, “4.2 s”, “3 min”, “5 h”, “2 days”. */
export function durationText(milliseconds: number): string {
  const fits = DURATIONS.find(([, length]) => milliseconds >= 2 * length || milliseconds === length);
  const [unit, length] = fits ?? ['millisecond', 1];
  const value = milliseconds / length;
  return new Intl.NumberFormat(locale(), {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: value < 10 && unit === 'second' ? 1 : 0,
  }).format(value);
}

/** Bytes in steps of 1024, as file managers show them. */
export function sizeText(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  const step = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  return new Intl.NumberFormat(locale(), {
    style: 'unit',
    unit: units[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value);
}

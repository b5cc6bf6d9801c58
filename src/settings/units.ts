import { z } from 'zod';

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1000,
  KiB: 1024,
  MB: 1_000_000,
  MiB: 1_048_576,
  GB: 1_000_000_000,
  GiB: 1_073_741_824,
};

/** `30s`, `5m`, `3d` → milliseconds; `undefined` when it is not a duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  return bounded(Number(match[1]) * (DURATION_UNITS[match[2] ?? ''] ?? Number.NaN));
}

/** `50 MiB`, `10 KB`, `1024` → bytes; `undefined` when it is not a size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(B|KB|KiB|MB|MiB|GB|GiB)?$/.exec(text.trim());
  if (!match) return undefined;
  return bounded(Number(match[1]) * (SIZE_UNITS[match[2] ?? ''] ?? Number.NaN));
}

/** Whole and exact, so that sums of it are too; `undefined` beyond 2^53. */
function bounded(amount: number): number | undefined {
  const whole = Math.round(amount);
  return Number.isSafeInteger(whole) ? whole : undefined;
}

/** A duration in a settings document: `30s`, `5m`, `4h`, `3d`; milliseconds once parsed. */
export function duration(defaultText: string, description: string) {
  const error = 'is not a duration; write a number and a unit such as 30s, 5m, 4h or 3d';
  return z
    .string({ error })
    .refine((text) => parseDuration(text) !== undefined, { error })
    .transform((text) => parseDuration(text) ?? 0)
    .prefault(defaultText)
    .meta({ description, label: 'duration' });
}

/** A size in a settings document: `50 MiB`, `10 KB` or plain bytes; bytes once parsed. */
export function size(defaultText: string, description: string) {
  const error = 'is not a size; write a number and a unit such as 50 MiB, 10 KB or 1 GB';
  return z
    .union([z.string(), z.int().nonnegative().transform(String)], { error })
    .refine((text) => parseSize(text) !== undefined, { error })
    .transform((text) => parseSize(text) ?? 0)
    .prefault(defaultText)
    .meta({ description, label: 'size' });
}

import type { Clock } from '../shared/clock.ts';

/** Reading costs at most one part in so many of the time. */
const SHARE = 50;
const LONGEST = 10_000;
/** Reading that takes longer is not waited for where there is an answer that is not much older, ms. */
const SLOW = 15;

/**
 * An answer that may be a little old: it is kept for fifty times as long as reading it took, up to 10 s. So a page that asks
 * often costs a busy store little, and one on a small store sees at once what is new. Where reading is slow, whoever asks
 * after that time gets the old answer once more while a new one is read. A failure is passed on and not kept.
 */
export function calm<T>(clock: Pick<Clock, 'monotonic'>, read: () => Promise<T>): () => Promise<T> {
  let known: { readonly value: T; readonly until: number; readonly slow: boolean } | undefined;
  let reading: Promise<T> | undefined;

  async function readAnew(): Promise<T> {
    const began = clock.monotonic();
    try {
      const value = await read();
      const now = clock.monotonic();
      const took = now - began;
      known = { value, until: now + Math.min(LONGEST, took * SHARE), slow: took > SLOW };
      return value;
    } finally {
      reading = undefined;
    }
  }

  return async () => {
    const now = clock.monotonic();
    if (known !== undefined && now < known.until) return known.value;
    reading ??= readAnew();
    if (known?.slow !== true || now > known.until + LONGEST) return reading;
    reading.catch(() => undefined);
    return known.value;
  };
}

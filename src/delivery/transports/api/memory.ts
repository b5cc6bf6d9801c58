import type { Clock } from '../../../shared/clock.ts';

/** Remembers a little for a while; at most `most` things, the oldest are forgotten first. */
export interface Memory<T> {
  remember(key: string, value: T): void;
  recall(key: string): T | undefined;
}

export function createMemory<T>(clock: Clock, milliseconds: number, most = 1000): Memory<T> {
  const entries = new Map<string, { readonly value: T; readonly until: number }>();
  return {
    remember(key, value) {
      entries.delete(key);
      if (entries.size >= most) {
        const [oldest] = entries.keys();
        if (oldest !== undefined) entries.delete(oldest);
      }
      entries.set(key, { value, until: clock.monotonic() + milliseconds });
    },
    recall(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (entry.until > clock.monotonic()) return entry.value;
      entries.delete(key);
      return undefined;
    },
  };
}

/**
 * Hands values from one who works to one who reads, in order. The reader may stop at any time; `onStop` hears of it once, so that the
 * work can end too. Few values are expected: what was not read yet waits in memory.
 */
export interface Channel<T> extends AsyncIterable<T> {
  push(value: T): void;
  end(): void;
}

/** One reader only. */
export function createChannel<T>(onStop: () => void): Channel<T> {
  const waiting: T[] = [];
  let ended = false;
  let wake: (() => void) | undefined;
  const stir = (): void => {
    wake?.();
    wake = undefined;
  };
  return {
    push(value) {
      if (ended) return;
      waiting.push(value);
      stir();
    },
    end() {
      ended = true;
      stir();
    },
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          const value = waiting.shift();
          if (value !== undefined) yield value;
          else if (ended) return;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        ended = true;
        onStop();
      }
    },
  };
}

/** Lets so many through at once, the others in the order in which they came. */
export interface Gate {
  /** Resolves with true when it is one's turn; with false when `signal` aborts first. */
  enter(signal: AbortSignal): Promise<boolean>;
  leave(): void;
  inside(): number;
  idle(): boolean;
}

export function createGate(atOnce: number): Gate {
  const waiting = new Set<() => void>();
  let inside = 0;

  return {
    enter(signal) {
      if (signal.aborted) return Promise.resolve(false);
      if (inside < atOnce) {
        inside += 1;
        return Promise.resolve(true);
      }
      return new Promise((resolve) => {
        const admit = (): void => {
          signal.removeEventListener('abort', abort);
          resolve(true);
        };
        const abort = (): void => {
          waiting.delete(admit);
          resolve(false);
        };
        waiting.add(admit);
        signal.addEventListener('abort', abort, { once: true });
      });
    },
    leave() {
      const [next] = waiting;
      if (next === undefined) {
        inside -= 1;
        return;
      }
      // The place is handed on, so that nobody can slip in between.
      waiting.delete(next);
      next();
    },
    inside: () => inside,
    idle: () => inside === 0 && waiting.size === 0,
  };
}

/**
 * A session that ended while the page is open: one dialog for everything that waits for it, and whatever waits goes on
 * when somebody has signed in.
 */
import { createStore } from './store.ts';

interface Waiting {
  readonly promise: Promise<void>;
  readonly done: () => void;
}

/** Set while somebody has to sign in. */
export const signInNeeded = createStore<Waiting | undefined>(undefined);

/** Resolves when somebody has signed in; rejects when the request is not wanted any more. */
export function signInAgain(signal?: AbortSignal): Promise<void> {
  const waiting = signInNeeded.get() ?? begin();
  if (signal === undefined) return waiting.promise;
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new DOMException('Aborted', 'AbortError')), { once: true });
    void waiting.promise.then(resolve);
  });
}

function begin(): Waiting {
  const { promise, resolve } = Promise.withResolvers<void>();
  const waiting: Waiting = {
    promise,
    done() {
      signInNeeded.set(undefined);
      resolve();
    },
  };
  signInNeeded.set(waiting);
  return waiting;
}

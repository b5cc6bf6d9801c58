/** Lets transactions through one at a time and holds everything else back while one is open; first come, first served. */
export interface Gate {
  /** Runs the action when no transaction is open. */
  pass<T>(action: () => Promise<T>): Promise<T>;
  /** The same, and a transaction is open from then on; `leave` has to follow, also when the action fails. */
  enter<T>(action: () => Promise<T>): Promise<T>;
  leave(): void;
}

/**
 * The thread has one connection: what is sent to it between `begin` and `commit` would become part of the transaction.
 * Actions send in the very moment in which they are let through, so that nothing slips behind a `begin`.
 */
export function createGate(): Gate {
  let open = false;
  const waiting: { readonly transaction: boolean; readonly go: () => void }[] = [];

  function through<T>(transaction: boolean, action: () => Promise<T>): Promise<T> {
    if (!open && waiting.length === 0) {
      open = transaction;
      return action();
    }
    return new Promise((resolve, reject) => {
      waiting.push({ transaction, go: () => void action().then(resolve, reject) });
    });
  }

  return {
    pass: (action) => through(false, action),
    enter: (action) => through(true, action),
    leave() {
      open = false;
      while (!open) {
        const next = waiting.shift();
        if (next === undefined) return;
        open = next.transaction;
        next.go();
      }
    },
  };
}

/** Tells whoever wants to know that somebody has signed in: here, or at another node as the store says. */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { AuthorizationStorage } from '../storage.ts';

export interface AuthorizedNews {
  onAuthorized(callback: (upstream: string) => void): () => void;
  /** Looks whether the consent of an upstream is newer than the one that was told last. Never rejects. */
  look(upstream: string): Promise<void>;
  close(): void;
}

/** Each consent is told once, although the store calls at every renewal of a token as well. */
export function createAuthorizedNews(options: {
  readonly storage: Pick<AuthorizationStorage, 'find' | 'onChange'>;
  readonly clock: Clock;
  readonly log: Log;
}): AuthorizedNews {
  const { storage, clock, log } = options;
  const startedAt = clock.now();
  const told = new Map<string, number>();
  const callbacks = new Set<(upstream: string) => void>();

  async function look(upstream: string): Promise<void> {
    try {
      const row = await storage.find(upstream, '');
      if (row === undefined || row.authorizedAt <= (told.get(upstream) ?? startedAt - 1)) return;
      told.set(upstream, row.authorizedAt);
      for (const callback of callbacks) callback(upstream);
    } catch (error) {
      log.warn({ err: error, upstream }, 'Whether somebody has signed in could not be read');
    }
  }
  const stop = storage.onChange((upstream) => void look(upstream));

  return {
    onAuthorized(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    look,
    close() {
      stop();
      callbacks.clear();
    },
  };
}

import type { Log } from '../shared/log.ts';

/** Closes in the reverse order of opening; a failure does not keep the rest open. */
export async function closeAll(closers: (() => unknown)[], log: Log): Promise<void> {
  for (const close of closers.splice(0).toReversed()) await attempt(close, log);
}

/** Does it, and logs when it fails. */
export async function attempt(action: () => unknown, log: Log): Promise<void> {
  try {
    await action();
  } catch (error) {
    log.error({ err: error }, 'Something could not be closed properly');
  }
}

import { stat } from 'node:fs/promises';
import type { Clock, Timer } from '../shared/clock.ts';
import { errorCode } from '../shared/errors.ts';

/** How often a file is looked at, ms. */
const LOOK_EVERY = 1000;

export interface FileWatch {
  /** The signature of what was read last, taken before it was read, so that no change falls in between. */
  readonly seen: string;
  readonly clock: Clock;
  readonly changed: () => void;
  readonly every?: number;
}

/**
 * Calls back when a file has changed and has then stayed the same for one look. It looks instead of asking the system to
 * be told: a look follows links (as of a Kubernetes ConfigMap), survives editors that put a new file in the place of the
 * old one, and works on network file systems, where change events get lost; once a second it costs nothing. Returns the
 * way to stop.
 */
export function watchFile(file: string, { seen, clock, changed, every = LOOK_EVERY }: FileWatch): () => void {
  let told = seen;
  let last: string | undefined;
  let timer: Timer | undefined;
  let stopped = false;

  const look = async (): Promise<void> => {
    const now = await fileSignature(file);
    if (now !== told && now === last) {
      told = now;
      if (!stopped) changed();
    }
    last = now;
    if (!stopped) timer = clock.after(every, () => void look());
  };

  timer = clock.after(every, () => void look());
  return () => {
    stopped = true;
    timer?.cancel();
  };
}

/** Differs whenever the file may have changed; also when it is gone. */
export async function fileSignature(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return errorCode(error) ?? 'unknown';
  }
}

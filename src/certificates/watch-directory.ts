import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../shared/clock.ts';

/**
 * Notices that regular files of a directory came, went or changed. The operating system's word makes it quick, and a
 * look every half minute makes it certain: on network drives, or when the directory itself comes later. Never throws for
 * what the file system does; a directory that cannot be read counts as empty.
 */

/** A regular file; its `version` changes with its content. */
export interface WatchedFile {
  readonly name: string;
  readonly mode: number;
  readonly version: string;
}

export interface DirectoryWatch {
  /** Looks now; `changed` has been called and awaited by the time it resolves, if there was a change. */
  look(): Promise<void>;
  close(): void;
}

export interface DirectoryWatchOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** Which names matter. */
  readonly matches: (name: string) => boolean;
  /** Called with all files that match, at the first look and after every change; never twice at once. */
  readonly changed: (files: readonly WatchedFile[]) => Promise<void>;
}

const SETTLE = 50; // a file that is being written announces itself several times
const INTERVAL = 30_000;
const MOST_FILES = 1000;

export function watchDirectory(options: DirectoryWatchOptions): DirectoryWatch {
  const { directory, clock, matches, changed } = options;
  let watcher: FSWatcher | undefined;
  let settle: Timer | undefined;
  let interval: Timer | undefined;
  let seen: string | undefined;
  let looking: Promise<void> = Promise.resolve();
  let closed = false;

  const lookOnce = async () => {
    if (closed) return;
    listen();
    const files = await readFiles(directory, matches);
    const now = files.map((file) => `${file.name}\0${file.version}`).join('\n');
    if (now === seen || closed) return;
    seen = now;
    await changed(files);
  };
  const look = () => {
    looking = looking.then(lookOnce, lookOnce);
    return looking;
  };
  const listen = () => {
    if (watcher !== undefined) return;
    try {
      const opened = watch(directory, { persistent: false }, () => {
        settle ??= clock.after(SETTLE, () => {
          settle = undefined;
          void look();
        });
      });
      opened.on('error', forget);
      opened.on('close', forget);
      watcher = opened;
    } catch {
      // not there yet, or no watches left: the interval finds out
    }
  };
  const forget = () => {
    watcher?.close();
    watcher = undefined;
  };
  const repeat = () => {
    interval = clock.after(INTERVAL, () => {
      void look();
      repeat();
    });
  };
  repeat();

  return {
    look,
    close() {
      closed = true;
      forget();
      settle?.cancel();
      interval?.cancel();
    },
  };
}

/** The regular files of a directory whose names matter, in the order of their names; none where it cannot be read. */
export async function readFiles(
  directory: string,
  matches: (name: string) => boolean,
): Promise<WatchedFile[]> {
  const names = await readdir(directory).catch((): string[] => []);
  const chosen = names.filter((name) => !name.startsWith('.') && matches(name)).toSorted();
  const files: WatchedFile[] = [];
  for (const name of chosen.slice(0, MOST_FILES)) {
    const found = await stat(join(directory, name)).catch(() => undefined);
    if (!found?.isFile()) continue; // a pipe or device would never end
    const version = `${found.ino}:${found.size}:${found.mtimeMs}:${found.ctimeMs}:${found.mode}`;
    files.push({ name, mode: found.mode, version });
  }
  return files;
}

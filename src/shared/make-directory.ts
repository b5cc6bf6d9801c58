import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a directory, with those above it that are missing, for its owner only. Each new one is a line in the directory
 * above, which is synced: without that a power cut may take the directory away with everything that was synced into it.
 * Throws what the file system says.
 */
export async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const end = dirname(resolve(first));
  for (let above = dirname(resolve(directory)); above.length >= end.length; above = dirname(above)) {
    await syncDirectory(above);
    if (above === dirname(above)) return;
  }
}

/** Resolves when the entries of a directory (files made, renamed, deleted) are on stable storage. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import { access, constants, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Clock } from '../shared/clock.ts';
import { errorCode, RelayError } from '../shared/errors.ts';
import { fileTrouble } from '../shared/file-trouble.ts';
import { syncDirectory } from '../shared/make-directory.ts';
import {
  type AnchorInFile,
  anchorFileText,
  anchorId,
  readAnchorFile,
  type TrustAnchor,
} from './anchor-file.ts';
import { type ImportedCertificate, importTrustAnchor } from './import.ts';
import type { LiveTrustAnchors, UnusableFile } from './trust-anchors.ts';
import { writeFileDurably } from './write-file.ts';

/**
 * Where administrators see, hand in and take away the certificates that Postern trusts. What is done counts for the next connection
 * by the time it is answered; one thing is done at a time.
 */

/** A trust anchor as it is listed. */
export interface ListedAnchor extends Omit<TrustAnchor, 'file'> {
  /** Unique in the list: the fingerprint in small letters without colons, and behind an @ the host where there is one. */
  readonly id: string;
  /** Name of its file. */
  readonly file: string;
  /** Postern does not change the file, so it is removed by hand. */
  readonly fixed: boolean;
}

export interface TrustAnchorDesk {
  list(): Promise<{
    readonly trustAnchors: readonly ListedAnchor[];
    readonly unusable: readonly UnusableFile[];
  }>;
  /** What `importTrustAnchor` says. */
  import(
    bytes: Buffer,
    options?: { readonly name?: string; readonly host?: string },
  ): Promise<readonly ImportedCertificate[]>;
  /** Throws RelayError `not-found`, `not-allowed` (a fixed file holds it), `configuration` (the directory cannot be written). */
  remove(id: string): Promise<ListedAnchor>;
}

export interface TrustAnchorDeskDependencies {
  readonly trustAnchors: Pick<LiveTrustAnchors, 'list' | 'unusable' | 'look'>;
  /** Where imported ones are kept; files elsewhere are fixed. */
  readonly directory: string;
  readonly clock: Clock;
}

export function createTrustAnchorDesk(deps: TrustAnchorDeskDependencies): TrustAnchorDesk {
  const { trustAnchors, directory, clock } = deps;
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work, work);
    last = done.catch(() => undefined);
    return done;
  }

  async function listed(): Promise<ListedAnchor[]> {
    const writable = await access(directory, constants.W_OK).then(
      () => true,
      () => false,
    );
    const byId = new Map<string, ListedAnchor>();
    for (const anchor of trustAnchors.list()) {
      const id = anchorId(anchor);
      const fixed = !writable || dirname(anchor.file) !== directory;
      // In several files, it is shown where it has to be removed by hand: it stays as long as that file does.
      if (byId.get(id)?.fixed !== true && (fixed || !byId.has(id))) {
        byId.set(id, { ...anchor, id, file: basename(anchor.file), fixed });
      }
    }
    return [...byId.values()];
  }

  async function removeNow(id: string): Promise<ListedAnchor> {
    const found = (await listed()).find((one) => one.id === id);
    if (found === undefined) {
      throw new RelayError('not-found', 'There is no such trust anchor; it may have been removed already.');
    }
    if (found.fixed) {
      throw new RelayError('not-allowed', `The file ${found.file} is not Postern’s to change.`, {
        hint: `Remove ${found.file} from the directory certs of the installation by hand; it counts no more at once.`,
      });
    }
    const files = new Set(
      trustAnchors
        .list()
        .filter((one) => anchorId(one) === id)
        .map(({ file }) => file),
    );
    for (const file of files) await takeOut(file, id);
    await trustAnchors.look();
    return found;
  }

  return {
    async list() {
      return { trustAnchors: await listed(), unusable: trustAnchors.unusable() };
    },
    import: (bytes, options = {}) =>
      inTurn(async () => {
        const imported = await importTrustAnchor(bytes, { ...options, directory, clock });
        await trustAnchors.look();
        return imported;
      }),
    remove: (id) => inTurn(() => removeNow(id)),
  };
}

/** The file without this anchor; no file where it held nothing else. */
async function takeOut(file: string, id: string): Promise<void> {
  try {
    const found = await readAnchorFile(file).catch((error: unknown): readonly AnchorInFile[] => {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    });
    const others = found.filter(({ anchor }) => anchorId(anchor) !== id);
    if (others.length > 0) {
      const kept = others.map(({ pem, anchor: { host } }) => ({
        pem,
        ...(host === undefined ? {} : { host }),
      }));
      await writeFileDurably(file, anchorFileText(kept), 0o644);
      return;
    }
    await unlink(file);
    await syncDirectory(dirname(file));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    if (error instanceof RelayError) throw error;
    throw new RelayError('configuration', `The file ${basename(file)} ${fileTrouble(error)}.`, {
      cause: error,
    });
  }
}

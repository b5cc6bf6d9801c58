/**
 * Puts a backup in place of the store. The order makes every crash harmless: the copy is made beside the store, synced and
 * checked; the old store is closed properly and gets a second name; then one rename puts the copy into its place. At no
 * moment is there no store, and the old one is never deleted.
 */
import { constants, copyFile, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { errorCode, RelayError } from '../shared/errors.ts';
import { fileTrouble } from '../shared/file-trouble.ts';
import { syncDirectory } from '../shared/make-directory.ts';
import { ownCommand } from '../shared/own-commands.ts';
import { forgetWaysIn, type WaysIn } from '../store/sqlite/forget-ways-in.ts';
import { verifySqliteFile } from '../store/sqlite/verify-sqlite-file.ts';
import type { Command } from './command.ts';
import { nodeFlags } from './node-flags.ts';
import { sqliteFile } from './offline-store.ts';
import { counted, safe } from './output.ts';

const SQLITE_BUSY = 5;
/** What SQLite keeps beside its file. */
const COMPANIONS = ['-wal', '-shm', '-journal'] as const;

export const restore: Command = {
  flags: {
    data: nodeFlags['data'] ?? { value: 'DIR', help: 'Data directory' },
    database: { value: 'URL', help: 'The store (POSTERN_DATABASE; sqlite:)' },
  },
  positionals: [1, 1],
  details:
    'The old store is kept beside the new one. The master key has to be the one that the backup was made with. Users, passwords and API tokens are those of the backup, also what was revoked since; everybody signs in again.',
  async run(typed) {
    const [source = ''] = typed.positionals;
    const { file } = sqliteFile(typed);
    await stat(source).catch((error: unknown) => {
      throw new RelayError('not-found', `${source} ${fileTrouble(error)}.`, { cause: error });
    });
    const draft = `${file}.restore-${process.pid}.tmp`;
    try {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await copySynced(source, draft);
      verifySqliteFile(draft, source);
      const waysIn = forgetWaysIn(draft);
      for (const companion of COMPANIONS) await rm(draft + companion, { force: true });
      const kept = await setAside(file);
      await rename(draft, file);
      await syncDirectory(dirname(file));
      const note = kept === undefined ? '' : ` The old store is kept as ${safe(kept)}.`;
      typed.terminal.out(`Restored ${safe(source)}.${note}\n${accessNote(waysIn)}`);
      return 0;
    } finally {
      for (const name of ['', ...COMPANIONS]) await rm(draft + name, { force: true });
    }
  },
};

/** Who was locked out since the backup was made is let in again, which nobody should have to find out. */
function accessNote({ users, tokens }: WaysIn): string {
  if (users + tokens === 0) return '';
  const both = `${counted(users, 'user')} and ${counted(tokens, 'API token')}`;
  return (
    `It holds ${both}, with their passwords and rights of then: what was revoked since counts again. ` +
    `See "${ownCommand('users list')}" and "${ownCommand('tokens list')}". Everybody has to sign in again.\n`
  );
}

async function copySynced(source: string, target: string): Promise<void> {
  await copyFile(source, target, constants.COPYFILE_EXCL);
  const copy = await open(target, 'r+');
  try {
    await copy.chmod(0o600);
    await copy.sync();
  } finally {
    await copy.close();
  }
}

/** Gives the old store another name beside its own; undefined where there is none. Throws `store-busy` when it is in use. */
async function setAside(file: string): Promise<string | undefined> {
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  if (!exists) return undefined;
  closeProperly(file);
  const kept = `${file}.before-restore-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  // A log that stayed (the old store is damaged) must not be taken for the new store's.
  for (const companion of COMPANIONS) {
    await rename(file + companion, kept + companion).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error;
    });
  }
  await link(file, kept).catch(() => copySynced(file, kept));
  return kept;
}

/**
 * Takes the lock that a running Postern holds, and moves what is in the log into the file. A file that is no database any
 * more is let pass: replacing it is what restoring is for.
 */
function closeProperly(file: string): void {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec(
      'pragma locking_mode = exclusive; begin immediate; commit; pragma wal_checkpoint(truncate)',
    );
  } catch (error) {
    if (isBusy(error)) {
      throw new RelayError('store-busy', `Another process has the store ${file} open.`, {
        cause: error,
        hint: 'Stop Postern first; restoring works only then.',
      });
    }
  } finally {
    database?.close();
  }
}

function isBusy(error: unknown): boolean {
  if (!(error instanceof Error && 'errcode' in error)) return false;
  return typeof error.errcode === 'number' && (error.errcode & 0xff) === SQLITE_BUSY;
}

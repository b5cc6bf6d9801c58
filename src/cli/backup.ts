import { link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import pino from 'pino';
import { systemClock } from '../shared/clock.ts';
import { errorCode, RelayError } from '../shared/errors.ts';
import { syncDirectory } from '../shared/make-directory.ts';
import { openStore } from '../store/open-store.ts';
import { type Client, createClient, NotRunning } from './client.ts';
import type { Command, Typed } from './command.ts';
import { nodeFlags } from './node-flags.ts';
import { sqliteFile } from './offline-store.ts';
import { byteSize, safe } from './output.ts';

export const backup: Command = {
  flags: {
    replace: { help: 'Write over FILE when it is there' },
    database: { value: 'URL', help: 'The store of a node that is not running (POSTERN_DATABASE; sqlite:)' },
    ...nodeFlags,
  },
  positionals: [1, 1],
  details:
    'Takes a consistent copy from the running node, or opens the store itself when none runs. Keep master.key apart from it: stored secrets cannot be read without.',
  async run(typed) {
    const [file = ''] = typed.positionals;
    if (!typed.on('replace')) await refuseExisting(file);
    const partial = `${file}.${process.pid}.partial`;
    try {
      await takeCopy(typed, partial);
      // A link fails when the name has been taken meanwhile, which a rename would not.
      if (typed.on('replace')) await rename(partial, file);
      else await link(partial, file).catch(() => refuseExisting(file).then(() => rename(partial, file)));
      await syncDirectory(dirname(file));
    } finally {
      await rm(partial, { force: true });
    }
    const { size } = await stat(file);
    typed.terminal.out(`${safe(file)}: ${byteSize(size)}. Keep the master key too, in another place.\n`);
    return 0;
  },
};

async function takeCopy(typed: Typed, partial: string): Promise<void> {
  try {
    await download(createClient(typed), partial);
  } catch (error) {
    if (!(error instanceof NotRunning)) throw error;
    await copyOffline(typed, partial);
  }
}

async function download(client: Client, partial: string): Promise<void> {
  const response = await client.download('/api/v1/backup', { method: 'POST' });
  const file = await open(partial, 'wx', 0o600);
  try {
    const pieces: AsyncIterable<Buffer> = response;
    for await (const piece of pieces) await file.writeFile(piece);
    await file.sync();
    const { size } = await file.stat();
    if (String(size) !== response.headers['content-length']) {
      throw new RelayError('store-unavailable', 'The copy did not arrive whole.');
    }
  } finally {
    await file.close();
  }
}

async function copyOffline(typed: Typed, partial: string): Promise<void> {
  const { file, dataDirectory } = sqliteFile(typed);
  // Opening would make a store where there is none.
  await stat(file).catch((error: unknown) => {
    throw new RelayError(
      'not-found',
      `No Postern runs, and there is no store ${file} (${errorCode(error)}).`,
      {
        hint: 'Name the data directory with --data, or the running node with --admin.',
      },
    );
  });
  const log = pino({ level: 'silent' });
  const store = await openStore({ database: `sqlite:${file}`, dataDirectory, log, clock: systemClock });
  try {
    await store.backup(partial);
  } finally {
    await store.close();
  }
}

async function refuseExisting(file: string): Promise<void> {
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  if (exists) {
    throw new RelayError('not-allowed', `${file} is there already.`, {
      hint: 'Name another file, or say --replace.',
    });
  }
}

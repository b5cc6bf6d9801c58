/** A consistent copy of the store while it runs, as a download: the caller's file system is the caller's business. */
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HttpError } from '../errors.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';

/** Copies that a crash left behind while they were made match this; they are removed at start. */
export const BACKUP_COPY = /^backup-[0-9a-f]{16}\.tmp$/;

/** Milliseconds; a store of many gigabytes takes its time. */
const BACKUP_DEADLINE = 3_600_000;

export function backupRoutes({
  backup,
  dataDirectory,
  random,
  log,
}: Pick<AdminServices, 'backup' | 'dataDirectory' | 'random' | 'log'>): readonly Route[] {
  let running = false;
  return [
    route({
      method: 'post',
      path: '/api/v1/backup',
      access: 'backup.make',
      summary: 'A copy of the store as a file. The master key is not in it.',
      params: nothing,
      query: nothing,
      body: nothing,
      api: { mediaType: 'application/octet-stream' },
      deadline: BACKUP_DEADLINE,
      audit: () => ({ action: 'backup.made', text: 'Took a copy of the store.' }),
      async handle({ by }) {
        // One at a time: each needs as much disk as the store itself.
        if (running) throw new HttpError(409, 'not-allowed', 'Another backup is being made; wait for it.');
        running = true;
        const file = join(dataDirectory, `backup-${random.bytes(8).toString('hex')}.tmp`);
        try {
          await backup(file);
          const handle = await open(file, 'r');
          const { size } = await handle.stat();
          log.info({ by, bytes: size }, 'Backup made');
          return {
            headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': String(size) },
            chunks: handle.createReadStream({ highWaterMark: 256 * 1024 }),
            discard: () => handle.close(),
          };
        } finally {
          // Open files need no name; without one nothing can be left behind.
          await rm(file, { force: true });
          running = false;
        }
      },
    }),
  ];
}

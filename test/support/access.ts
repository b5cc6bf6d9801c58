/** Who may use the admin, over a real SQLite store in a directory of its own, with a clock that is moved by hand. */
import type { AuditEvent } from '../../src/access/audit.ts';
import { type Access, type AccessDeps, createAccess } from '../../src/access/create-access.ts';
import { digestOf } from '../../src/access/digest.ts';
import type { Hashing } from '../../src/access/hashing.ts';
import { createSealer } from '../../src/settings/sealer.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { noMeter } from '../../src/shared/meter.ts';
import { systemRandom } from '../../src/shared/random.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { ManualClock } from './manual-clock.ts';
import { recordLog } from './recorded-log.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export const PASSWORD = 'four unusual words together';

/** Costs nothing, and protects nothing. */
export const quickHashing: Hashing = {
  hash: async (password) => `quick ${password.length} ${digestOf(password)}`,
  matches: async (hash, password) => hash === `quick ${password.length} ${digestOf(password)}`,
  isOld: () => false,
};

export interface AccessUnderTest {
  readonly access: Access;
  readonly store: Store;
  readonly clock: ManualClock;
  readonly log: ReturnType<typeof recordLog>;
  readonly audited: AuditEvent[];
  readonly directory: string;
  /** Another node on the same store. */
  node(changes?: Partial<AccessDeps>): Access;
  close(): Promise<void>;
}

export async function openAccess(changes: Partial<AccessDeps> = {}): Promise<AccessUnderTest> {
  const directory = await temporaryDirectory();
  const log = recordLog();
  const clock = new ManualClock();
  const audited: AuditEvent[] = [];
  const sealer = createSealer(Buffer.alloc(32, 7));
  const store = await openStore({
    database: 'sqlite:',
    dataDirectory: directory.path,
    log: log.log,
    clock: systemClock,
  });
  const opened: Access[] = [];
  const node = (more: Partial<AccessDeps> = {}): Access => {
    const access = createAccess({
      storage: store.access,
      sealer,
      audit: {
        record: async (event) => {
          audited.push(event);
        },
      },
      pageUrl: () => 'http://localhost:8025',
      hostname: () => 'relay.example.com',
      dataDirectory: directory.path,
      clock,
      random: systemRandom,
      log: log.log,
      meter: noMeter,
      hashing: quickHashing,
      ...changes,
      ...more,
    });
    opened.push(access);
    return access;
  };
  return {
    access: node(),
    store,
    clock,
    log,
    audited,
    directory: directory.path,
    node,
    async close() {
      for (const access of opened) access.close();
      await store.close();
      await directory.remove();
    },
  };
}

/** The token in the link that the start made. */
export async function setupToken(access: Access): Promise<string> {
  const made = await access.start();
  return made?.link.reveal().split('#')[1] ?? '';
}

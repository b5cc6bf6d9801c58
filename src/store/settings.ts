import type { SettingsRevision, SettingsStorage } from '../settings/storage.ts';
import { RelayError } from '../shared/errors.ts';
import type { Engine } from './engine.ts';

/** The revisions of the settings document, on either engine. A revision once stored is never changed. */
export function createSettingsStorage(engine: Engine): SettingsStorage {
  const { db } = engine;
  return {
    latest() {
      return db.selectFrom('settings').selectAll().orderBy('revision', 'desc').limit(1).executeTakeFirst();
    },

    find(revision) {
      return db.selectFrom('settings').selectAll().where('revision', '=', revision).executeTakeFirst();
    },

    history(limit, before) {
      const all = db.selectFrom('settings').selectAll();
      const wanted = before === undefined ? all : all.where('revision', '<', before);
      return wanted.orderBy('revision', 'desc').limit(limit).execute();
    },

    async append(after, change) {
      return db.transaction().execute(async (transaction): Promise<SettingsRevision> => {
        const latest = await transaction
          .selectFrom('settings')
          .select('revision')
          .orderBy('revision', 'desc')
          .limit(1)
          .executeTakeFirst();
        const found = latest?.revision ?? 0;
        if (found !== after) throw conflict(after, found);
        const revision = { ...change, revision: after + 1 };
        const { document, at, by, summary } = change;
        // Two nodes may both have seen the same latest revision: the key lets one of them in.
        const added = await transaction
          .insertInto('settings')
          .values({ revision: revision.revision, document, at, by, summary })
          .onConflict((key) => key.column('revision').doNothing())
          .executeTakeFirst();
        if (added.numInsertedOrUpdatedRows !== 1n) throw conflict(after, revision.revision);
        await engine.announceSettings(transaction, revision.revision);
        return revision;
      });
    },

    onAppend: (callback) => engine.onSettings(callback),
  };
}

function conflict(expected: number, found: number): RelayError {
  return new RelayError(
    'settings-conflict',
    `Somebody else has changed the settings: revision ${found} is the latest, not ${expected}.`,
    { hint: 'Read the settings again, and repeat your change on what they are now.' },
  );
}

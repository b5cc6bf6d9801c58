import { sql } from 'kysely';
import type { UpstreamTestStorage } from '../delivery/upstream-tests.ts';
import type { Engine } from './engine.ts';
import { plainText } from './plain-text.ts';

/** How the last test of each upstream ended, on either engine. */
export function createUpstreamTestStorage({ db }: Engine): UpstreamTestStorage {
  return {
    async list() {
      const rows = await db.selectFrom('upstream_tests').selectAll().orderBy('upstream').execute();
      return rows.map(({ upstream, key, result, at, by, sent_to, text }) => ({
        upstream,
        key,
        result: result === 'ok' || result === 'warning' ? result : 'failed',
        at,
        by,
        ...(sent_to === null ? {} : { sentTo: sent_to }),
        ...(text === null ? {} : { text }),
      }));
    },

    async put({ upstream, key, result, at, by, sentTo, text }) {
      await db
        .insertInto('upstream_tests')
        .values({
          upstream,
          key,
          result,
          at,
          by: plainText(by),
          sent_to: sentTo === undefined ? null : plainText(sentTo),
          text: text === undefined ? null : plainText(text),
        })
        .onConflict((conflict) =>
          conflict.column('upstream').doUpdateSet({
            key: sql`excluded.key`,
            result: sql`excluded.result`,
            at: sql`excluded.at`,
            by: sql`excluded.by`,
            sent_to: sql`excluded.sent_to`,
            text: sql`excluded.text`,
          }),
        )
        .execute();
    },

    async keepOnly(upstreams) {
      const all = db.deleteFrom('upstream_tests');
      const gone =
        upstreams.length === 0
          ? all.where('upstream', 'is not', null)
          : all.where('upstream', 'not in', upstreams);
      await gone.execute();
    },
  };
}

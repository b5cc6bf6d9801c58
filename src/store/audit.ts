import { type SqlBool, sql } from 'kysely';
import type { AuditEntry, AuditStorage } from '../access/storage.ts';
import type { Engine } from './engine.ts';
import { plainText } from './plain-text.ts';
import type { AuditTable } from './schema.ts';
import { storedChanges } from './stored-json.ts';

const COLUMNS = ['id', 'at', 'by', 'kind', 'address', 'action', 'subject', 'text', 'changes'] as const;

/** The audit trail, on either engine. Entries are added and, when they have had their time, removed; never changed. */
export function createAuditStorage(engine: Engine): AuditStorage {
  const { db } = engine;

  /** The latest entry of those that are beyond the latest `keep`. */
  async function firstBeyond(keep: number, kind?: 'nobody'): Promise<string | undefined> {
    const row = await db
      .selectFrom('audit')
      .select('id')
      .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? ''))
      .orderBy('id', 'desc')
      .limit(1)
      .offset(keep)
      .executeTakeFirst();
    return row?.id;
  }

  return {
    async addAudit({ id, at, by, kind, address, action, subject, text, changes }) {
      const row = {
        id,
        at,
        by: plainText(by),
        kind,
        address: plainText(address),
        action,
        subject: subject === undefined ? null : plainText(subject),
        text: plainText(text),
        changes: changes === undefined ? null : plainText(JSON.stringify(changes)),
      };
      await db.insertInto('audit').values(row).execute();
    },

    async audit({ by, action, subject }, limit, before) {
      let query = db.selectFrom('audit').select(COLUMNS).orderBy('id', 'desc').limit(limit);
      if (before !== undefined) query = query.where('id', '<', before);
      if (by !== undefined) query = query.where(hasPart('by', by));
      if (subject !== undefined) query = query.where(hasPart('subject', subject));
      if (action !== undefined) {
        query = query.where(({ or, eb }) =>
          or([
            eb('action', '=', action),
            sql<SqlBool>`${sql.ref('action')} like ${`${escaped(action)}.%`} escape '!'`,
          ]),
        );
      }
      return (await query.execute()).map(entryOf);
    },

    async removeAudit({ before, keep, keepOfNobody }, most) {
      const [beyond, nobodyBeyond] = [await firstBeyond(keep), await firstBeyond(keepOfNobody, 'nobody')];
      const removable = db
        .selectFrom('audit')
        .select('id')
        .where(({ or, and, eb }) =>
          or([
            eb('at', '<', before),
            ...(beyond === undefined ? [] : [eb('id', '<=', beyond)]),
            ...(nobodyBeyond === undefined
              ? []
              : [and([eb('kind', '=', 'nobody'), eb('id', '<=', nobodyBeyond)])]),
          ]),
        )
        .orderBy('id')
        .limit(most);
      const removed = await db.deleteFrom('audit').where('id', 'in', removable).executeTakeFirst();
      return Number(removed.numDeletedRows);
    },
  };
}

function entryOf({ subject, changes, kind, ...row }: AuditTable): AuditEntry {
  return {
    ...row,
    kind: kind === 'user' || kind === 'token' || kind === 'machine' ? kind : 'nobody',
    ...(subject === null ? {} : { subject }),
    ...(changes === null ? {} : { changes: storedChanges(changes) }),
  };
}

function hasPart(column: 'by' | 'subject', part: string) {
  return sql<SqlBool>`lower(${sql.ref(column)}) like ${`%${escaped(lower(plainText(part)))}%`} escape '!'`;
}

function escaped(text: string): string {
  return text.replaceAll(/[!%_]/g, '!$&');
}

function lower(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

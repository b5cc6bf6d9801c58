import { type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import type { AuditEntry, AuditStorage } from '../access/storage.ts';
import type { Engine } from './engine.ts';
import { plainText } from './plain-text.ts';
import type { AuditTable, Schema } from './schema.ts';
import { storedChanges } from './stored-json.ts';

const COLUMNS = ['id', 'at', 'by', 'kind', 'address', 'action', 'subject', 'text', 'changes'] as const;

/** The audit trail, on either engine. Entries are added and, when they have had their time, removed; never changed. */
export function createAuditStorage(engine: Engine): AuditStorage {
  const { db } = engine;

  /** Removes the oldest entries that match, `most` of them; answers how many there were. */
  async function remove(matching: (all: Entries) => Entries, most: number): Promise<number> {
    if (most <= 0) return 0;
    const oldest = matching(db.selectFrom('audit').select('id')).orderBy('id').limit(most);
    const removed = await db.deleteFrom('audit').where('id', 'in', oldest).executeTakeFirst();
    return Number(removed.numDeletedRows);
  }

  /** Whoever has the most entries, counted by name; the machine, whose callers say who they are, as one. */
  async function loudest() {
    const found = await db
      .selectFrom('audit')
      .select(['kind', sql<string>`case when kind = 'machine' then '' else ${sql.ref('by')} end`.as('name')])
      .select((expression) => expression.fn.countAll<number | string>().as('count'))
      .groupBy(['kind', 'name'])
      .orderBy('count', 'desc')
      .limit(1)
      .executeTakeFirst();
    return found === undefined || found.kind === 'machine' ? found : { ...found, by: found.name };
  }

  async function countOf(matching: (all: Entries) => Entries): Promise<number> {
    const counted = await matching(db.selectFrom('audit').select('id'))
      .clearSelect()
      .select((expression) => expression.fn.countAll<number | string>().as('count'))
      .executeTakeFirst();
    return Number(counted?.count ?? 0);
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
      let removed = await remove((all) => all.where('at', '<', before), most);
      const beyond = (await countOf(ofNobody)) - keepOfNobody;
      removed += await remove(ofNobody, Math.min(beyond, most - removed));
      // Not simply the oldest: whoever makes entries without end pushes out his own, and nobody hides anything under them.
      const excess = (await countOf((all) => all)) - keep;
      const by = excess > 0 ? await loudest() : undefined;
      if (by !== undefined) {
        const ofLoudest = (all: Entries) => {
          const ofKind = all.where('kind', '=', by.kind);
          return 'by' in by ? ofKind.where('by', '=', by.name) : ofKind;
        };
        removed += await remove(ofLoudest, Math.min(excess, most - removed));
      }
      return removed;
    },
  };
}

const ofNobody = (all: Entries): Entries => all.where('kind', '=', 'nobody');

type Entries = SelectQueryBuilder<Schema, 'audit', { id: string }>;

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

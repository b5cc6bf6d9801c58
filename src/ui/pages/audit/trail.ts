/** The entries that are shown: the latest, which come anew by themselves, and the older ones that were asked for. Pure. */
import type { AuditAnswer } from '../../../admin/contract-access.ts';

/** What has been read for one choice of conditions, the latest first and without a gap. */
export interface Trail extends AuditAnswer {
  /** The conditions, as a query string. */
  readonly query: string;
}

/** Entries that are kept; whoever wants more narrows them down. */
export const MOST_ENTRIES = 2000;

/** With a newer first page. Where it does not reach what is there, something between them is missing, and it begins anew. */
export function withLatest(before: Trail | undefined, query: string, page: AuditAnswer): Trail {
  const last = page.entries.at(-1)?.id;
  const joins = before?.query === query && last !== undefined && before.entries.some(({ id }) => id >= last);
  if (!joins) return { query, ...page };
  const older = before.entries.filter(({ id }) => id < last);
  return { query, entries: [...page.entries, ...older], next: older.length > 0 ? before.next : page.next };
}

/** With the page behind the last entry. */
export function withOlder(before: Trail, query: string, page: AuditAnswer): Trail {
  if (before.query !== query) return before;
  const known = new Set(before.entries.map(({ id }) => id));
  const entries = [...before.entries, ...page.entries.filter(({ id }) => !known.has(id))];
  return { query, entries, next: entries.length >= MOST_ENTRIES ? undefined : page.next };
}

import type { Clock } from '../shared/clock.ts';
import { createMessageIds } from '../shared/ids.ts';
import type { Log } from '../shared/log.ts';
import type { Meter } from '../shared/meter.ts';
import type { Random } from '../shared/random.ts';
import type { AuditChange, AuditEvent, AuditTrail } from './audit.ts';
import type { AuditEntry, AuditLimits, AuditStorage } from './storage.ts';

/**
 * The audit trail. Promises that an entry is stored, and logged for an outside log to keep, before the one who made the change hears
 * that it was made; that nothing in it grows without bound; and that it never undoes a change: an entry that cannot be stored is an error
 * in the log, with all that it would have said.
 *
 * Why the entry comes after the change: an entry in front would tell of changes that were refused or failed, and a trail that tells of
 * what did not happen proves nothing. What a crash between the two takes away is this entry alone; who made the change is also in what
 * was changed, in the same transaction: the history of the settings, the journal of a message, the row of an authorization or user.
 */
export interface LiveAuditTrail extends AuditTrail {
  /** Ends the removal of old entries. */
  close(): void;
}

const DAY = 86_400_000;
const LIMITS = { days: 365, keep: 100_000, keepOfNobody: 10_000 } as const;
const CLEAN_EVERY = 3_600_000;
/** Entries that one step removes, so that nobody waits for it long, and steps of one round. */
const STEP = 1000;
const MOST_STEPS = 200;

const LONGEST = { name: 128, subject: 200, text: 500, path: 200, value: 300 } as const;
const MOST_CHANGES = 200;

export function createAuditTrail(deps: {
  readonly storage: AuditStorage;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly meter: Meter;
}): LiveAuditTrail {
  const { storage, clock, random, log, meter } = deps;
  const newId = createMessageIds(clock, random);
  const entries = meter.counter('postern_audit_entries_total', 'Entries of the audit trail.', ['action']);
  const failures = meter.counter(
    'postern_audit_failures_total',
    'Entries of the audit trail that could not be stored; the log has them.',
  );
  let closed = false;
  let timer = clock.after(CLEAN_EVERY, clean);

  function clean(): void {
    void removeOld().finally(() => {
      if (!closed) timer = clock.after(CLEAN_EVERY, clean);
    });
  }

  async function removeOld(): Promise<void> {
    const { days, keep, keepOfNobody } = LIMITS;
    const limits: AuditLimits = { before: clock.now() - days * DAY, keep, keepOfNobody };
    try {
      for (let step = 0; step < MOST_STEPS && !closed; step += 1) {
        if ((await storage.removeAudit(limits, STEP)) < STEP) return;
      }
    } catch (error) {
      log.warn({ error }, 'Old entries of the audit trail could not be removed; that is tried again');
    }
  }

  return {
    async record(event) {
      const entry = entryOf(event, newId(), clock.now());
      entries.add(1, entry.action);
      try {
        await storage.addAudit(entry);
        log.info({ audit: entry }, `Audit: ${entry.text}`);
      } catch (error) {
        failures.add(1);
        log.error({ audit: entry, error }, `An entry of the audit trail could not be stored: ${entry.text}`);
      }
    },
    list: (filter, limit, before) => storage.audit(filter, limit, before),
    close() {
      closed = true;
      timer.cancel();
    },
  };
}

function entryOf({ caller, address, action, subject, text, changes }: AuditEvent, id: string, at: number) {
  const entry: AuditEntry = {
    id,
    at,
    by: oneLine(caller.name, LONGEST.name),
    kind: caller.kind,
    address: oneLine(address, LONGEST.name),
    action,
    ...(subject === undefined ? {} : { subject: oneLine(subject, LONGEST.subject) }),
    text: oneLine(text, LONGEST.text),
    ...(changes === undefined || changes.length === 0 ? {} : { changes: bounded(changes) }),
  };
  return entry;
}

function bounded(changes: readonly AuditChange[]): readonly AuditChange[] {
  const kept = changes.slice(0, MOST_CHANGES).map(({ path, before, after }) => ({
    path: oneLine(path, LONGEST.path),
    ...(before === undefined ? {} : { before: oneLine(before, LONGEST.value) }),
    ...(after === undefined ? {} : { after: oneLine(after, LONGEST.value) }),
  }));
  const left = changes.length - kept.length;
  return left === 0 ? kept : [...kept, { path: '…', after: `${left} more` }];
}

/** What people type, as one line that shows all of itself: no line ends, nothing invisible, nothing that turns the text round. */
function oneLine(text: string, longest: number): string {
  const line = text
    .slice(0, longest * 2)
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replaceAll(/[\p{Cf}\p{Cs}]/gu, '')
    .trim();
  return line.length > longest ? `${line.slice(0, longest - 1).toWellFormed()}…` : line;
}

import type { Caller } from './caller.ts';
import type { AuditEntry, AuditFilter } from './storage.ts';

/** What was done; who and when is added by the trail. Values that are secret must not be in it. */
export interface AuditEvent extends Pick<AuditEntry, 'action' | 'subject' | 'text' | 'changes'> {
  readonly caller: Pick<Caller, 'kind' | 'name'>;
  readonly address: string;
}

/** A line of what differs. */
export type AuditChange = NonNullable<AuditEntry['changes']>[number];

/** Who changed what. */
export interface AuditTrail {
  /** Resolves once the entry is stored. Never throws: a change that was made is not undone for want of its entry; the log has it then. */
  record(event: AuditEvent): Promise<void>;
  /** Latest first, before the entry `before` where given. */
  list(filter: AuditFilter, limit: number, before?: string): Promise<readonly AuditEntry[]>;
}

import type { AuditChange } from '../access/audit.ts';
import type { StoredSetup } from '../access/storage.ts';
import type { Envelope } from '../message/envelope.ts';
import type { StoredFailure } from '../oauth/storage.ts';
import type { JournalEvent, Origin, RecipientRecord } from '../queue/message.ts';
import { RelayError } from '../shared/errors.ts';

/**
 * Reads back the JSON that we have written ourselves. Only its outer form is checked: what is inside was typed when it was
 * stored, and later versions change stored JSON by a migration. Throws RelayError `internal`.
 */
export function storedOrigin(text: string): Omit<Origin, 'client'> {
  return read(text, (value): value is Omit<Origin, 'client'> => isObject(value));
}

/** The envelope without what has columns of its own. Throws `internal`. */
export function storedEnvelope(text: string): Omit<Envelope, 'recipients' | 'sender'> {
  return read(text, (value): value is Omit<Envelope, 'recipients' | 'sender'> => isObject(value));
}

/** The recipients with the state of each. Throws `internal`. */
export function storedRecipients(text: string): readonly RecipientRecord[] {
  return read(text, (value): value is readonly RecipientRecord[] => Array.isArray(value));
}

/** One event of the journal. Throws `internal` when it does not even say its type. */
export function storedEvent(text: string): JournalEvent {
  return read(text, (value): value is JournalEvent => isObject(value) && 'type' in value);
}

/** Why a renewal failed. Throws `internal`. */
export function storedFailure(text: string): StoredFailure {
  return read(text, (value): value is StoredFailure => isObject(value) && 'refusals' in value);
}

/** What differs between before and after a change. Throws `internal`. */
export function storedChanges(text: string): readonly AuditChange[] {
  return read(text, (value): value is readonly AuditChange[] => Array.isArray(value));
}

/** The setup token that is good now. Throws `internal`. */
export function storedSetup(text: string): StoredSetup {
  return read(text, (value): value is StoredSetup => isObject(value) && 'hash' in value && 'kind' in value);
}

/** A list of texts. Throws `internal`. */
export function storedList(text: string): readonly string[] {
  return read(
    text,
    (value): value is readonly string[] =>
      Array.isArray(value) && value.every((each) => typeof each === 'string'),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function read<T>(text: string, is: (value: unknown) => value is T): T {
  const value: unknown = JSON.parse(text);
  if (is(value)) return value;
  throw new RelayError('internal', 'The store holds something in a form that this version does not know.');
}

/**
 * Errors as plain data for the log. Takes only known fields, so that whatever a library hangs on its errors (requests,
 * sockets, credentials) stays out, and is bounded in depth and length, so that a chain of causes cannot fill the disk.
 */
import { RelayError } from '../shared/errors.ts';

/** Deepest chain of causes that is written. */
const MAX_DEPTH = 5;
/** Most inner errors of an AggregateError that are written. */
const MAX_ERRORS = 5;
const MAX_TEXT = 2000;
const MAX_STACK = 4000;
/** What Node and database drivers add that helps and is no secret. */
const PLAIN_FIELDS = ['code', 'errno', 'syscall', 'address', 'port', 'path'] as const;

/** An error as the log shows it. */
export interface SerialisedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly [field: string]: unknown;
}

/** An error, or anything else that was thrown, as plain data; values that are no errors become their text. */
export function serialiseError(thrown: unknown): SerialisedError {
  return serialise(thrown, 0);
}

function serialise(thrown: unknown, depth: number): SerialisedError {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: cut(textOf(thrown), MAX_TEXT) };
  const fields: Record<string, unknown> = {};
  const known = new Map(Object.entries(thrown));
  for (const name of PLAIN_FIELDS) {
    const value: unknown = known.get(name);
    if (typeof value === 'string') fields[name] = cut(value, MAX_TEXT);
    else if (typeof value === 'number') fields[name] = value;
  }
  if (thrown instanceof RelayError && thrown.faults.length > 0) fields['faults'] = thrown.faults.slice(0, 50);
  if (thrown instanceof AggregateError && depth < MAX_DEPTH) {
    fields['errors'] = thrown.errors.slice(0, MAX_ERRORS).map((inner) => serialise(inner, depth + 1));
  }
  if (thrown.cause !== undefined) {
    fields['cause'] =
      depth < MAX_DEPTH ? serialise(thrown.cause, depth + 1) : { type: 'more', message: 'more causes' };
  }
  return {
    type: thrown.name,
    message: cut(thrown.message, MAX_TEXT),
    stack: cut(thrown.stack ?? '', MAX_STACK),
    ...fields,
  };
}

function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'something that has no text';
  }
}

/** Bounded, and without control characters but the line feeds of a stack: servers' words must not steer a terminal. */
function cut(text: string, length: number): string {
  const shown = text.replace(/(?!\n)\p{Cc}/gu, ' ');
  return shown.length > length ? `${shown.slice(0, length)}…` : shown;
}

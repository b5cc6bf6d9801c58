/** Every way in which Postern itself fails, as a code that programs can compare and documents list. */
export type ErrorCode =
  | 'configuration' // a process option, file or directory is not usable
  | 'settings-invalid' // the settings document has faults
  | 'settings-conflict' // somebody else changed the settings meanwhile
  | 'settings-locked' // the settings come from a file
  | 'secret-unavailable' // a secret's source did not answer, or the key does not open it
  | 'store-unavailable' // the database does not answer or refuses to write
  | 'store-full' // no space left for the database
  | 'store-busy' // another process has the SQLite store
  | 'store-newer' // the store was written by a newer Postern
  | 'not-found'
  | 'not-allowed' // the state of the thing does not allow the action
  | 'bad-request'
  | 'unauthenticated'
  | 'forbidden'
  | 'certificate-invalid'
  | 'overloaded'
  | 'stopping'
  | 'internal';

/** A fault in a document or request: where, what is wrong, what would be right. */
export interface Fault {
  /** Dotted path such as `upstreams[0].port`; empty for the whole. */
  readonly path: string;
  readonly message: string;
  readonly remedy?: string;
  /** Where in the file, counted from 1, when it came from one. */
  readonly line?: number;
  readonly column?: number;
}

export interface RelayErrorOptions {
  readonly cause?: unknown;
  readonly faults?: readonly Fault[];
  /** What the reader can do about it. */
  readonly hint?: string;
}

/**
 * An error that may cross a boundary. `publicMessage` holds no secret and no path that an outsider should not see, and
 * may be shown to anyone; the `cause` is for the log. admin/ maps the code to an HTTP status, inbound/ to an SMTP reply.
 */
export class RelayError extends Error {
  readonly code: ErrorCode;
  readonly publicMessage: string;
  readonly faults: readonly Fault[];
  readonly hint: string | undefined;

  constructor(code: ErrorCode, publicMessage: string, options: RelayErrorOptions = {}) {
    super(publicMessage, { cause: options.cause });
    this.name = 'RelayError';
    this.code = code;
    this.publicMessage = publicMessage;
    this.faults = options.faults ?? [];
    this.hint = options.hint;
  }
}

/** The text of anything that was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` that Node and database drivers put on their errors, e.g. `ENOSPC`. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

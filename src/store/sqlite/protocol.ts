import type { StoreFault } from '../faults.ts';

/** What SQLite takes as a parameter; bytes are given as a Span of the message's buffer or as they are. */
export type SqlValue = string | number | bigint | null | Uint8Array;

/** A piece of the one buffer that travels with a batch, so that many bodies cost one allocation and no copy. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** One of the hot statements, by its number, with the rows to run it for. */
export interface BatchStep {
  readonly statement: number;
  readonly rows: readonly (readonly (SqlValue | Span)[])[];
  /** Report the rows that changed nothing. */
  readonly reportMisses?: boolean;
}

export type WorkerCall =
  | {
      readonly kind: 'open';
      readonly path: string;
      readonly statements: readonly string[];
      readonly pragmas: string;
    }
  | { readonly kind: 'query'; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | {
      readonly kind: 'batch';
      readonly steps: readonly BatchStep[];
      readonly bytes: ArrayBuffer;
      /** False for what a later synced batch makes durable. */
      readonly synced: boolean;
      readonly fault?: StoreFault;
    }
  | { readonly kind: 'backup'; readonly path: string }
  | { readonly kind: 'close' };

/** Rows as arrays with the names once: cheaper to hand over than objects. */
export interface QueryAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
  readonly changes: number;
}

/** For each step that reports them, the numbers of the rows that changed nothing. */
export type BatchAnswer = readonly (readonly number[])[];

export interface WorkerRequest {
  readonly id: number;
  readonly call: WorkerCall;
}

export type WorkerReply =
  | { readonly id: number; readonly result: QueryAnswer | BatchAnswer | undefined }
  | { readonly id: number; readonly error: WorkerFailure };

/** An SQLite error as data; `code` is SQLite's extended result code. */
export interface WorkerFailure {
  readonly message: string;
  readonly code?: number;
}

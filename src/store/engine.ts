import type { Kysely, RawBuilder, Transaction } from 'kysely';
import type { CommitBatch, CommitResult } from '../queue/storage.ts';
import type { Schema } from './schema.ts';

/** Mail of another node that was put into the store, for that node to know. */
export interface Wake {
  readonly node: string;
  readonly lane: string;
}

/** A batch with what the engine needs to write it. */
export interface CommitWork {
  readonly batch: CommitBatch;
  /** Shard of the totals. */
  readonly shard: number;
  /** Numbers the journal rows. */
  readonly nextSequence: () => number;
}

/**
 * What differs between SQLite and PostgreSQL, and nothing else. Everything that the engine throws is a RelayError
 * (`store-full`, `store-unavailable`, `store-busy`, …), from Kysely's queries too.
 */
export interface Engine {
  readonly kind: 'sqlite' | 'postgres';
  readonly db: Kysely<Schema>;
  /** Several nodes write at once, so that rows have to be locked before they are decided on. */
  readonly locksRows: boolean;
  /** The column type of bytes. */
  readonly bytesType: 'blob' | 'bytea';
  /** Milliseconds since 1970 by the database's clock. */
  readonly databaseNow: RawBuilder<number>;
  /** A list of ids as one parameter, to stand in `id in (…)`. */
  idList(ids: readonly string[]): RawBuilder<string>;
  /** The hot path: all of it in one transaction with one sync. */
  commit(work: CommitWork): Promise<CommitResult>;
  writeChunk(id: string, number: number, data: Uint8Array): Promise<void>;
  /** Tells other nodes once the transaction has been committed. */
  wake(transaction: Transaction<Schema>, wakes: readonly Wake[]): Promise<void>;
  announceSettings(transaction: Transaction<Schema>, revision: number): Promise<void>;
  announceAuthorization(transaction: Transaction<Schema>, upstream: string): Promise<void>;
  onWake(callback: (wake: Wake) => void): () => void;
  onSettings(callback: (revision: number) => void): () => void;
  /** Another node changed the authorization of this upstream; `undefined`: word was missed, it may have been any of them. */
  onAuthorization(callback: (upstream: string | undefined) => void): () => void;
  /** Keeps other nodes from migrating until the transaction ends. */
  lockMigrations(transaction: Transaction<Schema>): Promise<void>;
  /** Copies the store beside itself before a migration and returns the copy's path; nothing where the database does that itself. */
  copyBeforeMigration(version: number): Promise<string | undefined>;
  backup(path: string): Promise<void>;
  /** Bytes that the store can still grow by; infinite where we cannot know. */
  freeBytes(): Promise<number>;
  close(): Promise<void>;
}

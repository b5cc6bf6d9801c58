import type { MessageState } from '../queue/message.ts';

/**
 * The tables of both engines, as Kysely sees them. Times are milliseconds since 1970. Texts that are only ever read
 * back whole are JSON; what is searched or sorted by has a column of its own.
 */
export interface Schema {
  readonly messages: MessageTable;
  readonly chunks: ChunkTable;
  readonly journal: JournalTable;
  readonly totals: TotalTable;
  readonly nodes: NodeTable;
  readonly usage: UsageTable;
  readonly settings: SettingsTable;
  readonly denied: DeniedTable;
  readonly authorizations: AuthorizationTable;
  readonly renewal_locks: RenewalLockTable;
  readonly sign_ins: SignInTable;
  readonly schema_versions: VersionTable;
}

/** One row for each message; `chunks` is 0 once the body is gone. */
export interface MessageTable {
  id: string;
  kind: string;
  client: string;
  sender: string;
  /** JSON: Origin without the client. */
  origin: string;
  /** JSON: envelope without sender and recipients. */
  envelope: string;
  /** JSON: array of RecipientRecord. */
  recipients: string;
  subject: string;
  header_message_id: string;
  size: number;
  chunks: number;
  accepted_at: number;
  receiving: number;
  state: MessageState;
  lane: string;
  upstream: string | null;
  node: string;
  attempts: number;
  next_attempt_at: number;
  warned_at: number | null;
  finished_at: number | null;
}

/** A piece of a body, at most 256 KiB. */
export interface ChunkTable {
  message: string;
  number: number;
  data: Uint8Array;
}

/** `sequence` grows within a node (see createSequence), so that events of one millisecond keep their order. */
export interface JournalTable {
  message: string;
  sequence: number;
  node: string;
  at: number;
  /** JSON: JournalEvent. */
  event: string;
}

/**
 * How many messages there are in each state, and the bytes of their bodies; the sum over all shards counts. A node
 * writes to one shard only, so that nodes do not wait for each other.
 */
export interface TotalTable {
  shard: number;
  state: MessageState;
  count: number;
  bytes: number;
}

export interface NodeTable {
  id: string;
  label: string;
  started_at: number;
  lease_until: number;
}

/** Recipients handed to an upstream in the hour that begins at `hour`. */
export interface UsageTable {
  upstream: string;
  hour: number;
  recipients: number;
}

export interface SettingsTable {
  revision: number;
  document: string;
  at: number;
  by: string;
  summary: string;
}

export interface DeniedTable {
  address: string;
  sender: string;
  greeting: string;
  recipient: string;
  reason: string;
  count: number;
  first_seen: number;
  last_seen: number;
}

/** One row for each upstream and subject; `version` grows with every change. Tokens are sealed. */
export interface AuthorizationTable {
  upstream: string;
  subject: string;
  key: string;
  account: string | null;
  scopes: string | null;
  refresh_token: string | null;
  access_token: string | null;
  access_expires_at: number | null;
  authorized_at: number;
  authorized_by: string;
  renewed_at: number;
  /** JSON: StoredFailure. */
  failure: string | null;
  version: number;
}

/** Who may renew an authorization now; apart from it, since the first token of an application has no row yet. */
export interface RenewalLockTable {
  upstream: string;
  subject: string;
  holder: string;
  /** By the database's clock. */
  until: number;
}

/** A sign-in that was begun; `sealed` opens only with the master key. */
export interface SignInTable {
  id: string;
  state_hash: string | null;
  upstream: string;
  flow: 'authorization-code' | 'device-code';
  sealed: string;
  by: string;
  created_at: number;
  expires_at: number;
  state: 'pending' | 'redeeming' | 'authorized' | 'failed';
  result: string | null;
  remedy: string | null;
}

/** One row for each migration that has run. */
export interface VersionTable {
  version: number;
  name: string;
  applied_at: number;
}

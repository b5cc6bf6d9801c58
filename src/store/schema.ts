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
  readonly users: UserTable;
  readonly sessions: SessionTable;
  readonly api_tokens: TokenTable;
  readonly facts: FactTable;
  readonly audit: AuditTable;
  readonly traffic: TrafficTable;
  readonly devices: DeviceTable;
  readonly upstream_tests: UpstreamTestTable;
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
  client: string;
  listener: string;
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

/** People who may sign in; `name_key` is the name in small letters. Switches are 0 or 1. */
export interface UserTable {
  id: string;
  name: string;
  name_key: string;
  email: string | null;
  role: string;
  password_hash: string;
  /** Sealed. */
  totp: string | null;
  totp_step: number | null;
  disabled: number;
  must_change_password: number;
  created_at: number;
  created_by: string;
  last_sign_in_at: number | null;
}

export interface SessionTable {
  id: string;
  hash: string;
  user_id: string;
  created_at: number;
  seen_at: number;
  expires_at: number;
  address: string;
  agent: string;
}

export interface TokenTable {
  id: string;
  name: string;
  name_key: string;
  hash: string;
  /** JSON: array of permissions. */
  scopes: string;
  created_at: number;
  created_by: string;
  expires_at: number | null;
  used_at: number | null;
}

/** Single values by name, such as the hash of the setup token. */
export interface FactTable {
  name: string;
  value: string;
}

export interface AuditTable {
  id: string;
  at: number;
  by: string;
  kind: string;
  address: string;
  action: string;
  subject: string | null;
  text: string;
  /** JSON: array of changes. */
  changes: string | null;
}

/** What went through in the minute that begins at `minute`; the sum over all shards counts, as with the totals. */
export interface TrafficTable {
  minute: number;
  shard: number;
  accepted: number;
  delivered: number;
  deferred: number;
  failed: number;
  refused: number;
}

/** Who has sent: an address under the client that it counted as. */
export interface DeviceTable {
  address: string;
  client: string;
  listener: string;
  greeting: string;
  smtp_user: string | null;
  tls: string | null;
  first_seen: number;
  last_seen: number;
  last_message: string;
  last_sender: string;
  messages: number;
}

/** How the last test of an upstream ended; `key` is a digest of the settings that were tested. */
export interface UpstreamTestTable {
  upstream: string;
  key: string;
  result: string;
  at: number;
  by: string;
  sent_to: string | null;
  text: string | null;
}

/** One row for each migration that has run. */
export interface VersionTable {
  version: number;
  name: string;
  applied_at: number;
}

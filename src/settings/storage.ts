/** One stored state of the settings document. Secrets in it are sealed. */
export interface SettingsRevision {
  /** Counts up from 1. */
  readonly revision: number;
  /** The document as typed (secrets sealed), as JSON. */
  readonly document: string;
  /** ms since 1970. */
  readonly at: number;
  /** Who: `cli`, a user name, `first start`, `file`. */
  readonly by: string;
  /** What changed, in one line. */
  readonly summary: string;
}

/** The storage that settings/ needs; store/settings.ts implements it. */
export interface SettingsStorage {
  latest(): Promise<SettingsRevision | undefined>;
  find(revision: number): Promise<SettingsRevision | undefined>;
  /** Newest first, before the revision `before` where given. */
  history(limit: number, before?: number): Promise<readonly SettingsRevision[]>;
  /** Adds revision `after` + 1; throws RelayError `settings-conflict` when `after` is not the latest any more. */
  append(after: number, change: Omit<SettingsRevision, 'revision'>): Promise<SettingsRevision>;
  /** Calls back when another node has added a revision (PostgreSQL); returns the way to stop that. */
  onAppend(callback: (revision: number) => void): () => void;
}

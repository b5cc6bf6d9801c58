import type { Clock } from '../shared/clock.ts';
import type { Fault } from '../shared/errors.ts';
import type { HttpClient } from '../shared/http.ts';
import type { Log } from '../shared/log.ts';
import type { Json } from './json.ts';
import type { Settings } from './schema.ts';
import type { Sealer } from './sealer.ts';
import type { VerifySecret } from './secret-verifier.ts';
import type { SettingsSource } from './source.ts';
import type { SettingsRevision, SettingsStorage } from './storage.ts';

export interface SettingsDeps {
  /**
   * Forgets the stored consent of all upstreams: whoever is confined leads connections over another proxy, and must not find old consent
   * there (confinement.ts). Asked before the change; when it throws, nothing is changed.
   */
  readonly forgetConsents?: () => Promise<void>;
  readonly storage: SettingsStorage;
  readonly sealer: Sealer;
  /** Absolute path of a settings file; then it, and not the store, holds the settings. */
  readonly file?: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly dataDirectory: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** What Vault is asked with; late, because the network needs the settings first. Without it there are no secrets from Vault. */
  readonly http?: () => HttpClient | undefined;
  /** How often the file is looked at, ms; a second if absent. */
  readonly lookEvery?: number;
}

/** The document as people may see it. */
export interface ShownDocument {
  /** As typed; a secret that Postern keeps is `{ set: true, since }`. */
  readonly document: Json;
  /** Counts up with every change; from a file: with every time that it was taken over. */
  readonly revision: number;
  /** It comes from a file and can be changed only there. */
  readonly locked: boolean;
  /** `store`, or the path of the file. */
  readonly source: string;
  readonly warnings: readonly Fault[];
}

export interface ReloadFault {
  /** ms since 1970. */
  readonly at: number;
  readonly message: string;
  readonly faults: readonly Fault[];
}

/** Whose settings they would be. */
export interface Author {
  /**
   * Somebody who is nobody on this machine: a fault is what would make it read secrets, or send those that it reads elsewhere
   * (confinement.ts). Whoever may do that, such as the command line, is not confined; settings from a file confine everybody.
   */
  readonly confined?: boolean;
}

export interface Change extends Author {
  readonly by: string;
  /** The revision that the change was made on; RelayError `settings-conflict` when it is not in force any more. */
  readonly ifRevision?: number;
  readonly summary?: string;
}

export interface Applied {
  readonly revision: number;
  readonly warnings: readonly Fault[];
}

/** The settings document: what is in force, how it is changed, and the secrets in it. */
export interface SettingsService extends SettingsSource {
  document(): ShownDocument;
  /** What is wrong with a document, and what is worth a second look, if it were applied now. Never throws. */
  validate(
    input: unknown,
    author?: Author,
  ): { readonly faults: readonly Fault[]; readonly warnings: readonly Fault[] };
  /**
   * The settings that a document would make, for somebody who wants to try them: nothing is stored or put in force. A secret given back as
   * `{ set: true }` is the one that is kept; a typed one is sealed in memory only. Throws RelayError `settings-invalid` with all faults.
   */
  draft(input: unknown, author?: Author): Settings;
  /**
   * Checks a document whole, stores it and puts it in force. A secret given back as `{ set: true }` stays as it is. Throws
   * RelayError `settings-invalid` with all faults, `settings-conflict` or `settings-locked`.
   */
  apply(input: unknown, change: Change): Promise<Applied>;
  /** Newest first, before the revision `before` where given; empty when the settings come from a file. */
  history(limit: number, before?: number): Promise<readonly Omit<SettingsRevision, 'document'>[]>;
  /** The document of a revision, as it may be shown. Throws RelayError `not-found`. */
  revision(revision: number): Promise<Json>;
  /** Puts an older document in force again, as a new revision. Throws like `apply`, and `not-found`. */
  rollback(revision: number, by: string, author?: Author): Promise<Applied>;
  /**
   * Reads again: the file, or the newest revision. When it has faults the settings in force stay, the faults are logged
   * as errors and kept in `lastReloadFault`. Never throws.
   */
  reload(): Promise<void>;
  /** Why the last reload was not taken over; `undefined` when it was. For health and metrics. */
  lastReloadFault(): ReloadFault | undefined;
  readonly verifySecret: VerifySecret;
  /** Whether an SMTP user has this password; takes as long for a user that does not exist. */
  verifyPassword(user: string, attempt: string): Promise<boolean>;
  /** Stops looking at the file and listening to the store, and waits for what is under way. */
  close(): Promise<void>;
}

/** The part of the service that depends on where the document is. */
export type DocumentKeeper = Omit<SettingsService, 'reveal' | 'verifySecret' | 'verifyPassword'>;

import type { Secret } from '../shared/secret.ts';
import type { Settings } from './schema.ts';
import type { SecretSource } from './schema-values.ts';

/** The settings as every other room sees them: what is in force now, and word of every change. */
export interface SettingsSource {
  current(): Settings;
  /** Calls back after a change is in force; returns the way to stop that. */
  onChange(callback: (settings: Settings, previous: Settings) => void): () => void;
  /**
   * The secret behind a source, read now; from Vault it may be as old as vault.cache, unless `fresh` says that the one known was
   * refused. Throws RelayError `secret-unavailable`.
   */
  reveal(source: SecretSource, how?: { readonly fresh?: boolean }): Promise<Secret>;
}

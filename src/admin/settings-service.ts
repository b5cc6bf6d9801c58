import type { SettingsSource } from '../settings/source.ts';
import type { SettingsRevision } from '../settings/storage.ts';
import type { Fault } from '../shared/errors.ts';

/** What the admin needs of the settings service. */
export interface AdminSettings extends SettingsSource {
  document(): { readonly revision: number; readonly locked: boolean; readonly document: unknown };
  validate(
    document: unknown,
  ): Promise<{ readonly faults: readonly Fault[]; readonly warnings: readonly Fault[] }>;
  apply(
    document: unknown,
    options: { readonly by: string; readonly revision?: number },
  ): Promise<Pick<SettingsRevision, 'revision' | 'summary'>>;
  history(limit: number): Promise<readonly Omit<SettingsRevision, 'document'>[]>;
  rollback(revision: number, by: string): Promise<Pick<SettingsRevision, 'revision' | 'summary'>>;
}

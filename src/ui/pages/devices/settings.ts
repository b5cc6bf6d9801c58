/** The settings document on this page: read, and changed as a whole without losing what others change. */
import type { SettingsAnswer } from '../../../admin/contract-settings.ts';
import { ApiError, type Fault, getTagged, send } from '../../api.ts';
import { createStore } from '../../store.ts';
import type { Query } from '../../use-query.ts';
import { t } from '../../words/words.ts';
import type { Entry } from './document.ts';

/** What was done on another page of these, said once on the next. */
export const saidStore = createStore<
  { readonly text: string; readonly warnings: readonly Fault[] } | undefined
>(undefined);

/** A change of a part of the document. */
export interface PartChange {
  /** The document with the change made in it. */
  readonly make: (document: unknown) => Entry;
  /** The part is as it was when it was shown, so that nobody else's change of it is overwritten. */
  readonly fits: (document: unknown) => boolean;
}

/** How often the change is made anew on what others have changed meanwhile. */
const ATTEMPTS = 3;

/**
 * Makes the change on the document that was read; where others have changed another part of it meanwhile, on the newest one.
 * Answers what is worth a second look. Throws ApiError; where others have changed the same part, in words.
 */
export async function saveSettings(
  settings: Query<SettingsAnswer>,
  { make, fits }: PartChange,
  signal: AbortSignal,
): Promise<readonly Fault[]> {
  let { etag } = settings;
  let document = settings.data?.document;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { warnings = [] } = await send<{ readonly warnings?: readonly Fault[] }>(
        'PUT',
        '/api/v1/settings',
        make(document),
        { signal, ifMatch: etag },
      );
      return warnings;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) throw error;
      const newest = await getTagged<SettingsAnswer>('/api/v1/settings', { signal });
      ({ etag } = newest);
      ({ document } = newest.value);
      if (fits(document) && attempt < ATTEMPTS) continue;
      settings.reload();
      throw new ApiError(412, { code: error.code, message: t('devices.conflict') });
    }
  }
}

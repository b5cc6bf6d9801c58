/** Changes the settings on the revision that was read, so that nobody else's change is lost. */
import type { Saved } from '../../../admin/contract-configuration.ts';
import type { SettingsAnswer } from '../../../admin/contract-settings.ts';
import { ApiError, send } from '../../api.ts';
import type { JsonObject } from '../../json.ts';
import type { Query } from '../../use-query.ts';
import { documentOf } from './configuration.ts';

/** `make` gets the newest document that was read. `query` goes behind the path, such as `?test=true`. */
export type SaveDocument = (make: (document: JsonObject) => JsonObject, query?: string) => Promise<Saved>;

/** Throws ApiError; after one that says that somebody else was quicker the document is read again. */
export function documentSaver(settings: Query<SettingsAnswer>): SaveDocument {
  return async (make, query = '') => {
    const { data, etag } = settings;
    if (data === undefined) throw new ApiError(0, { code: 'unreachable', message: '' });
    try {
      const saved = await send<Saved>('PUT', `/api/v1/settings${query}`, make(documentOf(data)), {
        ifMatch: etag,
      });
      settings.reload();
      return saved;
    } catch (error) {
      if (error instanceof ApiError && error.status === 412) settings.reload();
      throw error;
    }
  };
}

/** The settings document that is in force, with its ETag. */
import type { SettingsAnswer } from '../admin/contract-settings.ts';
import { type Query, useQuery } from './use-query.ts';

export function useSettings(): Query<SettingsAnswer> {
  return useQuery<SettingsAnswer>('/api/v1/settings', { topics: ['settings'] });
}

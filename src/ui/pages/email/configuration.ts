/** What the pages about e-mail are made of: the document, what providers make known, how upstreams and sign-ins stand. */
import type { Presets, TestedUpstream } from '../../../admin/contract-configuration.ts';
import { type Query, useQuery } from '../../use-query.ts';
import { isObject, type JsonObject, objectsIn, textAt } from './json.ts';

/** As GET /api/v1/settings answers. */
export interface SettingsAnswer {
  readonly revision: number;
  readonly locked: boolean;
  readonly source: string;
  readonly document: unknown;
}

export interface Authorization {
  readonly upstream: string;
  readonly state: 'none' | 'authorized' | 'failing' | 'void' | 'stale';
  readonly account?: string | undefined;
  readonly authorizedAt?: number | undefined;
  readonly authorizedBy?: string | undefined;
  readonly renewedAt?: number | undefined;
  readonly text?: string | undefined;
  readonly remedy?: string | undefined;
}

export interface Authorizations {
  readonly authorizations: readonly Authorization[];
  readonly redirectUris: readonly string[];
}

/** The document, which may be none where somebody wrote a list into the file. */
export function documentOf(answer: SettingsAnswer): JsonObject {
  return isObject(answer.document) ? answer.document : {};
}

/** The upstreams as they are typed. */
export function upstreamsOf(document: JsonObject): readonly JsonObject[] {
  return objectsIn(document, 'upstreams');
}

/** Mail goes there when nothing else is said. */
export function defaultUpstreamOf(document: JsonObject): string {
  return textAt(document, ['defaultUpstream']);
}

/** Addresses of the administrators, one text with spaces. */
export function contactsOf(document: JsonObject): string {
  const contacts = document['contacts'];
  return Array.isArray(contacts) ? contacts.join(' ') : textAt(document, ['contacts']);
}

/** The document that is in force, with its ETag. */
export function useSettings(): Query<SettingsAnswer> {
  return useQuery<SettingsAnswer>('/api/v1/settings', { topics: ['settings'] });
}

/** What is known of providers. */
export function usePresets(): Query<Presets> {
  return useQuery<Presets>('/api/v1/settings/presets');
}

/** How each upstream runs, and its last test. */
export function useUpstreams(): Query<{ readonly upstreams: readonly TestedUpstream[] }> {
  return useQuery('/api/v1/upstreams', { topics: ['upstreams', 'settings', 'authorizations'] });
}

/** How consent stands, and the redirect URIs. */
export function useAuthorizations(): Query<Authorizations> {
  return useQuery<Authorizations>('/api/v1/authorizations', { topics: ['authorizations', 'settings'] });
}

/** What the pages about e-mail are made of: the document, what providers make known, how upstreams and sign-ins stand. */
import type { AuthorizationsAnswer } from '../../../admin/contract-authorizations.ts';
import type { Presets, TestedUpstream } from '../../../admin/contract-configuration.ts';
import type { SettingsAnswer } from '../../../admin/contract-settings.ts';
import { isObject, type JsonObject } from '../../json.ts';
import { type Query, useQuery } from '../../use-query.ts';
import { objectsIn, textAt } from './json.ts';

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

/** What is known of providers. */
export function usePresets(): Query<Presets> {
  return useQuery<Presets>('/api/v1/settings/presets');
}

/** How each upstream runs, and its last test. */
export function useUpstreams(): Query<{ readonly upstreams: readonly TestedUpstream[] }> {
  return useQuery('/api/v1/upstreams', { topics: ['upstreams', 'settings', 'authorizations'] });
}

/** How consent stands, and the redirect URIs. */
export function useAuthorizations(): Query<AuthorizationsAnswer> {
  return useQuery<AuthorizationsAnswer>('/api/v1/authorizations', { topics: ['authorizations', 'settings'] });
}

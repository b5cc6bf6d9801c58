import { nobodyAuthorized, noRefreshToken, otherSettings, voided } from './authorization-words.ts';
import type { AuthorizationStatus } from './authorizations.ts';
import { REFUSALS_BELIEVED } from './retry-pauses.ts';
import type { StoredAuthorization } from './storage.ts';

/** How an authorization stands, in the words of the status; `text` and `remedy` where a person has to know something. */
export type AuthorizationCondition = Pick<AuthorizationStatus, 'state' | 'text' | 'remedy'>;

/** The condition of a row for settings with this key. Pure. */
export function authorizationState(
  upstream: string,
  row: StoredAuthorization | undefined,
  key: string,
  consentNeeded: boolean,
): AuthorizationCondition {
  if (row === undefined) return consentNeeded ? said('none', nobodyAuthorized(upstream)) : { state: 'none' };
  // Tokens of an application for other settings are of no use, and nobody is needed to get others.
  if (row.key !== key) return consentNeeded ? said('stale', otherSettings(upstream)) : { state: 'none' };
  const { failure } = row;
  if (failure !== undefined) {
    return isVoid(row) ? said('void', voided(upstream, failure.text)) : said('failing', failure);
  }
  if (consentNeeded && row.refreshToken === undefined) return said('authorized', noRefreshToken(upstream));
  return { state: 'authorized' };
}

/** The provider has said often enough that it does not take the grant any more. */
export function isVoid(row: StoredAuthorization): boolean {
  return (row.failure?.refusals ?? 0) >= REFUSALS_BELIEVED;
}

function said(
  state: AuthorizationCondition['state'],
  { text, remedy }: { readonly text: string; readonly remedy?: string },
): AuthorizationCondition {
  return { state, text, ...(remedy === undefined ? {} : { remedy }) };
}

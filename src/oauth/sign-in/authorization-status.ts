/** How the consent behind an upstream stands, from what is stored of it. Pure. */
import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';
import { sealedKeyId } from '../../settings/sealer.ts';
import { verifyCommand } from '../../shared/own-commands.ts';
import { needsConsent } from '../authorization-key.ts';
import {
  nobodyAuthorized,
  noRefreshToken,
  otherSettings,
  sealedForOthers,
  voided,
} from '../authorization-words.ts';
import { type AuthorizationStatus, oauthOf } from '../authorizations.ts';
import type { StoredAuthorization } from '../storage.ts';
import { isVoid } from '../tokens/retry-pauses.ts';

type Stand = Pick<AuthorizationStatus, 'state' | 'text' | 'remedy'>;

/**
 * Undefined for upstreams without OAuth. `rows` are those of this upstream (a service account has one for each mailbox);
 * `key` is that of the settings in force (authorization-key.ts), `keyId` that of the master key.
 */
export function authorizationStatus(
  upstream: UpstreamSettings,
  rows: readonly StoredAuthorization[],
  key: string,
  keyId: string,
): AuthorizationStatus | undefined {
  const oauth = oauthOf(upstream);
  if (oauth === undefined) return undefined;
  const { provider, flow } = oauth;
  const person = needsConsent(oauth);
  const row = mostTelling(person ? rows : rows.filter((each) => each.key === key));
  const stand = person ? ofPerson(upstream.name, row, key, keyId) : ofApplication(upstream.name, row);
  const details = row === undefined ? {} : detailsOf(row, person);
  return { upstream: upstream.name, provider, flow, ...stand, ...details };
}

/** The one that fails, else the one renewed last. */
function mostTelling(rows: readonly StoredAuthorization[]): StoredAuthorization | undefined {
  return rows.toSorted(
    (a, b) => Number(b.failure !== undefined) - Number(a.failure !== undefined) || b.renewedAt - a.renewedAt,
  )[0];
}

function detailsOf(row: StoredAuthorization, person: boolean) {
  return {
    ...(row.account === undefined ? {} : { account: row.account }),
    ...(row.scopes === undefined ? {} : { scopes: row.scopes }),
    ...(person ? { authorizedAt: row.authorizedAt, authorizedBy: row.authorizedBy } : {}),
    renewedAt: row.renewedAt,
    ...(row.accessExpiresAt === undefined ? {} : { accessExpiresAt: row.accessExpiresAt }),
  };
}

function ofPerson(name: string, row: StoredAuthorization | undefined, key: string, keyId: string): Stand {
  if (row === undefined) return said('none', nobodyAuthorized(name));
  if (row.key !== key) return said('stale', otherSettings(name));
  if (row.refreshToken !== undefined && sealedKeyId(row.refreshToken) !== keyId)
    return said('failing', sealedForOthers(name, 'it was sealed with another master key'));
  const { failure } = row;
  if (failure !== undefined) {
    return isVoid(row) ? said('void', voided(name, failure)) : said('failing', failure);
  }
  return row.refreshToken === undefined ? said('authorized', noRefreshToken(name)) : { state: 'authorized' };
}

function ofApplication(name: string, row: StoredAuthorization | undefined): Stand {
  if (row === undefined) {
    return {
      state: 'none',
      text: 'Nobody has to sign in; no token has been needed yet.',
      remedy: `Test it: ${verifyCommand(name)}`,
    };
  }
  return row.failure === undefined ? { state: 'authorized' } : said('failing', row.failure);
}

function said(
  state: Stand['state'],
  { text, remedy }: { readonly text: string; readonly remedy?: string },
): Stand {
  return { state, text, ...(remedy === undefined ? {} : { remedy }) };
}

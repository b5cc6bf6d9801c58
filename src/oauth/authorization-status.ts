/** How the consent behind an upstream stands, from what is stored of it. Pure. */
import type { UpstreamSettings } from '../settings/schema-upstreams.ts';
import { type AuthorizationStatus, oauthOf } from './authorizations.ts';
import type { StoredAuthorization } from './storage.ts';

/** Times in a row that a provider has to call a grant void before Postern believes it. */
export const REFUSALS_BELIEVED = 3;

type Stand = Pick<AuthorizationStatus, 'state' | 'text' | 'remedy'>;

/**
 * Undefined for upstreams without OAuth. `rows` are those of this upstream (a service account has one for each mailbox);
 * `key` is that of the settings in force (authorization-key.ts).
 */
export function authorizationStatus(
  upstream: UpstreamSettings,
  rows: readonly StoredAuthorization[],
  key: string,
): AuthorizationStatus | undefined {
  const oauth = oauthOf(upstream);
  if (oauth === undefined) return undefined;
  const { provider, flow } = oauth;
  const person = needsPerson(flow);
  const row = mostTelling(person ? rows : rows.filter((each) => each.key === key));
  const stand = person ? ofPerson(upstream.name, row, key) : ofApplication(upstream.name, row);
  const details = row === undefined ? {} : detailsOf(row, person);
  return { upstream: upstream.name, provider, flow, ...stand, ...details };
}

/** Whether somebody has to sign in once. */
export function needsPerson(flow: AuthorizationStatus['flow']): boolean {
  return flow === 'authorization-code' || flow === 'device-code';
}

/** The command that asks for consent, as remedies name it; a name may hold spaces, which the shell wants quoted. */
export function authorizeCommand(upstream: string): string {
  return `postern authorize ${shellWord(upstream)}`;
}

/** The command that tests an upstream. */
export function verifyCommand(upstream: string): string {
  return `postern verify --upstream ${shellWord(upstream)}`;
}

function shellWord(name: string): string {
  return /^[\w.@-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
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

function ofPerson(name: string, row: StoredAuthorization | undefined, key: string): Stand {
  const again = `Sign in again: ${authorizeCommand(name)}`;
  if (row === undefined) {
    return { state: 'none', text: 'Nobody has signed in yet.', remedy: `Sign in: ${authorizeCommand(name)}` };
  }
  if (row.key !== key) {
    return {
      state: 'stale',
      text: 'The sign-in was made for other settings of this upstream (application, tenant, account or scopes).',
      remedy: again,
    };
  }
  const { failure } = row;
  if (failure === undefined && row.refreshToken === undefined) {
    return {
      state: 'authorized',
      text: 'The provider gave no refresh token: access ends when the access token does.',
      remedy:
        'Ask for offline access in the scopes (offline_access with most providers), then sign in again.',
    };
  }
  if (failure === undefined) return { state: 'authorized' };
  if (failure.refusals >= REFUSALS_BELIEVED) {
    return { state: 'void', text: failure.text, remedy: failure.remedy ?? again };
  }
  return failing(failure);
}

function ofApplication(name: string, row: StoredAuthorization | undefined): Stand {
  if (row === undefined) {
    return {
      state: 'none',
      text: 'Nobody has to sign in; no token has been needed yet.',
      remedy: `Test it: ${verifyCommand(name)}`,
    };
  }
  return row.failure === undefined ? { state: 'authorized' } : failing(row.failure);
}

function failing({ text, remedy }: { readonly text: string; readonly remedy?: string }): Stand {
  return { state: 'failing', text, ...(remedy === undefined ? {} : { remedy }) };
}

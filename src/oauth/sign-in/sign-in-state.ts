/** A sign-in as people see it, from its row in the store. Pure. */
import type { OAuth2Settings } from '../../settings/schema-oauth2.ts';
import { authorizeWays } from '../../shared/own-commands.ts';
import type { SignInState } from '../authorizations.ts';
import type { PendingSignIn } from '../storage.ts';

/** `settings` are those in force, where the upstream is still there; `now` is in ms since 1970. */
export function signInState(
  row: PendingSignIn,
  settings: Pick<OAuth2Settings, 'email' | 'mailbox'> | undefined,
  now: number,
): SignInState {
  const { id, upstream, state, expiresAt } = row;
  const common = { id, upstream, expiresAt };
  if (state === 'authorized') {
    const account = row.result === undefined || row.result === '' ? {} : { account: row.result };
    return { ...common, state, ...account, ...secondLook(row.result ?? '', settings) };
  }
  if (state === 'failed') {
    const remedy = row.remedy === undefined ? {} : { remedy: row.remedy };
    return { ...common, state, text: row.result ?? 'The sign-in failed.', ...remedy };
  }
  if (now < expiresAt) return { ...common, state };
  const text =
    state === 'pending'
      ? 'The sign-in was not finished in time.'
      : 'The sign-in was interrupted while its tokens were fetched.';
  return { ...common, state: 'failed', text, remedy: beginAnew(upstream) };
}

/** What to do about a sign-in that came to nothing. */
export function beginAnew(upstream: string): string {
  return `Begin anew ${authorizeWays(upstream)}`;
}

/** Another account than that of the settings: right now and then, and never to be passed over in silence. */
function secondLook(account: string, settings: Pick<OAuth2Settings, 'email' | 'mailbox'> | undefined) {
  const expected = settings?.email;
  const known = [expected, settings?.mailbox].some((one) => one?.toLowerCase() === account.toLowerCase());
  if (expected === undefined || known || !account.includes('@')) return {};
  return {
    text: `${account} has signed in, while the settings name ${expected}.`,
    remedy: `That is right for an alternate login id, or an account that may send for ${expected}; else sign in again as ${expected}.`,
  };
}

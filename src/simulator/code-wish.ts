import type { CodeTerms } from './grants.ts';
import type { CodeWish } from './sign-in.ts';
import { field } from './web.ts';

/** What an authorization request asks for (RFC 6749 section 4.1.1, RFC 7636 section 4.3), once client and redirect URI are known. */
export function readCodeWish(
  query: unknown,
  known: { readonly clientId: string; readonly redirectUri: string; readonly offline: boolean },
): CodeWish {
  const challenge = field(query, 'code_challenge');
  const state = field(query, 'state');
  const nonce = field(query, 'nonce');
  const terms: CodeTerms = {
    redirectUri: known.redirectUri,
    ...(challenge === undefined
      ? {}
      : { challenge, method: field(query, 'code_challenge_method') ?? 'plain' }),
  };
  return {
    kind: 'code',
    clientId: known.clientId,
    scopes: scopesOf(query),
    terms,
    offline: known.offline,
    ...(state === undefined ? {} : { state }),
    ...(nonce === undefined ? {} : { nonce }),
  };
}

/** The scopes of a form or of the query (RFC 6749 section 3.3). */
export function scopesOf(source: unknown): readonly string[] {
  return (field(source, 'scope') ?? '').split(/\s+/).filter((scope) => scope !== '');
}

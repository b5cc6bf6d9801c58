/** SMTP AUTH mechanisms that carry a token. */
export type TokenMechanism = 'XOAUTH2' | 'OAUTHBEARER';

/** The best mechanism that both sides know: over TLS the simplest, without TLS the one that does not show the password. */
export function choosePasswordMethod(
  wanted: string,
  offered: readonly string[],
  encrypted: boolean,
): string | undefined {
  const known = encrypted ? ['PLAIN', 'LOGIN', 'CRAM-MD5'] : ['CRAM-MD5', 'PLAIN', 'LOGIN'];
  if (wanted !== 'auto') return offered.includes(wanted) ? wanted : undefined;
  return known.find((method) => offered.includes(method));
}

/**
 * Microsoft and Google document XOAUTH2, and their other clients use it, so it goes first there; any other server gets the
 * standard (RFC 7628) where it offers both.
 */
export function chooseTokenMethod(
  wanted: 'auto' | TokenMechanism,
  offered: readonly string[],
  provider: 'microsoft' | 'google' | 'generic',
): TokenMechanism | undefined {
  const known: readonly TokenMechanism[] =
    provider === 'generic' ? ['OAUTHBEARER', 'XOAUTH2'] : ['XOAUTH2', 'OAUTHBEARER'];
  return known.find((method) => (wanted === 'auto' || method === wanted) && offered.includes(method));
}

/** Cookies (RFC 6265), as far as we set them ourselves: short values of few characters. Pure. */

const VALUE = /^[\w.-]{1,128}$/;
/** Characters of the header that are looked at; other programs on the same host name may have set many. */
const MAX_HEADER = 8192;

/**
 * The value of a cookie; undefined where it is absent, not one of ours by its form, or given twice: then somebody else has set one of
 * the same name, and nobody knows which is ours.
 */
export function cookieValue(header: string | undefined, name: string): string | undefined {
  if (header === undefined || header.length > MAX_HEADER) return undefined;
  const values = header.split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at > 0 && pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : [];
  });
  const [value] = values;
  return value !== undefined && values.length === 1 && VALUE.test(value) ? value : undefined;
}

/**
 * The header that sets a cookie out of reach of scripts. `secure` where we are reached over https; `sameSite` Lax where the browser comes
 * back with it from another site, else Strict. `maxAge` in seconds; 0 takes it away.
 */
export function setCookie(
  name: string,
  value: string,
  options: { readonly secure: boolean; readonly maxAge: number; readonly sameSite?: 'Lax' | 'Strict' },
): string {
  const { secure, maxAge, sameSite = 'Lax' } = options;
  return `${name}=${value}; Path=/; HttpOnly; SameSite=${sameSite}; Max-Age=${maxAge}${secure ? '; Secure' : ''}`;
}

/** With https the name makes browsers refuse what another host of the domain, or plain http, sets (RFC 6265bis section 4.1.3.2). */
export function cookieName(name: string, secure: boolean): string {
  return secure ? `__Host-${name}` : name;
}

import { ACCESS_LIMITS } from '../access/limits.ts';
import type { Secret } from '../shared/secret.ts';
import { cookieName, cookieValue, setCookie } from './cookies.ts';

/** What a request says of cookies. */
interface CookieSource {
  readonly cookie: string | undefined;
  readonly secure: boolean;
}

const SESSION = 'postern-session';
const BROWSER = 'postern-browser';

/** What the cookie of a session holds; undefined where there is none, or two. */
export function sessionCookie({ cookie, secure }: CookieSource): string | undefined {
  return cookieValue(cookie, cookieName(SESSION, secure));
}

/** The mark of an earlier sign-in. */
export function browserMark({ cookie, secure }: CookieSource): string | undefined {
  return cookieValue(cookie, cookieName(BROWSER, secure));
}

/** Sets the cookie of a session, and that of the browser where given. */
export function signedInHeaders(cookie: Secret, secure: boolean, mark?: string) {
  const maxAge = ACCESS_LIMITS.lifetime / 1000;
  const session = setCookie(cookieName(SESSION, secure), cookie.reveal(), {
    secure,
    maxAge,
    sameSite: 'Strict',
  });
  if (mark === undefined) return { 'Set-Cookie': session };
  const longer = { secure, maxAge: ACCESS_LIMITS.knownBrowser / 1000, sameSite: 'Strict' } as const;
  return { 'Set-Cookie': [session, setCookie(cookieName(BROWSER, secure), mark, longer)] };
}

/** Takes the cookie of a session away; the browser stays known. */
export function signedOutHeaders(secure: boolean) {
  return {
    'Set-Cookie': setCookie(cookieName(SESSION, secure), '', { secure, maxAge: 0, sameSite: 'Strict' }),
  };
}

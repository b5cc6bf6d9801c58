/** Where a provider sends the browser back to. Pure. */
import type { OAuth2Settings } from '../../settings/schema-oauth2.ts';
import { RelayError } from '../../shared/errors.ts';
import { isLoopbackAddress } from '../../shared/loopback.ts';
import { urlServer } from '../../shared/url-server.ts';

/** Both are known to administrators from other relays; registrations made for those go on working. */
export const REDIRECT_PATHS = ['/login/smtp-verification', '/pmpredirect/AzureOAuth'] as const;

/** Path of our own link, which binds the browser before it goes to the provider; the sign-in's id follows. */
export const SIGN_IN_PATH = '/login/authorize/';

/** An address of ours under `accessUrl`, whose path and trailing slashes a proxy in front may need. */
export function ownAddress(accessUrl: string, path: string): string {
  const base = new URL(accessUrl);
  return `${base.origin}${base.pathname.replace(/\/+$/, '')}${path}`;
}

/** Every redirect URI that can be registered with the application, the usual one first. */
export function redirectUris(accessUrl: string): readonly string[] {
  return REDIRECT_PATHS.map((path) => ownAddress(accessUrl, path));
}

/** The redirect URI with this path. Throws RelayError `bad-request`. */
export function redirectUri(accessUrl: string, path: string = REDIRECT_PATHS[0]): string {
  if (REDIRECT_PATHS.some((known) => known === path)) return ownAddress(accessUrl, path);
  throw new RelayError('bad-request', 'This is no redirect path of Postern.', {
    hint: `There are: ${REDIRECT_PATHS.join(' and ')}.`,
  });
}

/**
 * What the provider will not like about a redirect URI: Microsoft ("Redirect URI (reply URL) best practices and
 * limitations") and Google ("Using OAuth 2.0 for Web Server Applications") want https, except on localhost.
 */
export function redirectTrouble(uri: string, provider: OAuth2Settings['provider']): string | undefined {
  const { encrypted, host } = urlServer(new URL(uri));
  const local = host === 'localhost' || isLoopbackAddress(host);
  if (provider === 'generic' || encrypted || local) return undefined;
  const whose = provider === 'microsoft' ? 'Microsoft' : 'Google';
  return `${whose} accepts redirect URIs with https only, except http://localhost. Set accessUrl to an https address or to http://localhost:PORT, or sign in with a device code.`;
}

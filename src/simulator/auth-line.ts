/*
 * Takes apart what a client sends for XOAUTH2 (“OAuth 2.0 Mechanism”, Google) and OAUTHBEARER (RFC 7628 section 3.1). Pure.
 */
import type { Credentials } from './mail-service.ts';

/** Undefined where it is not well-formed. */
export function parseAuthLine(mechanism: Credentials['mechanism'], base64: string): Credentials | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const text = Buffer.from(base64, 'base64').toString();
  const parts = text.split('\u0001');
  // Both end with two separators.
  if (parts.length < 4 || parts.at(-1) !== '' || parts.at(-2) !== '') return undefined;
  const [first = ''] = parts;
  const user =
    mechanism === 'XOAUTH2' ? /^user=(.+)$/.exec(first)?.[1] : gs2User(/^n,a=([^,]+),$/.exec(first)?.[1]);
  const token = parts
    .map((part) => /^auth=Bearer (\S+)$/i.exec(part)?.[1])
    .find((each) => each !== undefined);
  return user === undefined || token === undefined ? undefined : { mechanism, user, token };
}

/** RFC 5801 section 4: comma and equals sign are escaped. */
function gs2User(name: string | undefined): string | undefined {
  return name?.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

/*
 * Access tokens of both providers. Microsoft's are JSON Web Tokens; Google's look opaque, and here carry the same inside, so that
 * nothing has to be remembered of them. Each has a number, and revoking draws a line under the numbers given so far.
 */
import { createHash, createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Clock } from '../shared/clock.ts';
import {
  type Claims,
  isRecord,
  isSignedBy,
  parseToken,
  signToken,
  textClaim,
  timeClaim,
} from './json-web-token.ts';

/** How tokens are made from now on; the control calls change it. */
export interface TokenManners {
  /** Milliseconds. */
  lifetime: number;
  /** Characters that a token has at least. */
  length: number;
  rotate: boolean;
}

export interface AccessTokens {
  /** `claims` without times and number. */
  issue(claims: Claims): { readonly token: string; readonly expiresIn: number };
  /** The claims of a good token, or why it is none. */
  check(token: string): Claims | 'malformed' | 'signature' | 'expired' | 'revoked';
  revoke(): void;
  readonly publicKey: KeyObject;
  readonly keyId: string;
}

/** Characters in front of Google's tokens. */
const OPAQUE = 'ya29.';

/** `opaque`: in Google's form. Tokens of another issuer are not taken. */
export function createAccessTokens(deps: {
  readonly key: KeyObject;
  readonly clock: Clock;
  readonly manners: TokenManners;
  readonly issuer: () => string;
  readonly opaque: boolean;
}): AccessTokens {
  const { key, clock, manners, issuer, opaque } = deps;
  const publicKey = createPublicKey(key);
  const keyId = createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('base64url')
    .slice(0, 27);
  let given = 0;
  let voidUpTo = 0;

  return {
    publicKey,
    keyId,
    issue(claims) {
      given += 1;
      const now = clock.now();
      const complete = {
        ...claims,
        iss: issuer(),
        iat: Math.floor(now / 1000),
        nbf: Math.floor(now / 1000),
        // Fractions are allowed (RFC 7519 section 2) and make lifetimes below a second exact.
        exp: (now + manners.lifetime) / 1000,
        uti: `${given.toString(36)}.${randomBytes(12).toString('base64url')}`,
      };
      const header = { typ: 'JWT', kid: keyId };
      const bare = signToken(header, complete, key);
      const missing = manners.length - bare.length - OPAQUE.length;
      // A claim in base64url takes four characters for three; `,"padding":""` is there as well.
      const padding = Math.floor(missing * 0.75) - 13;
      const signed =
        padding > 0 ? signToken(header, { ...complete, padding: 'x'.repeat(padding + 5) }, key) : bare;
      return {
        token: opaque ? OPAQUE + signed : signed,
        expiresIn: Math.max(1, Math.floor(manners.lifetime / 1000)),
      };
    },
    check(token) {
      const parsed = parseToken(opaque ? transparent(token) : token);
      if (parsed === undefined || !isRecord(parsed.claims)) return 'malformed';
      const { claims } = parsed;
      if (textClaim(claims, 'iss') !== issuer() || !isSignedBy(parsed, publicKey)) return 'signature';
      if (!(timeClaim(claims, 'exp') > clock.now())) return 'expired';
      const number = Number.parseInt(textClaim(claims, 'uti').split('.')[0] ?? '', 36);
      return number > voidUpTo ? claims : 'revoked';
    },
    revoke() {
      voidUpTo = given;
    },
  };
}

function transparent(token: string): string {
  return token.startsWith(OPAQUE) ? token.slice(OPAQUE.length) : '';
}

import { fieldsOf, parsedJson } from '../shared/outside-json.ts';
import { shownText } from '../shared/shown-text.ts';

/** What an access token says about itself, as far as it is a JWT that can be read; never checked, for explanations only. */
export interface TokenClaims {
  /** Whom it is for, such as `https://outlook.office.com`. */
  readonly aud?: string;
  /** Directory (tenant) id. */
  readonly tid?: string;
  /** Application permissions, such as `SMTP.SendAsApp`. */
  readonly roles?: readonly string[];
  /** Delegated permissions, separated by spaces, such as `SMTP.Send`. */
  readonly scp?: string;
  /** Client id; `azp` in tokens of version 2. */
  readonly appid?: string;
  /** The account; `preferred_username` in tokens of version 2. */
  readonly upn?: string;
  /** ms since 1970. */
  readonly exp?: number;
}

/** A longer token is not looked into, characters. */
const LONGEST_TOKEN = 32_768;
const LONGEST_TEXT = 200;
const MOST_ROLES = 20;
const LATEST = 8_640_000_000_000_000;

/**
 * Reads the claims of an access token (RFC 7519 section 4) without verifying anything: it came from the provider, and only people
 * read what is shown here. Undefined for a token that is no JWT, as those of Google. Never throws; texts are bounded and hold no control characters.
 */
export function tokenClaims(token: string): TokenClaims | undefined {
  if (token.length > LONGEST_TOKEN) return undefined;
  const parts = token.split('.', 4);
  const [, payload] = parts;
  if (parts.length !== 3 || payload === undefined || !/^[\w-]+={0,2}$/.test(payload)) return undefined;
  const claims = fieldsOf(parsedJson(Buffer.from(payload, 'base64url').toString('utf8')));
  if (claims === undefined) return undefined;
  return withoutAbsent({
    aud: textOf(Array.isArray(claims['aud']) ? claims['aud'][0] : claims['aud']),
    tid: textOf(claims['tid']),
    roles: rolesOf(claims['roles']),
    scp: textOf(claims['scp'] ?? claims['scope']),
    appid: textOf(claims['appid'] ?? claims['azp']),
    upn: textOf(claims['upn'] ?? claims['preferred_username']),
    exp: momentOf(claims['exp']),
  });
}

/** The claims in words for a sentence: `audience https://outlook.office.com, tenant …, roles SMTP.SendAsApp`. */
export function claimsText(claims: TokenClaims): string {
  const words = [
    claims.aud === undefined ? '' : `audience ${claims.aud}`,
    claims.tid === undefined ? '' : `tenant ${claims.tid}`,
    claims.roles === undefined ? '' : `roles ${claims.roles.join(' ') || 'none'}`,
    claims.scp === undefined ? '' : `scopes ${claims.scp}`,
    claims.appid === undefined ? '' : `application ${claims.appid}`,
    claims.upn === undefined ? '' : `account ${claims.upn}`,
  ].filter((word) => word !== '');
  return words.join(', ');
}

function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = shownText(value, LONGEST_TEXT);
  return text === '' ? undefined : text;
}

function rolesOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.slice(0, MOST_ROLES).flatMap((role: unknown) => textOf(role) ?? []);
}

function momentOf(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  const moment = value * 1000;
  return moment >= 0 && moment <= LATEST ? moment : undefined;
}

function withoutAbsent(
  claims: { readonly [Name in keyof TokenClaims]: TokenClaims[Name] | undefined },
): TokenClaims {
  const { aud, tid, roles, scp, appid, upn, exp } = claims;
  return {
    ...(aud === undefined ? {} : { aud }),
    ...(tid === undefined ? {} : { tid }),
    ...(roles === undefined ? {} : { roles }),
    ...(scp === undefined ? {} : { scp }),
    ...(appid === undefined ? {} : { appid }),
    ...(upn === undefined ? {} : { upn }),
    ...(exp === undefined ? {} : { exp }),
  };
}

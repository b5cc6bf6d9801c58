import type { Clock } from '../../shared/clock.ts';
import type { HttpAnswer } from '../../shared/http.ts';
import { fieldsOf, type JsonFields, parsedJson } from '../../shared/outside-json.ts';
import { Secret } from '../../shared/secret.ts';
import { printable } from '../../shared/shown-text.ts';
import type { DeviceCode, Grant } from '../provider.ts';

/** Longest token that is taken, in characters; those of Entra ID have up to 5,000. */
const LONGEST_TOKEN = 32 * 1024;
const SECOND = 1000;
/** Life of a token whose provider does not say it, or says nonsense such as -1. */
const USUAL_LIFE = 3_600 * SECOND;
/** However long a provider says that a token lives, it is renewed within this. */
const LONGEST_LIFE = 7 * 24 * 3_600 * SECOND;

/** The body as a JSON object; `undefined` when it is anything else. */
export function jsonFields(answer: HttpAnswer): JsonFields | undefined {
  return fieldsOf(parsedJson(answer.body.toString('utf8')));
}

/**
 * The tokens of a successful answer (RFC 6749 section 5.1), read from the answer itself and not from what a library made of it, so
 * that a rotated refresh token is never lost. `undefined` when it holds no token that can be used.
 */
export function readGrant(answer: HttpAnswer, clock: Clock): Grant | undefined {
  const fields = jsonFields(answer);
  if (answer.status !== 200 || fields === undefined || fields['error'] !== undefined) return undefined;
  const accessToken = tokenText(fields['access_token']);
  const type = fields['token_type'];
  const isBearer = type === undefined || (typeof type === 'string' && type.toLowerCase() === 'bearer');
  if (accessToken === undefined || !isBearer) return undefined;
  const refreshToken = tokenText(fields['refresh_token']);
  const scopes = plainText(fields['scope'], 4096);
  const account = accountOf(fields);
  return {
    accessToken: new Secret(accessToken),
    expiresAt: clock.now() + lifeOf(fields['expires_in']),
    ...(refreshToken === undefined ? {} : { refreshToken: new Secret(refreshToken) }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(account === undefined ? {} : { account }),
  };
}

/** A device code (RFC 8628 section 3.2); `undefined` when the answer holds none. Google writes `verification_url`. */
export function readDeviceCode(answer: HttpAnswer): DeviceCode | undefined {
  const fields = jsonFields(answer);
  if (answer.status !== 200 || fields === undefined) return undefined;
  const deviceCode = tokenText(fields['device_code']);
  const userCode = plainText(fields['user_code'], 128);
  const verificationUri = webAddress(fields['verification_uri'] ?? fields['verification_url']);
  const complete = webAddress(fields['verification_uri_complete']);
  if (deviceCode === undefined || userCode === undefined || verificationUri === undefined) return undefined;
  return {
    deviceCode: new Secret(deviceCode),
    userCode,
    verificationUri,
    ...(complete === undefined ? {} : { verificationUriComplete: complete }),
    expiresIn: between(fields['expires_in'], 60, 3_600, 900) * SECOND,
    interval: between(fields['interval'], 1, 60, 5) * SECOND,
  };
}

/** Printable ASCII without spaces, so that it can break no header and no SMTP command (RFC 6749 appendix A.12, RFC 6750 section 2.1). */
function tokenText(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > LONGEST_TOKEN) return undefined;
  return /^[\x21-\x7e]+$/.test(value) ? value : undefined;
}

/** Text as it stands; what cannot be shown is none, for it would be another text without it. */
function plainText(value: unknown, longest: number): string | undefined {
  if (typeof value !== 'string' || value.length > longest || printable(value) !== value) return undefined;
  return value.trim() === '' ? undefined : value.trim();
}

/** An address that a person is sent to: http(s) only, for it becomes a link. */
function webAddress(value: unknown): string | undefined {
  const text = plainText(value, 2048);
  return text !== undefined && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
    ? text
    : undefined;
}

/** Seconds, as a number or as text; milliseconds come out. */
function lifeOf(value: unknown): number {
  const seconds = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return USUAL_LIFE;
  return Math.min(Math.round(seconds * SECOND), LONGEST_LIFE);
}

function between(value: unknown, least: number, most: number, usual: number): number {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number <= 0) return usual;
  return Math.min(Math.max(number, least), most);
}

/** Claims that name an account, the most telling first; an address is preferred to an id. */
const ACCOUNT_CLAIMS = ['preferred_username', 'upn', 'email', 'unique_name', 'sub'] as const;

/**
 * Who consented: from the id token, else from the answer. Its signature is not looked at, for it came straight from the token
 * endpoint over TLS (OpenID Connect Core section 3.1.3.7), and nothing is decided by it: it is only shown.
 */
function accountOf(fields: JsonFields): string | undefined {
  const sources = [claimsOf(fields['id_token']), fields];
  const found = sources.flatMap((source) =>
    source === undefined ? [] : ACCOUNT_CLAIMS.flatMap((claim) => plainText(source[claim], 320) ?? []),
  );
  return found.find((name) => name.includes('@')) ?? found[0];
}

function claimsOf(token: unknown): JsonFields | undefined {
  if (typeof token !== 'string' || token.length > LONGEST_TOKEN) return undefined;
  const payload = token.split('.', 3)[1];
  return payload === undefined
    ? undefined
    : fieldsOf(parsedJson(Buffer.from(payload, 'base64url').toString('utf8')));
}

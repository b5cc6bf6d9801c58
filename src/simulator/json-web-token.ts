/*
 * Reads and checks JSON Web Tokens (RFC 7519) that clients present as assertions, and signs ours. RS256 and PS256 only. Pure.
 */
import { constants, createSign, createVerify, type KeyObject } from 'node:crypto';

export type Claims = Readonly<Record<string, unknown>>;

export interface JsonWebToken {
  readonly header: Claims;
  readonly claims: Claims;
  /** What is signed, and the signature. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** Longest token that is looked at, in characters. */
const MAX_TOKEN = 32_768;

/** Takes it apart without checking the signature; undefined where it is not well-formed. */
export function parseToken(text: string): JsonWebToken | undefined {
  if (text.length > MAX_TOKEN || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) return undefined;
  const [head = '', body = '', signature = ''] = text.split('.');
  const header = parseClaims(head);
  const claims = parseClaims(body);
  if (header === undefined || claims === undefined) return undefined;
  return { header, claims, signed: `${head}.${body}`, signature: Buffer.from(signature, 'base64url') };
}

/** Whether the key signed it, with the algorithm that its header names. */
export function isSignedBy(token: JsonWebToken, key: KeyObject): boolean {
  const algorithm = token.header['alg'];
  if (algorithm !== 'RS256' && algorithm !== 'PS256') return false;
  const padding = algorithm === 'PS256' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {};
  return createVerify('RSA-SHA256')
    .update(token.signed)
    .verify({ key, ...padding }, token.signature);
}

/** Signs with RS256. */
export function signToken(header: Claims, claims: Claims, key: KeyObject): string {
  const signed = `${encode({ ...header, alg: 'RS256' })}.${encode(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key).toString('base64url')}`;
}

/** The value where it is a text, else the other one. */
export function textOr(value: unknown, other: string): string {
  return typeof value === 'string' ? value : other;
}

/** A claim that is a text, else an empty one. */
export function textClaim(claims: Claims, name: string): string {
  const value = claims[name];
  return typeof value === 'string' ? value : '';
}

/** Milliseconds since 1970 from a claim in seconds; NaN where there is none. */
export function timeClaim(claims: Claims, name: string): number {
  const value = claims[name];
  return typeof value === 'number' ? value * 1000 : Number.NaN;
}

function encode(value: Claims): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function parseClaims(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it is an object with named values. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/*
 * What people consented to: authorization codes, device codes and refresh tokens, of one provider. A code is good for one exchange
 * within ten minutes; a refresh token until it is replaced (rotation) or revoked.
 */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { Clock } from '../shared/clock.ts';
import { BoundedMap } from './bounded-map.ts';

const MAX_GRANTS = 10_000;
/** Milliseconds. */
export const CODE_LIFETIME = 10 * 60_000;
export const DEVICE_LIFETIME = 15 * 60_000;
/** Seconds between two polls; short, since nobody waits for a real provider. */
export const DEVICE_INTERVAL = 1;

/** What was consented to, and by whom. */
export interface Consent {
  readonly email: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly nonce?: string;
  /** Whether a refresh token comes with it. */
  readonly offline: boolean;
}

export interface CodeTerms {
  readonly redirectUri: string;
  readonly challenge?: string;
  readonly method?: string;
}

export interface DeviceGrant {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
  state: 'pending' | 'declined' | Consent;
  polledAt: number;
}

/** Why there is no token. */
export type GrantRefusal =
  | 'code-unknown'
  | 'code-expired'
  | 'code-redeemed'
  | 'redirect-mismatch'
  | 'verifier-missing'
  | 'verifier-mismatch'
  | 'refresh-unknown'
  | 'refresh-revoked'
  | 'device-unknown'
  | 'device-pending'
  | 'device-slow-down'
  | 'device-declined'
  | 'device-expired';

export interface Grants {
  giveCode(consent: Consent, terms: CodeTerms): string;
  redeemCode(
    code: string,
    clientId: string,
    redirectUri: string,
    verifier: string | undefined,
  ): Consent | GrantRefusal;
  startDevice(clientId: string, scopes: readonly string[]): DeviceGrant;
  /** By what a person typed, with or without the hyphen. */
  findDevice(userCode: string): DeviceGrant | undefined;
  pollDevice(deviceCode: string, clientId: string): Consent | GrantRefusal;
  giveRefreshToken(consent: Consent): string;
  /** The account behind a refresh token, whatever became of it. */
  accountOf(refreshToken: string): string | undefined;
  accountOfCode(code: string): string | undefined;
  checkRefreshToken(refreshToken: string, clientId: string): Consent | GrantRefusal;
  voidRefreshToken(refreshToken: string): void;
  /** All refresh tokens are void. */
  revoke(): void;
}

interface Code {
  readonly consent: Consent;
  readonly terms: CodeTerms;
  readonly expiresAt: number;
  redeemed: boolean;
}

/** `prefix` makes codes and refresh tokens look like the provider's. */
export function createGrants(
  clock: Clock,
  prefix: { readonly code: string; readonly refresh: string },
): Grants {
  const codes = new BoundedMap<string, Code>(MAX_GRANTS);
  const devices = new BoundedMap<string, DeviceGrant>(MAX_GRANTS);
  const refreshTokens = new BoundedMap<string, { readonly consent: Consent; void: boolean }>(MAX_GRANTS);
  let all: { void: boolean }[] = [];

  return {
    giveCode(consent, terms) {
      const code = prefix.code + randomBytes(48).toString('base64url');
      codes.set(code, { consent, terms, expiresAt: clock.now() + CODE_LIFETIME, redeemed: false });
      return code;
    },
    redeemCode(code, clientId, redirectUri, verifier) {
      const found = codes.get(code);
      if (found === undefined || found.consent.clientId !== clientId) return 'code-unknown';
      if (found.redeemed) return 'code-redeemed';
      if (clock.now() >= found.expiresAt) return 'code-expired';
      if (found.terms.redirectUri !== redirectUri) return 'redirect-mismatch';
      const proof = proofOf(found.terms, verifier);
      if (proof !== undefined) return proof;
      found.redeemed = true;
      return found.consent;
    },
    startDevice(clientId, scopes) {
      const device: DeviceGrant = {
        deviceCode: randomBytes(48).toString('base64url'),
        userCode: userCode(),
        clientId,
        scopes,
        expiresAt: clock.now() + DEVICE_LIFETIME,
        state: 'pending',
        polledAt: Number.NEGATIVE_INFINITY,
      };
      devices.set(device.deviceCode, device);
      devices.set(device.userCode, device);
      return device;
    },
    findDevice(typed) {
      const device = devices.get(typed.toUpperCase().replace(/[^A-Z0-9]/g, ''));
      return device !== undefined && clock.now() < device.expiresAt ? device : undefined;
    },
    pollDevice(deviceCode, clientId) {
      const device = devices.get(deviceCode);
      if (device === undefined || device.clientId !== clientId) return 'device-unknown';
      if (clock.now() >= device.expiresAt) return 'device-expired';
      // A little early is forgiven: both sides have their own clocks.
      const early = clock.monotonic() - device.polledAt < DEVICE_INTERVAL * 800;
      device.polledAt = clock.monotonic();
      if (device.state === 'declined') return 'device-declined';
      if (device.state === 'pending') return early ? 'device-slow-down' : 'device-pending';
      devices.delete(deviceCode);
      devices.delete(device.userCode);
      return device.state;
    },
    giveRefreshToken(consent) {
      const token = prefix.refresh + randomBytes(96).toString('base64url');
      const entry = { consent, void: false };
      refreshTokens.set(token, entry);
      all.push(entry);
      if (all.length > MAX_GRANTS) all = all.filter((each) => !each.void).slice(-MAX_GRANTS);
      return token;
    },
    accountOf: (token) => refreshTokens.get(token)?.consent.email,
    accountOfCode: (code) => codes.get(code)?.consent.email,
    checkRefreshToken(token, clientId) {
      const found = refreshTokens.get(token);
      if (found === undefined || found.consent.clientId !== clientId) return 'refresh-unknown';
      return found.void ? 'refresh-revoked' : found.consent;
    },
    voidRefreshToken(token) {
      const found = refreshTokens.get(token);
      if (found !== undefined) found.void = true;
    },
    revoke() {
      for (const entry of all) entry.void = true;
      all = [];
    },
  };
}

/** RFC 7636 section 4.6. Undefined where the verifier is right or none was agreed on. */
function proofOf({ challenge, method }: CodeTerms, verifier: string | undefined): GrantRefusal | undefined {
  if (challenge === undefined) return undefined;
  if (verifier === undefined) return 'verifier-missing';
  if (!/^[\w.~-]{43,128}$/.test(verifier)) return 'verifier-mismatch';
  const shown = method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url');
  return shown === challenge ? undefined : 'verifier-mismatch';
}

/** Nine signs without vowels and look-alikes (RFC 8628 section 6.1). */
function userCode(): string {
  const signs = 'BCDFGHJKLMNPQRSTVWXZ23456789';
  return Array.from({ length: 9 }, () => signs.charAt(randomInt(signs.length))).join('');
}

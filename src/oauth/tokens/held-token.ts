import type { Sealer } from '../../settings/sealer.ts';
import type { Secret } from '../../shared/secret.ts';
import { openToken } from '../sealed-tokens.ts';
import type { StoredAuthorization } from '../storage.ts';
import type { AccessToken } from '../token-source.ts';
import { renewalMargin, usableMargin } from './margin.ts';

const DAY = 24 * 3_600_000;

/**
 * A refresh token dies when it is not used for 90 days (Microsoft; six months at Google), so each is used weekly at least, and a day
 * early, so that a node that is down over a weekend does no harm.
 */
const WEEKLY = 6 * DAY;

/** An access token in memory. Times are ms since 1970. */
export interface HeldToken {
  readonly token: Secret;
  readonly expiresAt: number;
  readonly renewedAt: number;
  readonly account?: string;
  readonly scopes?: string;
}

/** The access token of a row; undefined where there is none or where it does not open any more, since another can be got. */
export function heldToken(row: StoredAuthorization, sealer: Sealer): HeldToken | undefined {
  if (row.accessToken === undefined || row.accessExpiresAt === undefined) return undefined;
  try {
    return {
      token: openToken(sealer, row, 'accessToken'),
      expiresAt: row.accessExpiresAt,
      renewedAt: row.renewedAt,
      ...(row.account === undefined ? {} : { account: row.account }),
      ...(row.scopes === undefined ? {} : { scopes: row.scopes }),
    };
  } catch {
    return undefined;
  }
}

/** `fresh`: there is nothing to do. `ageing`: still to be used, and time to get another one. `last`: only if there is no other. */
export function ageOf(held: HeldToken, now: number): 'fresh' | 'ageing' | 'last' | 'ended' {
  const rest = held.expiresAt - now;
  const lifetime = held.expiresAt - held.renewedAt;
  if (rest <= 0) return 'ended';
  if (rest <= usableMargin(lifetime)) return 'last';
  if (rest <= renewalMargin(lifetime) || isIdle(held.renewedAt, now)) return 'ageing';
  return 'fresh';
}

/** It was not renewed for so long that it has to be, needed or not. */
export function isIdle(renewedAt: number, now: number): boolean {
  return now - renewedAt >= WEEKLY;
}

/** As callers get it. */
export function given(held: HeldToken): AccessToken {
  return {
    kind: 'token',
    token: held.token,
    expiresAt: held.expiresAt,
    ...(held.account === undefined ? {} : { account: held.account }),
    ...(held.scopes === undefined ? {} : { scopes: held.scopes }),
  };
}

import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../shared/secret.ts';

/**
 * 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet, Argon2id; RFC 9106 section 4 leaves the choice to the application):
 * 20 to 50 ms on one core.
 */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const SALT_LENGTH = 16;
const HASH_LENGTH = 32;

/** What a foreign hash may ask of us at most; more could only be meant to stop Postern. */
const MOST = { memory: 262_144, passes: 10, parallelism: 8 } as const;

interface Cost {
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** Hashes a password with argon2id: `$argon2id$v=19$m=…,t=…,p=…$SALT$HASH`. */
export async function hashPassword(password: Secret): Promise<string> {
  const salt = randomBytes(SALT_LENGTH);
  const hash = await derive(password.reveal(), salt, HASH_LENGTH, COST);
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${plain(salt)}$${plain(hash)}`;
}

/** Whether an attempt has this hash. False, and cheap, for a hash that is malformed or asks for more than 256 MiB. */
export async function passwordMatches(encoded: string, attempt: Secret): Promise<boolean> {
  const parsed = parseHash(encoded);
  if (parsed === undefined) return false;
  const hash = await derive(attempt.reveal(), parsed.salt, parsed.hash.length, parsed.cost);
  return timingSafeEqual(hash, parsed.hash);
}

/** Whether a hash was made as hashes are made now; another one is made anew when its password is known. */
export function hashIsCurrent(encoded: string): boolean {
  const parsed = parseHash(encoded);
  if (parsed === undefined) return false;
  const { cost, salt, hash } = parsed;
  const sameCost =
    cost.memory === COST.memory && cost.passes === COST.passes && cost.parallelism === COST.parallelism;
  return sameCost && salt.length === SALT_LENGTH && hash.length === HASH_LENGTH;
}

/** Why a hash cannot be used; `undefined` when it can. */
export function hashFault(encoded: string): string | undefined {
  return parseHash(encoded) === undefined
    ? 'is not an argon2id hash of at most 256 MiB, 10 passes and 8 lanes; write one that begins with $argon2id$v=19$'
    : undefined;
}

function parseHash(encoded: string): { salt: Buffer; hash: Buffer; cost: Cost } | undefined {
  const match =
    /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,88})\$([A-Za-z0-9+/]{22,88})$/.exec(
      encoded,
    );
  if (!match) return undefined;
  const cost = { memory: Number(match[1]), passes: Number(match[2]), parallelism: Number(match[3]) };
  const small = cost.passes < 1 || cost.parallelism < 1 || cost.memory < 8 * cost.parallelism;
  const large = cost.memory > MOST.memory || cost.passes > MOST.passes || cost.parallelism > MOST.parallelism;
  const salt = Buffer.from(match[4] ?? '', 'base64');
  return small || large || salt.length < 8
    ? undefined
    : { cost, salt, hash: Buffer.from(match[5] ?? '', 'base64') };
}

/** Base64 without padding, as hashes of this form have it. */
function plain(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

function derive(text: string, nonce: Buffer, tagLength: number, cost: Cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message: Buffer.from(text), nonce, tagLength, ...cost }, (error, hash) => {
      if (error) reject(error);
      else resolve(hash);
    });
  });
}

import { createHash } from 'node:crypto';

/**
 * What is kept of a random token: its SHA-256. A slow hash would protect nothing more, since 256 random bits cannot be tried out.
 */
export function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

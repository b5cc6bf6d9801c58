import type { Random } from '../shared/random.ts';

/** Without signs that are taken for each other. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_LENGTH = 4;
/** Bytes from here on would make some signs more likely. */
const EVEN = 256 - (256 % ALPHABET.length);

/** A password to be read out and typed once: `k7mw-2hqt-x9ed-r3vs`, 79 bits. */
export function newPassword(random: Random): string {
  const signs: string[] = [];
  while (signs.length < GROUPS * GROUP_LENGTH) {
    for (const byte of random.bytes(32)) {
      if (byte < EVEN) signs.push(ALPHABET[byte % ALPHABET.length] ?? '');
    }
  }
  return Array.from({ length: GROUPS }, (_, group) =>
    signs.slice(group * GROUP_LENGTH, (group + 1) * GROUP_LENGTH).join(''),
  ).join('-');
}

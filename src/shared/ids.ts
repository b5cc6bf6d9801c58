import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

/** Crockford's base 32: no I, L, O or U, so that an id survives being read out on the telephone. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_LENGTH = 9;
const SEQUENCE_LENGTH = 3;
const NODE_LENGTH = 4;
const SEQUENCE_LIMIT = 32 ** SEQUENCE_LENGTH;

/** Every message id matches this. */
export const MESSAGE_ID_PATTERN = /^[0-9A-HJKMNP-TV-Z]{16}$/;

/**
 * Makes the ids of messages: 9 characters of time (ms since 1970), 3 of a counter within the millisecond and 4 random
 * ones that are drawn at start, so ids sort by time and two nodes never make the same one (1 in a million for two that
 * count in the same millisecond; the store refuses a second use, and the message is answered 4xx).
 */
export function createMessageIds(clock: Clock, random: Random): () => string {
  const suffix = encode(random.bytes(4).readUInt32BE(0) % 32 ** NODE_LENGTH, NODE_LENGTH);
  let time = 0;
  let sequence = 0;
  return () => {
    const now = clock.now();
    if (now > time) {
      time = now;
      sequence = 0;
    } else if (++sequence >= SEQUENCE_LIMIT) {
      time += 1;
      sequence = 0;
    }
    return encode(time, TIME_LENGTH) + encode(sequence, SEQUENCE_LENGTH) + suffix;
  };
}

/** The smallest id that a message accepted at `time` (ms since 1970) or later can have. */
export function firstMessageIdAt(time: number): string {
  return encode(Math.max(0, Math.floor(time)), TIME_LENGTH) + '0'.repeat(SEQUENCE_LENGTH + NODE_LENGTH);
}

/** When a message's id was made, ms since 1970. */
export function messageIdTime(id: string): number {
  return Array.from(id.slice(0, TIME_LENGTH), (sign) => ALPHABET.indexOf(sign)).reduce(
    (time, digit) => time * 32 + digit,
    0,
  );
}

function encode(value: number, length: number): string {
  let rest = value;
  let text = '';
  for (let index = 0; index < length; index += 1) {
    text = (ALPHABET[rest % 32] ?? '') + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

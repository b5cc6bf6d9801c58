import { randomBytes } from 'node:crypto';

/** Randomness, passed in so that tests repeat. */
export interface Random {
  /** A number from 0 (included) to 1 (excluded); for jitter, never for secrets. */
  fraction(): number;
  /** Bytes from the operating system's generator. */
  bytes(length: number): Buffer;
}

export const systemRandom: Random = {
  fraction: () => Math.random(),
  bytes: (length) => randomBytes(length),
};

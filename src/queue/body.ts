import { CHUNK_SIZE, type MessageBody } from '../message/envelope.ts';
import { RelayError } from '../shared/errors.ts';
import type { QueueStorage } from './storage.ts';

/** A body that is in memory whole. */
export function memoryBody(bytes: Buffer): MessageBody {
  return {
    size: bytes.length,
    async *chunks() {
      for (let start = 0; start < bytes.length; start += CHUNK_SIZE) {
        yield bytes.subarray(start, start + CHUNK_SIZE);
      }
    },
  };
}

/**
 * A body in the store, read piece by piece, the next one while the last one is being used. Reading throws RelayError
 * `not-found` when a piece is gone.
 */
export function storedBody(
  storage: Pick<QueueStorage, 'readChunk'>,
  message: { readonly id: string; readonly size: number; readonly chunks: number },
): MessageBody {
  return {
    size: message.size,
    async *chunks() {
      let ahead = storage.readChunk(message.id, 0);
      for (let number = 0; number < message.chunks; number += 1) {
        const chunk = await ahead;
        if (chunk === undefined) throw new RelayError('not-found', `The content of ${message.id} is gone.`);
        if (number + 1 < message.chunks) {
          ahead = storage.readChunk(message.id, number + 1);
          // A reader that stops early must not leave a rejection that nobody sees.
          ahead.catch(() => undefined);
        }
        yield chunk;
      }
    },
  };
}

/** The header block of a body, blank line included: always whole in the first piece. */
export async function readHeader(body: MessageBody): Promise<Buffer> {
  for await (const chunk of body.chunks()) {
    const end = chunk.indexOf('\r\n\r\n');
    return end < 0 ? chunk : chunk.subarray(0, end + 4);
  }
  return Buffer.alloc(0);
}

/** Small bodies kept in memory until they are delivered, within a budget of bytes; the store has them all. */
export class BodyCache {
  readonly #budget: number;
  readonly #largest: number;
  #used = 0;

  constructor(budget: number, largest: number) {
    this.#budget = budget;
    this.#largest = largest;
  }

  /** Whether there is room; takes it. Give it back with `release`. */
  take(size: number): boolean {
    if (size > this.#largest || this.#used + size > this.#budget) return false;
    this.#used += size;
    return true;
  }

  release(size: number): void {
    this.#used -= size;
  }

  get used(): number {
    return this.#used;
  }
}

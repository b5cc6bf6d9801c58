import { CHUNK_SIZE } from '../message/envelope.ts';
import { RelayError } from '../shared/errors.ts';
import type { Acceptance, AcceptedEnvelope, MessageWriter } from './accepting.ts';
import { asStoreError } from './group-commit.ts';
import type { QueueStorage } from './storage.ts';

/** Pieces of one message that may be on their way to the store at once. */
const AHEAD = 2;

/** Counts what messages cost before they are accepted, and says when there is no room for more. */
export interface Inflow {
  /** Bytes that are in memory, or no longer are (negative). */
  receiving(bytes: number): void;
  /** Bytes of unfinished messages that are in the store, or no longer count as such (negative). */
  storing(bytes: number): void;
  /** The queue or its disk is full. */
  isFull(): boolean;
}

/** What is left of a message when its writer is done: everything that `writeChunk` has not stored yet. */
export interface WrittenBody {
  readonly size: number;
  /** Number of the first chunk in `rest`. */
  readonly stored: number;
  readonly rest: readonly Buffer[];
}

/**
 * Collects a message in chunks of CHUNK_SIZE. A small one never touches the store before its commit; of a large one at
 * most AHEAD + 1 chunks are in memory, and `write` makes the sender wait when the store is slower than the network. What
 * was stored counts before it is accepted: a client that never ends its message cannot fill the disk. Once there is no
 * room, writing fails with RelayError `store-full`.
 */
export class ChunkWriter implements MessageWriter {
  readonly id: string;
  readonly #storage: Pick<QueueStorage, 'writeChunk' | 'discardChunks'>;
  readonly #finish: (body: WrittenBody, accepted: AcceptedEnvelope) => Promise<Acceptance>;
  readonly #inflow: Inflow;
  #pieces: Buffer[] = [];
  #pending = 0;
  #size = 0;
  #stored = 0;
  #writing: Promise<void>[] = [];
  #failure: unknown;
  #done = false;

  constructor(
    id: string,
    storage: Pick<QueueStorage, 'writeChunk' | 'discardChunks'>,
    finish: (body: WrittenBody, accepted: AcceptedEnvelope) => Promise<Acceptance>,
    inflow: Inflow,
  ) {
    this.id = id;
    this.#storage = storage;
    this.#finish = finish;
    this.#inflow = inflow;
  }

  write(piece: Buffer): Promise<void> | undefined {
    if (this.#done) return undefined;
    // Nothing more is collected: a client that goes on sending must not fill memory.
    if (this.#failure !== undefined) return Promise.reject(asStoreError(this.#failure));
    this.#pieces.push(piece);
    this.#pending += piece.length;
    this.#size += piece.length;
    this.#inflow.receiving(piece.length);
    return this.#pending > CHUNK_SIZE ? this.#storeChunks() : undefined;
  }

  async commit(accepted: AcceptedEnvelope): Promise<Acceptance> {
    try {
      await Promise.all(this.#writing);
      if (this.#failure !== undefined) throw asStoreError(this.#failure);
      const rest = this.#pending > 0 || this.#stored === 0 ? [this.#take(this.#pending)] : [];
      this.#inflow.receiving(-(rest[0]?.length ?? 0));
      const acceptance = await this.#finish({ size: this.#size, stored: this.#stored, rest }, accepted);
      this.#end();
      return acceptance;
    } catch (error) {
      await this.abort();
      throw asStoreError(error);
    }
  }

  async abort(): Promise<void> {
    if (this.#done) return;
    this.#end();
    if (this.#stored === 0) return;
    await Promise.allSettled(this.#writing);
    // What cannot be removed now is swept later: no message names it.
    await this.#storage.discardChunks(this.id).catch(() => undefined);
  }

  #end(): void {
    if (this.#done) return;
    this.#done = true;
    this.#inflow.receiving(-this.#pending);
    // A write that is still waiting for the store finds nothing left to do.
    this.#pieces = [];
    this.#pending = 0;
    this.#inflow.storing(-this.#stored * CHUNK_SIZE);
  }

  async #storeChunks(): Promise<void> {
    while (this.#pending > CHUNK_SIZE) {
      if (this.#failure !== undefined) throw asStoreError(this.#failure);
      if (this.#inflow.isFull()) throw new RelayError('store-full', 'There is no room left in the queue.');
      const chunk = this.#take(CHUNK_SIZE);
      const writing = this.#storage.writeChunk(this.id, this.#stored, chunk).catch((error: unknown) => {
        this.#failure ??= error;
      });
      this.#stored += 1;
      this.#inflow.receiving(-CHUNK_SIZE);
      this.#inflow.storing(CHUNK_SIZE);
      this.#writing.push(writing);
      if (this.#writing.length >= AHEAD) await this.#writing.shift();
    }
    if (this.#failure !== undefined) throw asStoreError(this.#failure);
  }

  /** Cuts the first `length` bytes off what has been collected, as one buffer of their own. */
  #take(length: number): Buffer {
    const taken: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const piece = this.#pieces.shift();
      if (piece === undefined) break;
      if (piece.length <= missing) {
        taken.push(piece);
        missing -= piece.length;
      } else {
        taken.push(piece.subarray(0, missing));
        this.#pieces.unshift(piece.subarray(missing));
        missing = 0;
      }
    }
    this.#pending -= length - missing;
    return Buffer.concat(taken);
  }
}

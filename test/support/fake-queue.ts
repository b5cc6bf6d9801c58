import type { AcceptedEnvelope, Accepting, MessageWriter, Refusal } from '../../src/queue/accepting.ts';

/** One message that the fake queue has answered for. */
export interface TakenMessage extends AcceptedEnvelope {
  readonly id: string;
  /** The stored bytes. */
  readonly content: AcceptedEnvelope['content'];
  readonly body: Buffer;
}

export interface FakeQueueOptions {
  /** Counts bytes instead of keeping them. */
  readonly forget?: boolean;
}

/** The queue in memory: what inbound hands over can be looked at, and every failure be staged. */
export interface FakeQueue extends Accepting {
  readonly messages: TakenMessage[];
  /** Messages begun, and messages that were given up. */
  begun: number;
  aborted: number;
  /** Bytes written in all, of finished messages or not. */
  written: number;
  /** Answered at MAIL and DATA while it is set. */
  refuse: Refusal | undefined;
  /** Messages from this size on are known to be too large for the upstream. */
  largest: number;
  /** Thrown by `commit` while it is set. */
  commitError: Error | undefined;
  /** Thrown by `write` while it is set. */
  writeError: Error | undefined;
  /** `commit` waits for it. */
  hold: Promise<void> | undefined;
  /** `write` waits for it. */
  slow: Promise<void> | undefined;
}

export function createFakeQueue(options: FakeQueueOptions = {}): FakeQueue {
  let ids = 0;
  const queue: FakeQueue = {
    messages: [],
    largest: Number.POSITIVE_INFINITY,
    begun: 0,
    aborted: 0,
    written: 0,
    refuse: undefined,
    commitError: undefined,
    writeError: undefined,
    hold: undefined,
    slow: undefined,
    refusal: () => queue.refuse,
    isTooLarge: (_subject, size) => size >= queue.largest,
    begin() {
      queue.begun += 1;
      ids += 1;
      return writer(`ID${String(ids).padStart(14, '0')}`);
    },
  };

  function writer(id: string): MessageWriter {
    const pieces: Buffer[] = [];
    let ended = false;
    function end(): void {
      if (ended) throw new Error(`Message ${id} was ended twice`);
      ended = true;
    }
    return {
      id,
      write(piece) {
        if (ended) throw new Error(`Message ${id} was written to after its end`);
        if (queue.writeError !== undefined) return Promise.reject(queue.writeError);
        queue.written += piece.length;
        // A copy: what is handed over may share memory with the socket's buffer.
        if (options.forget !== true) pieces.push(Buffer.from(piece));
        return queue.slow;
      },
      async commit(accepted) {
        end();
        await queue.hold;
        if (queue.commitError !== undefined) throw queue.commitError;
        if (options.forget === true) queue.messages.length = 0;
        queue.messages.push({ ...accepted, id, body: Buffer.concat(pieces) });
        return { id, text: `Queued as ${id}` };
      },
      async abort() {
        end();
        queue.aborted += 1;
      },
    };
  }
  return queue;
}

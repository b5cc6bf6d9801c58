/*
 * One message's content on its way from DATA into the queue. Nothing is kept unless `finish` answers 250, and it answers
 * 250 only when the queue has it on stable storage. A message that is refused half-way is read on to its end, so that the
 * client hears why, but no further than twice the size limit.
 */
import type { Intake } from '../message/intake.ts';
import type { Acceptance, AcceptedContent, AcceptedEnvelope, MessageWriter } from '../queue/accepting.ts';
import { reply, replyToError, type SmtpReply } from './replies.ts';

export interface ReceivingLimits {
  /** Bytes. */
  readonly maxSize: number;
  /** Received fields. */
  readonly hops: number;
}

/** What became of the message. */
export interface Received {
  readonly reply: SmtpReply;
  readonly acceptance?: Acceptance;
  /** What was thrown, for the log. */
  readonly cause?: unknown;
}

/** Smaller pieces are copied together, so that a client that sends byte by byte costs bytes and not objects. */
const SMALL_PIECE = 1024;
const SMALL_PIECES = 16 * 1024;

/** Takes content piece by piece; exactly one `finish` or `abandon` ends it. */
export class Receiving {
  readonly #writer: MessageWriter;
  readonly #intake: Intake;
  readonly #limits: ReceivingLimits;
  #received = 0;
  #failure: Received | undefined;
  #over = false;
  #small: Buffer | undefined;
  #smallLength = 0;

  constructor(writer: MessageWriter, intake: Intake, limits: ReceivingLimits) {
    this.#writer = writer;
    this.#intake = intake;
    this.#limits = limits;
  }

  /** Bytes that the client sent, without stuffed dots. */
  get received(): number {
    return this.#received;
  }

  /** The client sends on and on after its message was refused; the line has to be cut. */
  get endless(): boolean {
    return this.#failure !== undefined && this.#received > 2 * this.#limits.maxSize + 65_536;
  }

  /** The reply that the message would get if it ended now, where it is refused already. */
  get refusal(): SmtpReply | undefined {
    return this.#failure?.reply;
  }

  /** Takes content; where it answers a promise, the client has to wait for it. Never throws or rejects. */
  push(piece: Buffer): Promise<void> | undefined {
    this.#received += piece.length;
    if (this.#failure !== undefined) return undefined;
    if (this.#received > this.#limits.maxSize) {
      this.#fail(undefined, tooLarge(this.#limits.maxSize));
      return undefined;
    }
    if (piece.length < SMALL_PIECE) return this.#collect(piece);
    const before = this.#flush();
    if (before !== undefined) return before.then(() => this.#take(piece));
    return this.#take(piece);
  }

  /** The client has sent the end. Never rejects. */
  async finish(accepted: (content: AcceptedContent) => AcceptedEnvelope): Promise<Received> {
    await this.#flush();
    if (this.#failure !== undefined) return this.#failure;
    try {
      for (const piece of this.#intake.end()) await this.#writer.write(piece);
      const content = this.#intake.result();
      if (content.receivedCount > this.#limits.hops) {
        this.#fail(undefined, tooManyHops(content.receivedCount));
        return this.#failure ?? { reply: replyToError(undefined) };
      }
      // The client may have gone while the last pieces were written.
      if (this.#failure !== undefined) return this.#failure;
      this.#over = true;
      const acceptance = await this.#writer.commit(accepted(content));
      return { reply: reply(250, '2.0.0', acceptance.text), acceptance };
    } catch (error) {
      this.#fail(error, replyToError(error));
      return { reply: replyToError(error), cause: error };
    }
  }

  /** The client is gone: nothing is kept. Does nothing while the message is being committed. */
  abandon(): void {
    if (!this.#over) this.#fail(undefined, reply(451, '4.4.2', 'The connection was lost'));
  }

  #collect(piece: Buffer): Promise<void> | undefined {
    if (this.#smallLength + piece.length > SMALL_PIECES) {
      const wait = this.#flush();
      if (wait !== undefined) return wait.then(() => this.#collect(piece));
    }
    this.#small ??= Buffer.allocUnsafe(SMALL_PIECE * 2);
    if (this.#smallLength + piece.length > this.#small.length) {
      const larger = Buffer.allocUnsafe(SMALL_PIECES);
      this.#small.copy(larger, 0, 0, this.#smallLength);
      this.#small = larger;
    }
    piece.copy(this.#small, this.#smallLength);
    this.#smallLength += piece.length;
    return undefined;
  }

  #flush(): Promise<void> | undefined {
    if (this.#small === undefined || this.#failure !== undefined) return undefined;
    const pieces = this.#small.subarray(0, this.#smallLength);
    this.#small = undefined;
    this.#smallLength = 0;
    return this.#take(pieces);
  }

  #take(piece: Buffer): Promise<void> | undefined {
    if (this.#failure !== undefined) return undefined;
    try {
      let wait: Promise<void> | undefined;
      for (const ready of this.#intake.push(piece)) {
        const written = this.#writer.write(ready);
        if (written !== undefined)
          wait = wait === undefined ? written : Promise.all([wait, written]).then(() => undefined);
      }
      return wait?.catch((error: unknown) => this.#fail(error, replyToError(error)));
    } catch (error) {
      this.#fail(error, replyToError(error));
      return undefined;
    }
  }

  #fail(cause: unknown, answer: SmtpReply): void {
    if (this.#failure !== undefined || this.#over) return;
    this.#failure = cause === undefined ? { reply: answer } : { reply: answer, cause };
    this.#small = undefined;
    // A writer that cannot even forget is the store's trouble; what it left behind is swept there.
    this.#writer.abort().catch(() => undefined);
  }
}

/** The reply to a message beyond `maxSize` bytes, told by SIZE or found out while it came (RFC 1870 section 6). */
export function tooLarge(maxSize: number): SmtpReply {
  return reply(
    552,
    '5.3.4',
    `The message is larger than ${maxSize} bytes, the most that this listener accepts`,
  );
}

function tooManyHops(count: number): SmtpReply {
  return reply(554, '5.4.6', `The message has been through ${count} servers already; this looks like a loop`);
}

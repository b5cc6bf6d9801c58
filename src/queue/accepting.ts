import type { RouteSubject } from '../delivery/upstreams.ts';
import type { Envelope } from '../message/envelope.ts';
import type { MessageKind, Origin } from './message.ts';

/** Why a message is not taken right now; answered 452 or 451 and counted. */
export interface Refusal {
  readonly code: 451 | 452;
  readonly enhanced: string;
  readonly text: string;
}

/** What the sender of a message is told once it is durable. */
export interface Acceptance {
  readonly id: string;
  /** `Queued as ID`, or `Held as ID (test relay, not sent)`. */
  readonly text: string;
}

/** What intake found out about the content. */
export interface AcceptedContent {
  readonly subject: string;
  readonly headerMessageId: string;
  /** A byte above 127 is in header or body. */
  readonly eightBit: boolean;
}

export interface AcceptedEnvelope {
  readonly kind: MessageKind;
  readonly origin: Origin;
  readonly envelope: Envelope;
  /** Milliseconds from MAIL FROM until now. */
  readonly receiving: number;
  readonly content: AcceptedContent;
  /** An operator's choice for mail that Postern itself makes (a test mail); beats every route. */
  readonly upstream?: string;
}

/**
 * Takes one message in pieces. At most a chunk or two is in memory; pieces go to the store as they come.
 * Exactly one of `commit` and `abort` ends it.
 */
export interface MessageWriter {
  readonly id: string;
  /** Resolves when there is room for more; throws RelayError store-full or store-unavailable. */
  write(piece: Buffer): Promise<void> | undefined;
  /** Resolves only when the message is on stable storage. Throws RelayError (store-full, store-unavailable, stopping). */
  commit(accepted: AcceptedEnvelope): Promise<Acceptance>;
  abort(): Promise<void>;
}

/** The queue as inbound and notices see it. */
export interface Accepting {
  /** The reason why mail is not accepted at this moment; undefined when it is. Cheap: asked at every MAIL FROM and DATA. */
  refusal(size?: number): Refusal | undefined;
  /** The upstream that this mail would go to refused messages of its size within the last hour. Cheap. */
  isTooLarge(subject: Omit<RouteSubject, 'upstream'>, size: number): boolean;
  begin(): MessageWriter;
}

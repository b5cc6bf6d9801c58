import type { DeferReason, RejectReason, Reply, UnavailableReason } from '../delivery/outcome.ts';
import type { Envelope, EnvelopeRecipient } from '../message/envelope.ts';

/** `queued` waits or is being tried; `held` waits for a person; the other three are final. */
export type MessageState = 'queued' | 'held' | 'delivered' | 'failed' | 'deleted';

/** `failed` covers refused and expired recipients alike; the reason tells them apart. */
export type RecipientState = 'pending' | 'held' | 'delivered' | 'failed';

/** One recipient with what has become of it. Stored as JSON, so every field is plain. */
export interface RecipientRecord extends EnvelopeRecipient {
  readonly state: RecipientState;
  /** The last reply, in the upstream's own words. */
  readonly reply?: Reply;
  readonly reason?: DeferReason | RejectReason;
  /** The upstream that said so. */
  readonly upstream?: string;
  /** When it was settled, ms since 1970. */
  readonly settledAt?: number;
}

/** Who handed the message in. */
export interface Origin {
  /** Name of the client or user: the lane. */
  readonly client: string;
  readonly listener: string;
  /** IP address; empty for mail that Postern itself made. */
  readonly address: string;
  /** HELO or EHLO argument. */
  readonly greeting: string;
  /** SMTP AUTH user. */
  readonly user?: string;
  /** TLS version and cipher. */
  readonly tls?: string;
}

/** `mail` came in over SMTP; the others Postern made itself. A `report` is never reported on (RFC 3461 section 6.1). */
export type MessageKind = 'mail' | 'report' | 'notice';

/** A message as the store keeps it, without its body. */
export interface MessageRecord {
  readonly id: string;
  readonly kind: MessageKind;
  readonly origin: Origin;
  readonly envelope: Omit<Envelope, 'recipients'>;
  readonly recipients: readonly RecipientRecord[];
  /** Subject as text for people, at most 200 characters. */
  readonly subject: string;
  /** The Message-ID field with its brackets. */
  readonly headerMessageId: string;
  /** Bytes of the stored body. */
  readonly size: number;
  /** Pieces that the body is stored in. */
  readonly chunks: number;
  /** ms since 1970. */
  readonly acceptedAt: number;
  /** Milliseconds from MAIL FROM to acceptance, the `a` of `delays=a/b/c/d`. */
  readonly receiving: number;
  readonly state: MessageState;
  /** Partition that the store is read back by: `upstream` + TAB + `client` as routed when accepted; only a hint. */
  readonly lane: string;
  /** Set by an operator's release: overrides the routes. */
  readonly upstream?: string;
  /** The node that owns it (a lease of cluster life), or empty when nobody does. */
  readonly node: string;
  readonly attempts: number;
  /** ms since 1970. */
  readonly nextAttemptAt: number;
  /** When the delay warning was sent. */
  readonly warnedAt?: number;
  /** When the last recipient was settled. */
  readonly finishedAt?: number;
}

/** What happened to a message, or to the relay; the journal's rows. */
export type JournalEvent =
  | { readonly type: 'accepted'; readonly reply: string }
  | {
      readonly type: 'attempt';
      readonly upstream: string;
      readonly attempt: number;
      readonly recipients: readonly {
        readonly address: string;
        readonly result: 'delivered' | 'held' | 'deferred' | 'rejected' | 'expired';
        readonly reply: Reply;
        readonly reason?: DeferReason | RejectReason;
        readonly remedy?: string;
      }[];
      /** a/b/c/d of DESIGN.md, milliseconds. */
      readonly delays: readonly [number, number, number, number];
      /** The sender as rewritten, where it was. */
      readonly rewrittenSender?: string;
      readonly nextAttemptAt?: number;
      /** It may have been delivered although we say deferred, or is being sent again after such a case. */
      readonly possibleDuplicate?: boolean;
    }
  | {
      readonly type: 'waiting';
      readonly upstream: string;
      readonly reason: UnavailableReason;
      readonly text: string;
      readonly reply?: Reply;
      readonly remedy?: string;
    }
  | { readonly type: 'fallback'; readonly from: string; readonly to: string; readonly reason: string }
  | { readonly type: 'held' | 'retried' | 'deleted'; readonly by: string }
  | { readonly type: 'released'; readonly by: string; readonly upstream?: string }
  /** Sent to somebody else as a message of its own; in the journal of both. */
  | {
      readonly type: 'copied';
      readonly by: string;
      readonly to: string;
      readonly of: string;
      readonly copy: string;
    }
  | { readonly type: 'warned' | 'returned'; readonly report: string; readonly to: string }
  | { readonly type: 'report-withheld'; readonly why: string }
  | { readonly type: 'taken-over'; readonly from: string; readonly by: string };

export interface JournalEntry {
  readonly message: string;
  /** ms since 1970. */
  readonly at: number;
  readonly node: string;
  readonly event: JournalEvent;
}

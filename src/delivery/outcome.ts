/** What the other side said, in its own words. */
export interface Reply {
  /** SMTP reply code, or the HTTP status of an API. */
  readonly code: number;
  /** Enhanced status code (RFC 3463), e.g. `5.7.60`. */
  readonly enhanced?: string;
  /** The text, at most 1,000 characters, control characters removed, lines joined with a space. */
  readonly text: string;
}

/** Why a recipient has to wait. */
export type DeferReason =
  | 'busy' // 4xx, connection lost, time-out: try again on schedule
  | 'connections' // too many connections at once: soon, with fewer (432 4.3.2)
  | 'quota' // a limit that covers this recipient only, e.g. the tenant's external recipients (5.7.233)
  | 'sender' // the account was not granted this sender's mailbox; waits until it is
  | 'in-doubt'; // the connection went after the final dot: it may have arrived

/** Why a recipient is refused for good. */
export type RejectReason =
  | 'recipient' // this mailbox or domain
  | 'sender' // the account may not send as this address (SendAsDenied)
  | 'content' // size, policy, conversion needed
  | 'other'
  | 'expired'; // set by the queue: tried long enough

/** Why the upstream as a whole cannot be used; never the fault of a message. */
export type UnavailableReason = 'unreachable' | 'authentication' | 'quota' | 'throttled' | 'configuration';

export type RecipientOutcome =
  | { readonly kind: 'delivered'; readonly reply: Reply }
  | { readonly kind: 'held'; readonly reply: Reply }
  | {
      readonly kind: 'deferred';
      readonly reply: Reply;
      readonly reason: DeferReason;
      /** Milliseconds to wait at least. */
      readonly retryAfter?: number;
      readonly remedy?: string;
    }
  | {
      readonly kind: 'rejected';
      readonly reply: Reply;
      readonly reason: RejectReason;
      readonly remedy?: string;
    };

/** The upstream itself is out of order: opens its circuit, costs the message no attempt. */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly reason: UnavailableReason;
  /** One sentence for the journal and the operator: what happened. */
  readonly text: string;
  /** The server's own words, where it said any. */
  readonly reply?: Reply;
  /** What to do about it, with the exact command or page. */
  readonly remedy?: string;
  /** Milliseconds until it makes sense to try again, where that is known. */
  readonly retryAfter?: number;
  /** It may still pass by itself: administrators hear of it when it stays. */
  readonly unsure?: true;
}

/** The upstream dealt with the message; one outcome for each recipient, in the order given. */
export interface Answered {
  readonly kind: 'answered';
  readonly recipients: readonly RecipientOutcome[];
  /** A warm connection can take the next message; informs the journal only. */
  readonly reused?: boolean;
  /** The upstream took over the sender's wishes for reports (DSN, RFC 3461), so we owe none for success. */
  readonly dsnPassedOn?: boolean;
}

/** Milliseconds of an attempt, for `delays=a/b/c/d`. */
export interface AttemptTiming {
  /** Until a connection was ready: DNS, TCP, TLS, AUTH. 0 on a warm one. */
  readonly connecting: number;
  /** From MAIL FROM to the last reply. */
  readonly sending: number;
}

/** What a transport answers for one message. An exception instead of an outcome is a bug. */
export type Outcome = (Answered | Unavailable) & { readonly timing: AttemptTiming };

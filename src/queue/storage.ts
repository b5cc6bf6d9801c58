import type { JournalEntry, MessageRecord, MessageState, RecipientRecord } from './message.ts';

/** A new message; its last (or only) chunk goes into the same transaction. */
export interface AcceptOperation {
  readonly message: MessageRecord;
  /** The chunks that are not in the store yet, numbered from `firstChunk`. */
  readonly chunks: readonly Uint8Array[];
  readonly firstChunk: number;
}

/** What an attempt or a verb has changed about a message that this node owns. */
export interface SettleOperation {
  readonly id: string;
  /** The owner that settles; the row is left alone, and the id reported as lost, when another node owns it by now. */
  readonly node: string;
  readonly state: MessageState;
  readonly recipients: readonly RecipientRecord[];
  readonly attempts: number;
  readonly nextAttemptAt: number;
  readonly warnedAt?: number;
  readonly finishedAt?: number;
  /** Remove the body: the message is finished and its content is not kept. */
  readonly dropBody: boolean;
  readonly journal: readonly JournalEntry[];
}

/** Everything that one group commit holds; written in this order in one transaction with one sync. */
export interface CommitBatch {
  readonly accepts: readonly AcceptOperation[];
  readonly settles: readonly SettleOperation[];
  readonly journal: readonly JournalEntry[];
}

export interface CommitResult {
  /** Ids of settles whose message belongs to another node, or is gone, by now. */
  readonly lost: readonly string[];
}

/** Chooses messages for lists and for verbs; all conditions have to match. */
export interface MessageFilter {
  readonly ids?: readonly string[];
  readonly states?: readonly MessageState[];
  readonly client?: string;
  /** Part of the sender address, without regard to case. */
  readonly sender?: string;
  /** Part of a recipient address, without regard to case. */
  readonly recipient?: string;
  /** Part of the subject. */
  readonly subject?: string;
  readonly upstream?: string;
  /** Part of who handed it in: address, name given in the greeting, SMTP user or client; without regard to case. */
  readonly device?: string;
  /** ms since 1970. */
  readonly acceptedAfter?: number;
  readonly acceptedBefore?: number;
  /** No messages with a smaller id. */
  readonly fromId?: string;
}

export interface MessagePage {
  readonly messages: readonly MessageRecord[];
  /** Pass as `before` to read on; absent on the last page. */
  readonly next?: string;
}

export interface StateCount {
  readonly state: MessageState;
  readonly count: number;
  /** Bytes of the bodies that are kept. */
  readonly bytes: number;
}

export interface NodeRecord {
  readonly id: string;
  /** Host name and process id, for people. */
  readonly label: string;
  /** ms since 1970 by the database's clock. */
  readonly startedAt: number;
  readonly leaseUntil: number;
}

/**
 * The storage that the queue needs; store/queue.ts implements it on both engines. A promise that resolves means
 * durable: on stable storage, synced. One that rejects with `store-full`, `store-unavailable` means that nothing of the
 * call was kept.
 */
export interface QueueStorage {
  /** All of it or nothing. */
  commit(batch: CommitBatch): Promise<CommitResult>;
  /**
   * Stores a piece of a large body ahead of its message. Durable only with the commit that names it. The piece is handed
   * over: its memory may go to another thread, so the caller must not touch it again.
   */
  writeChunk(id: string, number: number, data: Uint8Array): Promise<void>;
  /** Removes pieces of a message that will not be accepted. */
  discardChunks(id: string): Promise<void>;
  /** One piece of a body; undefined where it is gone. */
  readChunk(id: string, number: number): Promise<Buffer | undefined>;

  /** Messages of a lane that this node owns, queued and due at `now`, oldest `nextAttemptAt` first. */
  due(node: string, lane: string, now: number, limit: number): Promise<readonly MessageRecord[]>;
  /** Lanes in which this node has queued messages, with their number and the earliest attempt. */
  lanes(node: string): Promise<readonly { lane: string; count: number; nextAttemptAt: number }[]>;
  /**
   * Queued messages of this node that are older than `acceptedBefore`, for warnings (not warned yet) and expiry; lane by
   * lane, going on behind `after`.
   */
  aged(
    node: string,
    acceptedBefore: number,
    unwarnedOnly: boolean,
    limit: number,
    after?: AgedPlace,
  ): Promise<readonly MessageRecord[]>;

  find(id: string): Promise<MessageRecord | undefined>;
  /**
   * Newest first; `before` is the id to read on from. After `within` milliseconds it returns what it has, perhaps nothing, with `next`
   * to go on from.
   */
  list(filter: MessageFilter, limit: number, before?: string, within?: number): Promise<MessagePage>;
  journal(id: string): Promise<readonly JournalEntry[]>;
  counts(): Promise<readonly StateCount[]>;

  /** Makes a node known and gives it its first lease; `leaseFor` in milliseconds. */
  joinNode(node: { id: string; label: string }, leaseFor: number): Promise<void>;
  /** Extends the lease; false when it had already run out and another node may have taken the messages. */
  renewLease(node: string, leaseFor: number): Promise<boolean>;
  /** Gives the lease back at a clean stop, so that others take over at once. */
  leaveNode(node: string): Promise<void>;
  /** The nodes that are alive by the database's clock. */
  nodes(): Promise<readonly NodeRecord[]>;
  /** Takes queued messages whose owner has no lease any more (`FOR UPDATE SKIP LOCKED`), up to `limit`; returns their lanes. */
  takeOver(node: string, limit: number): Promise<readonly { lane: string; count: number; from: string }[]>;

  /** An operator's change of state to messages that nobody is sending at this moment; writes the journal too. */
  changeState(change: StateChange): Promise<readonly { id: string; node: string; lane: string }[]>;
  /**
   * Deletes finished messages, bodies of finished messages, and what the test relay holds, each past its time (ms since
   * 1970), in bounded steps; returns how many were deleted. What a person holds is never deleted.
   */
  purge(limits: PurgeLimits, limit: number): Promise<number>;
  /** Deletes chunks that no message names and whose id is older than `before`. */
  sweepChunks(before: string): Promise<number>;

  /** Adds recipients handed to an upstream in the running hour, and reads the sum of the last 24 hours over all nodes. */
  addUsage(upstream: string, at: number, recipients: number): Promise<void>;
  usageSince(upstream: string, since: number): Promise<readonly { at: number; recipients: number }[]>;

  /** Calls back with the lane when another node has put mail of this node's into the store (a verb, a takeover). */
  onWake(callback: (wake: { node: string; lane: string }) => void): () => void;
}

/** The last message of a page of `aged`. */
export type AgedPlace = Pick<MessageRecord, 'lane' | 'nextAttemptAt' | 'acceptedAt' | 'id'>;

export interface PurgeLimits {
  readonly finishedBefore: number;
  readonly bodiesBefore: number;
  /** The same for messages that failed, which an operator may put back into the queue. */
  readonly failedBodiesBefore: number;
  readonly heldBefore: number;
}

export interface StateChange {
  readonly ids: readonly string[];
  /** Only messages in these states change. */
  readonly from: readonly MessageState[];
  readonly to: MessageState;
  /** Set by a release to a named upstream. */
  readonly upstream?: string;
  /** New owner for messages that become queued. */
  readonly node?: string;
  readonly nextAttemptAt?: number;
  readonly finishedAt?: number;
  readonly dropBody?: boolean;
  readonly event: JournalEntry['event'];
  readonly at: number;
  readonly by: string;
}

import type { UpstreamStatus } from '../delivery/upstreams.ts';
import type { MessageBody } from '../message/envelope.ts';
import type { JournalEntry, JournalEvent, MessageRecord } from './message.ts';
import type { MessageFilter, MessagePage, StateCount } from './storage.ts';

/** What a verb did. */
export interface VerbResult {
  /** Ids of messages that changed. */
  readonly changed: readonly string[];
  /** Ids that were left alone, with the reason in a sentence. */
  readonly unchanged: readonly { readonly id: string; readonly reason: string }[];
}

/** Mail that waits for an upstream. */
export interface WaitingMail {
  readonly upstream: string;
  readonly messages: number;
  /** ms since 1970; absent while nobody can tell: the upstream is out of order, or too little has left. */
  readonly lastLeavesAt?: number;
  /** The limit that sets the pace, or `speed` for that of the upstream. */
  readonly limitedBy?: 'messagesPerMinute' | 'recipientsPerDay' | 'speed';
}

/** A message and all that happened to it. */
export interface MessageStory {
  readonly message: MessageRecord;
  /** The first entry is always `accepted`. */
  readonly journal: readonly JournalEntry[];
  /** The upstream that a queued message waits for, when that one is out of order. */
  readonly waitingFor?: UpstreamStatus;
}

/** The queue as operators see it: API, command line, page. */
export interface QueueOperations {
  /** As QueueStorage.list. */
  list(filter: MessageFilter, limit: number, before?: string, within?: number): Promise<MessagePage>;
  /** Throws RelayError `not-found`. */
  show(id: string): Promise<MessageStory>;
  /** Undefined when the content is not kept any more. */
  body(id: string): Promise<MessageBody | undefined>;
  /** What waits for each upstream at this node, and when the last of it will have left. */
  waiting(): Promise<readonly WaitingMail[]>;
  counts(): Promise<readonly StateCount[]>;
  /** Adds to the journal of a message, with the next commit. */
  note(id: string, event: JournalEvent): void;
  /**
   * Queued: try now, and with it the upstream, if that one is out of order. Failed: put back into the queue for the
   * recipients that failed.
   */
  retry(filter: MessageFilter, by: string): Promise<VerbResult>;
  /** Queued: wait for a person. */
  hold(filter: MessageFilter, by: string): Promise<VerbResult>;
  /** Held: send it now, to `upstream` where given. Throws `bad-request` when it would only be held by the test relay again. */
  release(filter: MessageFilter, by: string, upstream?: string): Promise<VerbResult>;
  delete(filter: MessageFilter, by: string): Promise<VerbResult>;
}

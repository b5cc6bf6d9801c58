import type { EnvelopeRecipient, MessageBody } from '../message/envelope.ts';
import type { Outcome } from './outcome.ts';

/** A message as a transport gets it: sender and header already rewritten where the policy says so. */
export interface OutgoingMessage {
  readonly id: string;
  readonly sender: string;
  readonly body: MessageBody;
  readonly eightBit: boolean;
  readonly smtpUtf8: boolean;
  readonly returnContent?: 'FULL' | 'HDRS';
  readonly envelopeId?: string;
  /**
   * Asked right before the step behind which the message counts as handed over. False: it is another node's by now, so
   * the transport lets go and answers deferred.
   */
  readonly mayFinish?: () => boolean;
}

/** The code that speaks to one kind of upstream. */
export interface Transport {
  /**
   * Hands the message to the upstream for these recipients, and answers for each. Never throws for anything that the
   * network or the other side does. When `signal` aborts it lets go soon and answers deferred for what was not finished.
   */
  deliver(
    message: OutgoingMessage,
    recipients: readonly EnvelopeRecipient[],
    signal: AbortSignal,
  ): Promise<Outcome>;
  /** Connections that are open, in use or warm; absent where the transport keeps none. */
  connections?(): number;
  /** What is open was opened under certificates that may not count any more: nothing of it is used for a later message. */
  renewConnections?(): void;
  /** Closes warm connections (with QUIT); deliveries under way finish first. */
  close(): Promise<void>;
}

import type { EnvelopeRecipient, MessageBody } from '../message/envelope.ts';
import type { Forecast } from './governor.ts';
import type { Outcome, UnavailableReason } from './outcome.ts';
import type { OutgoingMessage } from './transport.ts';

/** What routes look at. */
export interface RouteSubject {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly client: string;
  readonly listener: string;
  /** An operator's choice at release; beats every route. */
  readonly upstream?: string;
}

/** Leave to make one attempt: a connection slot of the governor and the circuit's consent. */
export interface Permit {
  /** The upstream that will be used: the one asked for, or its fallback. */
  readonly upstream: string;
  /** Set when the fallback steps in: the upstream asked for, and why. */
  readonly fallbackFrom?: { readonly upstream: string; readonly reason: string };
  /** Gives the slot back; called once, after the outcome is on stable storage. */
  release(): void;
}

/** No leave now. */
export interface Wait {
  /** Milliseconds until it makes sense to ask again; Infinity when `onReady` will say so. */
  readonly wait: number;
  readonly reason: UnavailableReason | 'slots' | 'rate';
  /** A message with at most so many recipients may go now: the day's limit has room for it. */
  readonly fits?: number;
}

/** A message as the queue keeps it, before any rewriting. */
export type UnsentMessage = OutgoingMessage & {
  readonly client: string;
  /** A report or notice: its sender is never rewritten. */
  readonly own: boolean;
  readonly body: MessageBody;
};

/** One attempt, with what was decided on the way. */
export interface Attempt {
  readonly upstream: string;
  readonly outcome: Outcome;
  /** The sender that was used, where it is not the message's own. */
  readonly rewrittenSender?: string;
  /** Upstream and reason, when the message was refused for something that the fallback could cure and did go there. */
  readonly fallbackFrom?: { readonly upstream: string; readonly reason: string };
}

export type CircuitState = 'closed' | 'open' | 'half-open';

export interface UpstreamStatus {
  readonly name: string;
  readonly kind: string;
  readonly circuit: CircuitState;
  readonly reason?: UnavailableReason;
  /** What happened, in one sentence, with the server's words. */
  readonly text?: string;
  readonly remedy?: string;
  /** ms since 1970. */
  readonly since?: number;
  readonly nextProbeAt?: number;
  readonly connections: number;
  readonly recipientsToday: number;
}

/** All upstreams of the settings in force, with their circuits, governors and transports; made by createUpstreams. */
export interface Upstreams {
  /** Name of the upstream that a message goes to: release, routes, client, default, test relay. Pure and fast. */
  route(subject: RouteSubject): string;
  /** What kind of thing the message would be handed to; a test relay is told apart in the reply to the device. */
  kindOf(upstream: string): 'smtp' | 'graph' | 'gmail' | 'test-relay';
  /** Takes a slot of the upstream now, or says how long to wait. Synchronous. */
  enter(upstream: string, recipients: number): Permit | Wait;
  /** Rewrites as the policy says, delivers, feeds circuit and governor. Never throws. */
  deliver(
    permit: Permit,
    message: UnsentMessage,
    recipients: readonly EnvelopeRecipient[],
    signal: AbortSignal,
  ): Promise<Attempt>;
  /** Calls back when an upstream that made somebody wait may be asked again. */
  onReady(callback: (upstream: string) => void): () => void;
  /** Tries an open circuit again at once (settings changed, certificate imported, operator's wish). */
  probeNow(upstream?: string): void;
  status(): readonly UpstreamStatus[];
  /** A message of so many bytes is sure to be too large: its upstream and the fallback refused such ones within the last hour. */
  refusesSize(subject: RouteSubject, size: number): boolean;
  /** When the last of so many waiting messages will have left this upstream; undefined while nobody can tell. */
  forecast(upstream: string, messages: number): Forecast | undefined;
  close(): Promise<void>;
}

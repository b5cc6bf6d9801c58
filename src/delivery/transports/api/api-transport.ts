import type { EnvelopeRecipient } from '../../../message/envelope.ts';
import type { AccessToken, NoToken, TokenRequest, TokenSource } from '../../../oauth/token-source.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { HttpClient } from '../../../shared/http.ts';
import { createUnderWay } from '../../../shared/under-way.ts';
import type { ApiRefusal } from '../../classify-api.ts';
import type { Answered, Outcome, RecipientOutcome, Reply, Unavailable } from '../../outcome.ts';
import type { OutgoingMessage, Transport } from '../../transport.ts';
import { type Ask, createAsk, type Unanswered } from './ask.ts';
import { type Conclusion, createConclusions } from './conclusions.ts';
import { type ApiLimits, createLanes, type Lane } from './lanes.ts';
import { type ApiMailbox, type ApiUpstreamSettings, mailboxOf } from './mailbox-of.ts';

export interface ApiTransportDependencies {
  readonly http: HttpClient;
  readonly tokens: TokenSource;
  readonly clock: Clock;
}

/** One message for some recipients, with everything to hand it over by. */
export interface Handover {
  readonly message: OutgoingMessage;
  readonly recipients: readonly EnvelopeRecipient[];
  readonly mailbox: ApiMailbox;
  readonly ask: Ask;
  /** Texts that must not be shown. */
  readonly hidden: readonly string[];
}

/** What became of it. `oversize`: larger than this API takes, in words of ours. */
export type Handed =
  | { readonly kind: 'accepted'; readonly reply: Reply }
  | { readonly kind: 'refused'; readonly refusal: ApiRefusal; readonly final: boolean; readonly size: number }
  | { readonly kind: 'oversize'; readonly text: string; readonly remedy?: string }
  | Unanswered;

/** What is different between the APIs. */
export interface Api {
  readonly name: 'graph' | 'gmail';
  readonly limits: ApiLimits;
  /** Recipients that it takes with one message. */
  readonly mostRecipients: number;
  handOver(handover: Handover): Promise<Handed>;
}

/** The token of an attempt; replaced when it is refused. */
interface HeldToken {
  token: AccessToken;
}

/** A message whose recipients are refused one by one makes at most so many requests. */
const MOST_HANDOVERS = 200;

/**
 * Hands messages to an API with a token: in turn, within its limits, for at most so many recipients at once as it takes.
 *
 * Promises: for each recipient one outcome; `delivered` only when the API said that it took the message; a token that is refused is
 * replaced once; a recipient that is refused does not keep the others from getting the message.
 */
export function createApiTransport(
  upstream: ApiUpstreamSettings,
  api: Api,
  deps: ApiTransportDependencies,
): Transport {
  const { clock, tokens } = deps;
  const lanes = createLanes(api.limits, clock);
  const conclusions = createConclusions(upstream, api, clock);
  const batchSize = Math.min(api.mostRecipients, upstream.limits.recipientsPerMessage);
  const underWay = createUnderWay();

  function handOver(
    message: OutgoingMessage,
    recipients: readonly EnvelopeRecipient[],
    mailbox: ApiMailbox,
    lane: Lane,
    { token }: AccessToken,
    signal: AbortSignal,
  ): Promise<Handed> {
    const ask = createAsk({
      http: deps.http,
      clock,
      lane,
      token,
      timeout: upstream.timeout,
      signal,
      mayFinish: message.mayFinish,
    });
    return api.handOver({ message, recipients, mailbox, ask, hidden: [token.reveal()] });
  }

  async function deliverBatch(
    message: OutgoingMessage,
    recipients: readonly EnvelopeRecipient[],
    mailbox: ApiMailbox,
    lane: Lane,
    held: HeldToken,
    signal: AbortSignal,
  ): Promise<Conclusion> {
    const remembered = conclusions.tooLarge(message, mailbox);
    if (remembered) return remembered;
    const request = requestFor(upstream, mailbox, signal);
    let renewed = false;
    for (let tries = 0; ; tries += 1) {
      const handed = await handOver(message, recipients, mailbox, lane, held.token, signal);
      if (handed.kind === 'refused' && handed.refusal.status === 401) {
        tokens.refused(request, held.token.token);
        if (!renewed) {
          renewed = true;
          const next = await tokens.token(request);
          if (signal.aborted) return { outcome: conclusions.stopped };
          if (next.kind !== 'token') return { unavailable: next };
          held.token = next;
          continue;
        }
      }
      const conclusion = conclusions.conclude(handed, message, mailbox, held.token.token);
      if (conclusion.tries === undefined || tries >= conclusion.tries) return conclusion;
    }
  }

  async function deliverAll(
    message: OutgoingMessage,
    recipients: readonly EnvelopeRecipient[],
    mailbox: ApiMailbox,
    lane: Lane,
    held: HeldToken,
    signal: AbortSignal,
  ): Promise<Unavailable | Answered> {
    const outcomes = new Map<EnvelopeRecipient, RecipientOutcome>();
    const batches = chunked(recipients, batchSize);
    let unavailable: Unavailable | undefined;
    for (let round = 0; ; round += 1) {
      const batch = batches.shift();
      if (batch === undefined) break;
      const conclusion = await deliverBatch(message, batch, mailbox, lane, held, signal).catch(
        (error: unknown): Conclusion => {
          // A fault of ours. Who has the message already keeps it; the others wait.
          if (outcomes.size === 0) throw error;
          return { outcome: conclusions.postponed };
        },
      );
      if (conclusion.unavailable) {
        unavailable = conclusion.unavailable;
        break;
      }
      const { outcome } = conclusion;
      if (isRecipientRefusal(outcome) && batch.length > 1 && round < MOST_HANDOVERS) {
        const half = Math.ceil(batch.length / 2);
        batches.unshift(batch.slice(0, half), batch.slice(half));
        continue;
      }
      for (const recipient of batch) outcomes.set(recipient, outcome);
    }
    if (unavailable && outcomes.size === 0) return unavailable;
    const rest = unavailable ? conclusions.waiting(unavailable) : conclusions.postponed;
    return {
      kind: 'answered',
      recipients: recipients.map((recipient) => outcomes.get(recipient) ?? rest),
    };
  }

  /** A token for the mailbox. Where only the sender's own mailbox is the trouble, the sender is refused. */
  async function tokenFor(
    mailbox: ApiMailbox,
    signal: AbortSignal,
  ): Promise<AccessToken | NoToken | 'sender'> {
    const token = await tokens.token(requestFor(upstream, mailbox, signal));
    if (token.kind === 'token' || !mailbox.own || mailbox.tokenMailbox === undefined) return token;
    if (token.reason !== 'authentication' && token.reason !== 'configuration') return token;
    const usual = mailboxOf(upstream, '');
    if (usual === undefined) return token;
    const other = await tokens.token(requestFor(upstream, usual, signal));
    return other.kind === 'token' ? 'sender' : other;
  }

  async function deliver(
    message: OutgoingMessage,
    recipients: readonly EnvelopeRecipient[],
    signal: AbortSignal,
  ): Promise<Outcome> {
    const started = clock.monotonic();
    const since = (): number => clock.monotonic() - started;
    const mailbox = mailboxOf(upstream, message.sender);
    if (mailbox === undefined) {
      return { ...conclusions.noMailbox(), timing: { connecting: 0, sending: 0 } };
    }
    const lane = lanes.of(mailbox.address ?? '');
    if (!(await lane.gate.enter(signal))) {
      return { ...all(recipients, conclusions.stopped), timing: { connecting: since(), sending: 0 } };
    }
    try {
      const token = await tokenFor(mailbox, signal);
      const connecting = since();
      if (signal.aborted) {
        return { ...all(recipients, conclusions.stopped), timing: { connecting, sending: 0 } };
      }
      if (token === 'sender') {
        return {
          ...all(recipients, conclusions.noTokenForSender(mailbox)),
          timing: { connecting, sending: 0 },
        };
      }
      if (token.kind === 'unavailable') return { ...token, timing: { connecting, sending: 0 } };
      const outcome = await deliverAll(message, recipients, mailbox, lane, { token }, signal);
      return { ...outcome, timing: { connecting, sending: since() - connecting } };
    } finally {
      lane.gate.leave();
    }
  }

  return {
    deliver: (message, recipients, signal) => underWay.track(deliver(message, recipients, signal)),
    connections: () => lanes.inside(),
    close: () => underWay.quiet(),
  };
}

function requestFor(upstream: ApiUpstreamSettings, mailbox: ApiMailbox, signal: AbortSignal): TokenRequest {
  const { tokenMailbox } = mailbox;
  return { upstream, signal, ...(tokenMailbox === undefined ? {} : { mailbox: tokenMailbox }) };
}

function all(recipients: readonly EnvelopeRecipient[], outcome: RecipientOutcome): Answered {
  return { kind: 'answered', recipients: recipients.map(() => outcome) };
}

function isRecipientRefusal(outcome: RecipientOutcome): boolean {
  return outcome.kind === 'rejected' && outcome.reason === 'recipient';
}

function chunked<T>(list: readonly T[], size: number): (readonly T[])[] {
  const chunks: (readonly T[])[] = [];
  for (let start = 0; start < list.length; start += size) chunks.push(list.slice(start, start + size));
  return chunks;
}

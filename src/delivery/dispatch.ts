import type { EnvelopeRecipient } from '../message/envelope.ts';
import type { Settings } from '../settings/schema.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { isOversize } from './classify.ts';
import type { DeliveryMeters } from './delivery-meters.ts';
import type { Outcome, RecipientOutcome } from './outcome.ts';
import {
  isSenderRefusal,
  isSenderWaiting,
  senderAfterRefusal,
  senderAtOnce,
  withSender,
} from './sender-policy.ts';
import type { SenderRefusals } from './sender-refusals.ts';
import { replyText } from './transports/smtp/parse-reply.ts';
import type { UpstreamAlerts } from './upstream-alerts.ts';
import {
  fallbackReason,
  GrantedPermit,
  isCurableFailure,
  obstacleOf,
  type UpstreamRuntime,
} from './upstream-runtime.ts';
import type { Attempt, Permit, UnsentMessage } from './upstreams.ts';

export interface DispatchDependencies {
  readonly settings: () => Settings;
  readonly find: (upstream: string) => UpstreamRuntime | undefined;
  readonly released: (runtime: UpstreamRuntime) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly meters: DeliveryMeters;
  readonly upstreamAlerts: Pick<UpstreamAlerts, 'partlyLimited' | 'postponed' | 'decided'>;
  readonly senderRefusals: Pick<SenderRefusals, 'refused' | 'accepted'>;
}

/** Makes one attempt with a permit. Never throws. */
export type Dispatch = (
  permit: Permit,
  message: UnsentMessage,
  recipients: readonly EnvelopeRecipient[],
  signal: AbortSignal,
) => Promise<Attempt>;

type Answered = Extract<Outcome, { kind: 'answered' }>;
type Try = Pick<Attempt, 'outcome' | 'rewrittenSender'>;

/**
 * Rewrites the sender as the policy says, hands the message to the transport, tells circuit and governor what came of it,
 * and takes to the fallback at once what that can cure. An exception on the way is a bug of ours: it is logged and costs the message a wait, never more.
 */
export function createDispatch(deps: DispatchDependencies): Dispatch {
  const { clock, log, meters, senderRefusals: refusals } = deps;

  async function withPolicy(
    permit: GrantedPermit,
    message: UnsentMessage,
    recipients: readonly EnvelopeRecipient[],
    signal: AbortSignal,
  ): Promise<Try> {
    const upstream = permit.runtime.settings;
    const atOnce = senderAtOnce(message, upstream, deps.settings());
    if (atOnce !== undefined) {
      const outcome = await handOver(permit, await withSender(message, atOnce), recipients, signal);
      return { outcome, rewrittenSender: atOnce };
    }
    const outcome = await handOver(permit, message, recipients, signal);
    if (outcome.kind === 'unavailable') return { outcome };
    const waiting = outcome.recipients.find(isSenderWaiting);
    if (waiting) {
      const { reply, remedy } = waiting;
      refusals.refused(upstream, message, { words: replyText(reply), remedy, waits: true });
    }
    const refusal = outcome.recipients.find(isSenderRefusal);
    if (refusal === undefined) {
      if (outcome.recipients.some(isHandedOver)) refusals.accepted(upstream.name, message);
      return { outcome };
    }
    const why = { words: replyText(refusal.reply), remedy: refusal.remedy };
    const address = senderAfterRefusal(message, upstream);
    if (address === undefined) {
      refusals.refused(upstream, message, why);
      return { outcome };
    }
    const refused = recipients.filter((_recipient, index) => {
      const one = outcome.recipients[index];
      return one !== undefined && isSenderRefusal(one);
    });
    const second = await again(permit, message, address, refused, signal);
    // The refusals stand where the upstream went out of order meanwhile: they wait, and are rewritten again.
    if (second === undefined || second.kind === 'unavailable') {
      return {
        outcome: {
          ...outcome,
          recipients: outcome.recipients.map((one) => (isSenderRefusal(one) ? postponed(one) : one)),
        },
      };
    }
    let next = 0;
    const merged = outcome.recipients.map((one) =>
      isSenderRefusal(one) ? (second.recipients[next++] ?? one) : one,
    );
    refusals.refused(upstream, message, why, second.recipients.some(isHandedOver) ? address : undefined);
    const timing = {
      connecting: outcome.timing.connecting + second.timing.connecting,
      sending: outcome.timing.sending + second.timing.sending,
    };
    return { outcome: { ...second, recipients: merged, timing }, rewrittenSender: address };
  }

  /** One delivery, and what it says about the upstream. */
  async function handOver(
    permit: GrantedPermit,
    message: UnsentMessage,
    recipients: readonly EnvelopeRecipient[],
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { runtime, ticket } = permit;
    const outcome = await runtime.transport.deliver(message, recipients, signal);
    if (outcome.kind === 'unavailable') {
      const { timing: _timing, ...cause } = outcome;
      runtime.circuit.failed(ticket, cause);
      return outcome;
    }
    if (isOversized(outcome)) runtime.sizes.refused(message.body.size);
    permit.handedOver += outcome.recipients.filter(isHandedOver).length;
    const crowded = outcome.recipients.find(isCrowded);
    if (crowded) runtime.governor.crowded(crowded.retryAfter);
    const limited = outcome.recipients.find(isLimited);
    if (limited) deps.upstreamAlerts.partlyLimited(permit.upstream, replyText(limited.reply), limited.remedy);
    if (!signal.aborted) tellOfPostponing(permit.upstream, message.id, outcome);
    // An attempt that was broken off by us says nothing about the upstream.
    if (!signal.aborted || outcome.recipients.some(isHandedOver)) runtime.circuit.worked(ticket);
    return outcome;
  }

  function tellOfPostponing(upstream: string, message: string, { recipients }: Answered): void {
    const [first] = recipients;
    if (recipients.some(({ kind }) => kind !== 'deferred')) deps.upstreamAlerts.decided(upstream);
    else if (first && !recipients.some((one) => isLimited(one) || isSenderWaiting(one)))
      deps.upstreamAlerts.postponed(upstream, message, replyText(first.reply));
  }

  /** Undefined when we fail ourselves: the recipients that the first try reached must not be tried again for that. */
  async function again(
    permit: GrantedPermit,
    message: UnsentMessage,
    address: string,
    recipients: readonly EnvelopeRecipient[],
    signal: AbortSignal,
  ): Promise<Outcome | undefined> {
    try {
      return await handOver(permit, await withSender(message, address), recipients, signal);
    } catch (error) {
      log.error(
        { err: error, message: message.id, upstream: permit.upstream },
        'A message could not be rewritten',
      );
      return undefined;
    }
  }

  /** The fallback's permit, where it can cure what this upstream answered and lets the message in. */
  function permitForFallback(
    permit: GrantedPermit,
    outcome: Outcome,
    count: number,
  ): GrantedPermit | undefined {
    const runtime = fallbackOf(permit);
    const reason = runtime ? curableReason(permit.runtime, outcome) : undefined;
    if (!runtime || reason === undefined || obstacleOf(runtime, count)) return undefined;
    return new GrantedPermit(runtime, count, deps.released, { upstream: permit.upstream, reason });
  }

  function fallbackOf(permit: GrantedPermit): UpstreamRuntime | undefined {
    const { fallback } = permit.runtime.settings;
    if (permit.fallbackFrom || fallback === undefined) return undefined;
    const runtime = deps.find(fallback);
    return runtime === permit.runtime ? undefined : runtime;
  }

  async function attempt(
    permit: GrantedPermit,
    message: UnsentMessage,
    recipients: readonly EnvelopeRecipient[],
    signal: AbortSignal,
  ): Promise<Attempt> {
    const first = await withPolicy(permit, message, recipients, signal);
    const other = signal.aborted ? undefined : permitForFallback(permit, first.outcome, recipients.length);
    if (!other) {
      // Too large here, and the fallback has no room just now: the message waits for it.
      const waits = isOversized(first.outcome) && fallbackOf(permit) !== undefined;
      return attemptOf(permit, waits ? postponedTry(first) : first);
    }
    try {
      const second = await withPolicy(other, message, recipients, signal);
      return attemptOf(other, second);
    } finally {
      other.release();
    }
  }

  return async (permit, message, recipients, signal) => {
    const started = clock.monotonic();
    let result: Attempt;
    try {
      if (!(permit instanceof GrantedPermit)) throw new Error('this permit was not given by these upstreams');
      result = await attempt(permit, message, recipients, signal);
    } catch (error) {
      log.error(
        { err: error, message: message.id, upstream: permit.upstream },
        'A fault in Postern: the message waits.',
      );
      result = { upstream: permit.upstream, outcome: faulty(recipients, clock.monotonic() - started) };
    }
    meters.attempted(result, (clock.monotonic() - started) / 1000);
    return result;
  };
}

/** Why the fallback can do better with the whole message, in a sentence for the journal. */
function curableReason(runtime: UpstreamRuntime, outcome: Outcome): string | undefined {
  const { name } = runtime.settings;
  if (outcome.kind === 'unavailable') {
    return isCurableFailure(outcome) ? fallbackReason(runtime, outcome) : undefined;
  }
  const words = replyText(outcome.recipients[0]?.reply ?? { code: 0, text: '' });
  if (isOversized(outcome)) return `The message is too large for ${name}: ${words}`;
  return outcome.recipients.every(isLimited)
    ? `${name} has reached its limit for these recipients: ${words}`
    : undefined;
}

function isOversized(outcome: Outcome): boolean {
  return (
    outcome.kind === 'answered' &&
    outcome.recipients.every((one) => one.kind === 'rejected' && isOversize(one.reply))
  );
}

type Deferred = Extract<RecipientOutcome, { kind: 'deferred' }>;

function isLimited(outcome: RecipientOutcome): outcome is Deferred {
  return outcome.kind === 'deferred' && outcome.reason === 'quota';
}

function isCrowded(outcome: RecipientOutcome): outcome is Deferred {
  return outcome.kind === 'deferred' && outcome.reason === 'connections';
}

function attemptOf(permit: GrantedPermit, made: Try): Attempt {
  return {
    upstream: permit.upstream,
    ...made,
    ...(permit.fallbackFrom ? { fallbackFrom: permit.fallbackFrom } : {}),
  };
}

/** It may have arrived, so it counts for the limits of the day. */
function isHandedOver(outcome: RecipientOutcome): boolean {
  return outcome.kind === 'delivered' || (outcome.kind === 'deferred' && outcome.reason === 'in-doubt');
}

function postponed(outcome: RecipientOutcome): RecipientOutcome {
  return { kind: 'deferred', reason: 'busy', reply: outcome.reply };
}

function postponedTry(made: Try): Try {
  if (made.outcome.kind === 'unavailable') return made;
  return { ...made, outcome: { ...made.outcome, recipients: made.outcome.recipients.map(postponed) } };
}

function faulty(recipients: readonly EnvelopeRecipient[], sending: number): Outcome {
  const reply = { code: 451, enhanced: '4.3.0', text: 'A fault in Postern; see its log' };
  return {
    kind: 'answered',
    recipients: recipients.map(() => ({ kind: 'deferred', reason: 'busy', reply })),
    timing: { connecting: 0, sending },
  };
}

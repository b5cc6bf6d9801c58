import type { Answered, RecipientOutcome } from '../delivery/outcome.ts';
import type { Attempt } from '../delivery/upstreams.ts';
import type { QueueSettings } from '../settings/schema.ts';
import type { Random } from '../shared/random.ts';
import type { JournalEvent, MessageRecord, MessageState, RecipientRecord } from './message.ts';
import { isExpired, retryDelay } from './schedule.ts';

type Deferred = Extract<RecipientOutcome, { kind: 'deferred' }>;

/** What an attempt makes of a message. Pure: the caller writes it. */
export interface Settlement {
  readonly record: MessageRecord;
  readonly event: Extract<JournalEvent, { type: 'attempt' }>;
  /** Recipients that have failed with this attempt. */
  readonly failed: readonly RecipientRecord[];
  /** Recipients that were handed on, for NOTIFY=SUCCESS. */
  readonly delivered: readonly RecipientRecord[];
}

export interface SettleContext {
  readonly now: number;
  readonly settings: QueueSettings;
  readonly random: Random;
  /** Milliseconds that the message has waited since it was accepted or came due. */
  readonly waited: number;
}

/** The recipients that still have to be dealt with; what the test relay held counts again once it has been released. */
export function unfinishedRecipients(record: MessageRecord): RecipientRecord[] {
  return record.recipients.filter(({ state }) => state === 'pending' || state === 'held');
}

/**
 * Applies an upstream's answer: each recipient gets its state, a deferred one waits or expires, and the message takes the
 * state of its least finished recipient. A recipient that waits for a quota or a free connection costs no attempt.
 */
export function settleAttempt(
  record: MessageRecord,
  attempt: Attempt & { outcome: Answered },
  context: SettleContext,
): Settlement {
  const { now, settings } = context;
  const outcomes = attempt.outcome.recipients;
  const tried = unfinishedRecipients(record);
  const expired = isExpired(record.acceptedAt, now, settings.expireAfter);
  const attempts = record.attempts + (outcomes.some(costsAttempt) ? 1 : 0);
  const settled = new Map(
    tried.map((recipient, index) => [
      recipient,
      settleRecipient(recipient, outcomes[index], attempt.upstream, now, expired),
    ]),
  );
  const recipients = record.recipients.map((recipient) => settled.get(recipient) ?? recipient);
  const state = stateOf(recipients);
  const nextAttemptAt =
    state === 'queued' ? now + waitFor(outcomes, attempts, context) : record.nextAttemptAt;
  const changed = [...settled.values()];
  return {
    record: {
      ...record,
      recipients,
      state,
      attempts,
      nextAttemptAt,
      ...(state === 'delivered' || state === 'failed' ? { finishedAt: now } : {}),
    },
    event: toEvent(record, attempt, tried, changed, context, state === 'queued' ? nextAttemptAt : undefined),
    failed: changed.filter((recipient) => recipient.state === 'failed'),
    delivered: changed.filter((recipient) => recipient.state === 'delivered'),
  };
}

/** Gives up on every unfinished recipient of a message that no upstream could be reached for. */
export function expireMessage(
  record: MessageRecord,
  now: number,
  upstream: string,
  text: string,
): Settlement {
  const reply = { code: 451, enhanced: '4.4.7', text };
  const tried = unfinishedRecipients(record);
  const failed = tried.map(
    (recipient): RecipientRecord => ({
      ...recipient,
      state: 'failed',
      reply,
      reason: 'expired',
      upstream,
      settledAt: now,
    }),
  );
  const given = new Map(tried.map((recipient, index) => [recipient, failed[index]]));
  const recipients = record.recipients.map((recipient) => given.get(recipient) ?? recipient);
  return {
    record: { ...record, recipients, state: stateOf(recipients), finishedAt: now },
    event: {
      type: 'attempt',
      upstream,
      attempt: record.attempts,
      recipients: failed.map(({ address }) => ({ address, result: 'expired', reply, reason: 'expired' })),
      delays: [record.receiving, now - record.acceptedAt, 0, 0],
    },
    failed,
    delivered: [],
  };
}

function settleRecipient(
  recipient: RecipientRecord,
  outcome: RecipientOutcome | undefined,
  upstream: string,
  now: number,
  expired: boolean,
): RecipientRecord {
  // A transport that answers for too few recipients has not dealt with the others.
  if (outcome === undefined) return recipient;
  const { reply } = outcome;
  const { reason: _, ...rest } = recipient;
  switch (outcome.kind) {
    case 'delivered':
      return { ...rest, state: 'delivered', reply, upstream, settledAt: now };
    case 'held':
      return { ...rest, state: 'held', reply, upstream };
    case 'rejected':
      return { ...rest, state: 'failed', reply, reason: outcome.reason, upstream, settledAt: now };
    case 'deferred':
      return expired
        ? { ...rest, state: 'failed', reply, reason: 'expired', upstream, settledAt: now }
        : { ...rest, state: 'pending', reply, reason: outcome.reason, upstream };
  }
}

function costsAttempt(outcome: RecipientOutcome): boolean {
  if (outcome.kind !== 'deferred') return true;
  return outcome.reason === 'busy' || outcome.reason === 'in-doubt';
}

function stateOf(recipients: readonly RecipientRecord[]): MessageState {
  const has = (state: RecipientRecord['state']) => recipients.some((recipient) => recipient.state === state);
  if (has('pending')) return 'queued';
  if (has('held')) return 'held';
  return has('failed') ? 'failed' : 'delivered';
}

/** The shortest wait that suits any of the deferred recipients: the others are tried with them. */
function waitFor(outcomes: readonly RecipientOutcome[], attempts: number, context: SettleContext): number {
  const waits = outcomes.flatMap((outcome) => {
    if (outcome.kind !== 'deferred') return [];
    if (!costsAttempt(outcome) && outcome.retryAfter !== undefined) return [spread(outcome, context)];
    return [retryDelay(context.settings.retry, attempts, context.random, outcome.retryAfter)];
  });
  return waits.length > 0 ? Math.min(...waits) : retryDelay(context.settings.retry, attempts, context.random);
}

/** Those that came together do not come back together; where there were too many at once, least of all. */
function spread({ reason, retryAfter = 0 }: Deferred, { random }: SettleContext): number {
  const jitter = reason === 'connections' ? 0.5 : 0.1;
  return Math.round(retryAfter * (1 + jitter * random.fraction()));
}

function toEvent(
  record: MessageRecord,
  attempt: Attempt & { outcome: Answered },
  tried: readonly RecipientRecord[],
  changed: readonly RecipientRecord[],
  context: SettleContext,
  nextAttemptAt: number | undefined,
): Settlement['event'] {
  const { outcome } = attempt;
  const inDoubt = [...tried, ...changed].some((recipient) => recipient.reason === 'in-doubt');
  return {
    type: 'attempt',
    upstream: attempt.upstream,
    attempt: record.attempts + 1,
    recipients: tried.flatMap((recipient, index) => {
      const answer = outcome.recipients[index];
      if (answer === undefined) return [];
      const expired = answer.kind === 'deferred' && changed[index]?.state === 'failed';
      return [
        {
          address: recipient.address,
          result: expired ? ('expired' as const) : answer.kind,
          reply: answer.reply,
          ...('reason' in answer ? { reason: answer.reason } : {}),
          ...('remedy' in answer && answer.remedy !== undefined ? { remedy: answer.remedy } : {}),
        },
      ];
    }),
    delays: [
      Math.round(record.receiving),
      Math.round(context.waited),
      Math.round(attempt.outcome.timing.connecting),
      Math.round(attempt.outcome.timing.sending),
    ],
    ...(attempt.rewrittenSender === undefined ? {} : { rewrittenSender: attempt.rewrittenSender }),
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt }),
    ...(inDoubt ? { possibleDuplicate: true } : {}),
  };
}

/**
 * Every request and answer of the API, as schemas; the only source of its types. Times are ms since 1970, sizes bytes.
 * Answers go through these schemas on their way out: what is not named here does not leave.
 */
import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { MESSAGE_ID_PATTERN } from '../shared/ids.ts';

const time = z.number();
const text = z.string();

// ——— What everything is made of ———

export const faultSchema = z.object({
  path: text,
  message: text,
  remedy: text.optional(),
  line: z.number().optional(),
  column: z.number().optional(),
});

export const errorSchema = z.object({
  code: text,
  message: text,
  faults: z.array(faultSchema).readonly().optional(),
  hint: text.optional(),
});

const replySchema = z.object({ code: z.number(), enhanced: text.optional(), text });

const messageState = z.enum(['queued', 'held', 'delivered', 'failed', 'deleted'], {
  error: 'is not one of queued, held, delivered, failed, deleted',
});

/** A message's id as people type it: small letters are taken too. */
export const messageId = z
  .string()
  .toUpperCase()
  .regex(MESSAGE_ID_PATTERN, { error: 'is not a message id (16 letters and digits)' });

// ——— Queue ———

const recipientSchema = z.object({
  address: text,
  state: z.enum(['pending', 'held', 'delivered', 'failed']),
  reply: replySchema.optional(),
  reason: text.optional(),
  upstream: text.optional(),
  settledAt: time.optional(),
});

export const messageSchema = z.object({
  id: text,
  kind: z.enum(['mail', 'report', 'notice']),
  state: messageState,
  origin: z.object({
    client: text,
    listener: text,
    address: text,
    greeting: text,
    user: text.optional(),
    tls: text.optional(),
  }),
  envelope: z.object({ sender: text, eightBit: z.boolean(), smtpUtf8: z.boolean() }),
  recipients: z.array(recipientSchema).readonly(),
  subject: text,
  headerMessageId: text,
  size: z.number(),
  acceptedAt: time,
  receiving: z.number(),
  upstream: text.optional(),
  node: text,
  attempts: z.number(),
  nextAttemptAt: time,
  warnedAt: time.optional(),
  finishedAt: time.optional(),
  /** What it says is kept; of a finished message often no more. */
  hasContent: z.boolean(),
});

const by = { by: text };
const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('accepted'), reply: text }),
  z.object({
    type: z.literal('attempt'),
    upstream: text,
    attempt: z.number(),
    recipients: z
      .array(
        z.object({
          address: text,
          result: z.enum(['delivered', 'held', 'deferred', 'rejected', 'expired']),
          reply: replySchema,
          reason: text.optional(),
          remedy: text.optional(),
        }),
      )
      .readonly(),
    delays: z.tuple([z.number(), z.number(), z.number(), z.number()]).readonly(),
    rewrittenSender: text.optional(),
    nextAttemptAt: time.optional(),
    possibleDuplicate: z.boolean().optional(),
  }),
  z.object({
    type: z.literal('waiting'),
    upstream: text,
    reason: text,
    text,
    reply: replySchema.optional(),
    remedy: text.optional(),
  }),
  z.object({ type: z.literal('fallback'), from: text, to: text, reason: text }),
  z.object({ type: z.enum(['held', 'retried', 'deleted']), ...by }),
  z.object({ type: z.literal('released'), ...by, upstream: text.optional() }),
  z.object({ type: z.literal('copied'), ...by, to: text, of: text, copy: text }),
  z.object({ type: z.enum(['warned', 'returned']), report: text, to: text }),
  z.object({ type: z.literal('report-withheld'), why: text }),
  z.object({ type: z.literal('taken-over'), from: text, ...by }),
]);

export const journalEntrySchema = z.object({ message: text, at: time, node: text, event: eventSchema });

const circuit = z.enum(['closed', 'open', 'half-open']);

export const upstreamSchema = z.object({
  name: text,
  kind: text,
  circuit,
  reason: text.optional(),
  text: text.optional(),
  remedy: text.optional(),
  since: time.optional(),
  nextProbeAt: time.optional(),
  connections: z.number(),
  recipientsToday: z.number(),
});

export const messageDetailSchema = z.object({
  message: messageSchema,
  journal: z.array(journalEntrySchema).readonly(),
  /** The upstream that a queued message waits for, when that one is out of order. */
  waitingFor: upstreamSchema.optional(),
});

export const messagePageSchema = z.object({
  messages: z.array(messageSchema).readonly(),
  /** Pass as `before` to read on; absent on the last page. A search that took too long ends early with it, perhaps with no message. */
  next: text.optional(),
  /** Where there is a `next`: so far back the search has looked. */
  searchedTo: time.optional(),
});

const waitingSchema = z.object({
  upstream: text,
  messages: z.number(),
  lastLeavesAt: time.optional(),
  limitedBy: z.enum(['messagesPerMinute', 'recipientsPerDay', 'speed']).optional(),
});

export const countsSchema = z.object({
  counts: z.array(z.object({ state: messageState, count: z.number(), bytes: z.number() })).readonly(),
  /** What waits at this node; when the last of it leaves is absent while nobody can tell. */
  waiting: z.array(waitingSchema).readonly(),
});

const searched = z
  .string()
  .min(1, { error: 'is empty' })
  .max(320, { error: 'is longer than 320 characters' });
const searchedTime = z.int({ error: 'is not a time in ms since 1970' }).nonnegative();

/** The conditions that choose messages; all that are given have to match. */
const conditions = {
  states: z.array(messageState).min(1, { error: 'is empty' }).max(5),
  client: searched,
  sender: searched,
  recipient: searched,
  subject: searched,
  upstream: searched,
  device: searched,
  acceptedAfter: searchedTime,
  acceptedBefore: searchedTime,
};

const filterSchema = z
  .strictObject({
    ids: z.array(messageId).min(1, { error: 'is empty' }).max(10_000, { error: 'lists more than 10000 ids' }),
    ...conditions,
  })
  .partial()
  .extend({
    /** All messages; has to be said, so that a forgotten condition does not touch them all. */
    all: z.literal(true, { error: 'can only be true' }).optional(),
  });

const chooses = {
  error: 'chooses nothing; give ids or another condition, or say "all": true for every message',
};

/** Body of retry, hold and delete. */
export const verbRequestSchema = filterSchema.refine((filter) => Object.keys(filter).length > 0, chooses);

/** Body of release. */
export const releaseRequestSchema = filterSchema
  .extend({ to: searched.optional() })
  .refine((filter) => Object.keys(filter).some((key) => key !== 'to'), chooses);

export const verbAnswerSchema = z.object({
  changed: z.array(text).readonly(),
  unchanged: z.array(z.object({ id: text, reason: text })).readonly(),
});

/** A number in a query string. */
const queryNumber = z
  .string()
  .regex(/^\d{1,15}$/, { error: 'is not a whole number' })
  .transform(Number);

/** How many entries a page of a list has: 100 unless asked otherwise. */
export function pageLimit(most: number) {
  return queryNumber
    .pipe(
      z
        .int()
        .min(1, { error: 'is less than 1' })
        .max(most, { error: `is more than ${most}` }),
    )
    .prefault('100');
}

/** Query of the list: each condition once, `state` as often as needed. */
export const listQuerySchema = z.strictObject({
  state: z
    .union([messageState.transform((state) => [state]), z.array(messageState).max(5)], {
      error: 'is not one of queued, held, delivered, failed, deleted',
    })
    .optional(),
  client: searched.optional(),
  sender: searched.optional(),
  recipient: searched.optional(),
  subject: searched.optional(),
  upstream: searched.optional(),
  device: searched.optional(),
  acceptedAfter: queryNumber.optional(),
  acceptedBefore: queryNumber.optional(),
  limit: pageLimit(1000),
  before: messageId.optional(),
});

// ——— Upstreams ———

export const upstreamsSchema = z.object({ upstreams: z.array(upstreamSchema).readonly() });

// ——— Denied clients ———

export const deniedSchema = z.object({
  denied: z
    .array(
      z.object({
        address: text,
        greeting: text,
        sender: text,
        recipient: text,
        reason: text,
        /** The client or user whose senders it is not among; empty for a stranger. */
        client: text,
        listener: text,
        count: z.number(),
        firstSeen: time,
        lastSeen: time,
      }),
    )
    .readonly(),
});

// ——— The rest ———

export const readinessSchema = z.object({
  ready: z.boolean(),
  checks: z.array(z.object({ name: text, ready: z.boolean(), text: text.optional() })).readonly(),
});

export const livenessSchema = z.object({ alive: z.literal(true), version: text });

/** An address whose domain may be typed with letters of any language; in A-label form once checked (RFC 5890). */
export const address = z
  .string()
  .max(254, { error: 'is longer than 254 characters' })
  .transform((typed) => {
    const domain = typed.slice(typed.lastIndexOf('@') + 1);
    return typed.slice(0, typed.length - domain.length) + (domainToASCII(domain) || domain);
  })
  .pipe(z.email({ error: 'is not an e-mail address such as admin@example.com' }));

export const sendTestRequestSchema = z.strictObject({
  to: address,
  from: address.optional(),
  /** Name of an upstream; the routes choose if absent. */
  upstream: searched.optional(),
});

export const sendTestAnswerSchema = z.object({ id: text, text });

export type ErrorAnswer = z.output<typeof errorSchema>;
export type UpstreamAnswer = z.output<typeof upstreamSchema>;
export type Message = z.output<typeof messageSchema>;
export type JournalEntry = z.output<typeof journalEntrySchema>;
export type JournalEvent = JournalEntry['event'];
export type VerbRequest = z.input<typeof verbRequestSchema>;
export type VerbAnswer = z.output<typeof verbAnswerSchema>;
export type WaitingAnswer = z.output<typeof waitingSchema>;
export type MessagesAnswer = z.output<typeof messagePageSchema>;
export type Refusal = z.output<typeof deniedSchema>['denied'][number];

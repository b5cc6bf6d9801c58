/** What a message holds, waiting for one, and copies. Sizes are bytes. */
import { z } from 'zod';
import { address, messageSchema } from './contract.ts';

const text = z.string();

const field = z.object({ name: text, value: text });

export const partSchema = z.object({
  /** To be asked for with; counts from 0 in the order of the message. */
  number: z.number(),
  contentType: text,
  fileName: text.optional(),
  size: z.number(),
  /** Shown inside the message, not as an attachment. */
  inline: z.boolean(),
});

/** A message taken apart for people. Everything in it was written by whoever sent it. */
export const contentSchema = z.object({
  /** Header fields as stored, decoded, in their order. */
  headers: z.array(field).readonly(),
  /** As the upstream gets or got them, where the sender is rewritten; absent where nothing differs. */
  sentHeaders: z.array(field).readonly().optional(),
  /** Sender of the envelope that the upstream gets or got, where it is another. */
  sentSender: text.optional(),
  /** The readable text, cut at 1 MiB. */
  text: text.optional(),
  /** There is HTML at …/html. */
  hasHtml: z.boolean(),
  parts: z.array(partSchema).readonly(),
  /** Something was too large or too broken to be taken apart; the raw message has it. */
  incomplete: z.boolean(),
});

/** Sends a held message to somebody else than its recipients; the message itself stays as it is. */
export const copyRequestSchema = z.strictObject({
  to: address,
  /** Name of the upstream; the routes choose if absent. */
  upstream: text.max(64).optional(),
});
export const copyAnswerSchema = z.object({ id: text, text });

/** Query of GET /api/v1/messages/wait: answers as soon as there is a message that matches, 404 when `timeout` seconds are over. */
export const waitQuerySchema = z.strictObject({
  recipient: text.min(1, { error: 'is empty' }).max(320).optional(),
  sender: text.min(1, { error: 'is empty' }).max(320).optional(),
  subject: text.min(1, { error: 'is empty' }).max(320).optional(),
  /** ms since 1970 of the acceptance; the time of the call if absent. */
  since: text
    .regex(/^\d{1,15}$/, { error: 'is not a time in ms since 1970' })
    .transform(Number)
    .optional(),
  /** Seconds, 30 if absent. */
  timeout: text
    .regex(/^\d{1,3}$/, { error: 'is not a number of seconds' })
    .transform(Number)
    .pipe(z.int().min(0).max(120, { error: 'is more than 120' }))
    .optional(),
});
export const waitAnswerSchema = z.object({ message: messageSchema, content: contentSchema.optional() });

export type MessageContent = z.output<typeof contentSchema>;

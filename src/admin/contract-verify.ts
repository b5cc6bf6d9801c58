/** The request and the answer of a verification. The answer is a stream of JSON, a step or the result on each line. */
import { z } from 'zod';
import { address } from './contract.ts';
import { settingsDocumentSchema } from './contract-settings.ts';

const text = z.string();

export const verifyRequestSchema = z.strictObject({
  /** Name of an upstream, of `settings` where they are given. */
  upstream: z.string().min(1, { error: 'is empty' }).max(64, { error: 'is longer than 64 characters' }),
  /** A whole settings document that is not in force, as PUT /api/v1/settings takes it; it is tried and not kept. */
  settings: settingsDocumentSchema.optional(),
  /** Senders of the dry run; the upstream's own address if absent. */
  senders: z.array(address).max(20, { error: 'are more than 20' }).optional(),
  /** Recipient of the dry run; the sender itself if absent. */
  recipient: address.optional(),
  /** A real message goes there at the end. */
  sendTo: address.optional(),
});

const detail = z.union([text, z.number(), z.boolean(), z.array(text).readonly()]);

export const verifyStepSchema = z.object({
  step: z.enum([
    'settings',
    'secrets',
    'proxy',
    'dns',
    'tcp',
    'greeting',
    'tls',
    'token',
    'sign-in',
    'sender',
    'recipient',
    'api',
    'message',
  ]),
  subject: text.optional(),
  result: z.enum(['ok', 'failed', 'warning', 'skipped']),
  milliseconds: z.number(),
  text,
  reply: z.object({ code: z.number(), enhanced: text.optional(), text }).optional(),
  cause: text.optional(),
  remedy: text.optional(),
  details: z.record(text, detail).readonly().optional(),
});

/** The last line. `failed` when a step failed, else `warning` when one gave a warning. */
export const verifyResultSchema = z.object({ result: z.enum(['ok', 'warning', 'failed']) });

/** Any line. */
export const verifyLineSchema = z.union([verifyStepSchema, verifyResultSchema]);

export type VerifyLine = z.output<typeof verifyLineSchema>;
export type VerifyStepLine = z.output<typeof verifyStepSchema>;
export type VerifyResult = z.output<typeof verifyResultSchema>['result'];

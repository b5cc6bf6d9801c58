/** The requests and answers about settings, as schemas; see contract.ts. */
import { z } from 'zod';
import { faultSchema, pageLimit } from './contract.ts';

const time = z.number();
const text = z.string();

/** A whole document as it is typed; what is wrong with it, the room of the settings says. */
export const settingsDocumentSchema = z
  .unknown()
  .refine((value) => value !== undefined, { error: 'is missing; send the settings document' });

/** The document as typed; secrets are shown as `{ set: true, … }`, never with their value. */
export const settingsAnswerSchema = z.object({
  revision: z.number(),
  /** They come from a file and cannot be changed here. */
  locked: z.boolean(),
  /** `store`, or the path of the file. */
  source: text,
  document: z.unknown(),
  /** What is in force but worth a second look. */
  warnings: z.array(faultSchema).readonly(),
});

export const revisionSchema = z.object({ revision: z.number(), document: z.unknown() });

export const appliedSchema = z.object({
  revision: z.number(),
  warnings: z.array(faultSchema).readonly(),
});

/** Of a dry run that found nothing wrong. */
export const validationSchema = z.object({
  faults: z.array(faultSchema).readonly(),
  /** What is accepted but worth a second look. */
  warnings: z.array(faultSchema).readonly(),
});

export const historyQuerySchema = z.strictObject({
  limit: pageLimit(1000),
  before: z
    .string()
    .regex(/^\d{1,15}$/, { error: 'is not the number of a revision' })
    .transform(Number)
    .optional(),
});

export const historySchema = z.object({
  revisions: z.array(z.object({ revision: z.number(), at: time, by: text, summary: text })).readonly(),
  /** Pass as `before` to read on; absent on the last page. */
  next: text.optional(),
});

export const rollbackRequestSchema = z.strictObject({
  revision: z.int({ error: 'is not the number of a revision' }).min(1, { error: 'is less than 1' }),
});

export type SettingsAnswer = z.output<typeof settingsAnswerSchema>;
export type History = z.output<typeof historySchema>;
export type Applied = z.output<typeof appliedSchema>;

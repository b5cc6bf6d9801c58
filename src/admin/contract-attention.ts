/** What needs a person, in the API: alerts that stand, and what ends. Times are ms since 1970. */
import { z } from 'zod';

export const alertsSchema = z.object({
  alerts: z
    .array(
      z.object({
        key: z.string(),
        level: z.enum(['warning', 'critical']),
        text: z.string(),
        remedy: z.string().optional(),
        upstream: z.string().optional(),
        details: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
        since: z.number(),
      }),
    )
    .readonly(),
});

export const expirySchema = z.object({
  expiry: z
    .array(
      z.object({
        kind: z.enum([
          'client-secret',
          'client-certificate',
          'authorization',
          'trust-anchor',
          'server-certificate',
        ]),
        name: z.string(),
        upstream: z.string().optional(),
        expiresAt: z.number().optional(),
        level: z.enum(['ok', 'warning', 'critical']),
        text: z.string(),
        remedy: z.string().optional(),
      }),
    )
    .readonly(),
});

import { z } from 'zod';

/** The name of a listener, client, user, upstream or certificate. */
export const name = z
  .string()
  .min(1, { error: 'is empty; give it a name' })
  .max(64, { error: 'is longer than 64 characters' })
  .regex(/^[^\p{Cc}\p{Cs}]+$/u, { error: 'contains control characters' });

/**
 * Where a secret comes from. `value` is sealed as soon as it is read and is `sealed` from then on; the other three are
 * read again whenever the secret is used.
 */
export const secretSource = z
  .union(
    [
      z.strictObject({ value: z.string().min(1) }),
      z.strictObject({ sealed: z.string(), setAt: z.string().optional() }),
      z.strictObject({ file: z.string().min(1) }),
      z.strictObject({ env: z.string().min(1) }),
      z.strictObject({ command: z.array(z.string()).min(1) }),
    ],
    {
      error:
        'is not a secret; write { value: "…" }, { file: PATH }, { env: NAME } or { command: [PROGRAM, ARGUMENT…] }',
    },
  )
  .meta({ description: 'A secret: { value }, { file }, { env } or { command }.', secret: true });

export type SecretSource = z.output<typeof secretSource>;

export const security = z.enum(['none', 'starttls', 'tls'], {
  error: 'must be one of none, starttls, tls',
});

export const tlsVersion = z.enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], {
  error: 'must be one of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3',
});

export const port = z
  .int({ error: 'is not a port number' })
  .min(0, { error: 'is not a port number from 1 to 65535' })
  .max(65_535, { error: 'is not a port number from 1 to 65535' });

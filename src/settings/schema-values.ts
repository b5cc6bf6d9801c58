import { isIP } from 'node:net';
import { z } from 'zod';
import { asciiDomain, isMailAddress } from './addresses.ts';
import { hashFault } from './passwords.ts';

// The texts of faults read behind their path: first what is wrong, then `; ` and what would be right.

/** The name of a listener, client, user, upstream or certificate. */
export const name = z
  .string({ error: 'is not a name; write text, in quotes where it looks like a number' })
  .min(1, { error: 'is empty; give it a name' })
  .max(64, { error: 'is longer than 64 characters; shorten it' })
  .regex(/^[^\p{Cc}\p{Cs}]+$/u, { error: 'contains control characters; write printable text' })
  .refine((text) => text === text.trim(), { error: 'begins or ends with a space; remove it' })
  .meta({ label: 'name' });

/** A secret as Postern itself keeps it; nobody types this. */
const sealedSecret = z
  .strictObject({ sealed: z.string(), setAt: z.string().optional() })
  .meta({ internal: true });

const secretForms = [
  z.strictObject({ value: z.string().min(1, { error: 'is empty; write the secret' }) }),
  sealedSecret,
  z.strictObject({ file: z.string().min(1, { error: 'is empty; write the path of a file' }) }),
  z.strictObject({
    env: z.string().regex(/^[^=\0]+$/, {
      error: 'is not the name of an environment variable; write one such as PASSWORD',
    }),
  }),
  z.strictObject({
    command: z
      .array(z.string().regex(/^[^\0]*$/, { error: 'contains a NUL byte; remove it' }))
      .min(1, { error: 'is empty; write a program and its arguments' })
      .refine((words) => words[0] !== '', { error: 'has no program; write its path first' }),
  }),
  z.strictObject({
    vault: z.string().regex(/^[^#\s\0]+#[^#\s\0]+$/, {
      error: 'is not a place in Vault; write MOUNT/PATH#FIELD such as secret/mail/office#password',
    }),
  }),
] as const;

const SECRET_HELP =
  'write { value: "…" }, { file: PATH }, { env: NAME }, { command: [PROGRAM, ARGUMENT…] } or { vault: MOUNT/PATH#FIELD }';

/**
 * Where a secret comes from. `value` is sealed as soon as it is read and is `sealed` from then on; the others are
 * read again whenever the secret is used.
 */
export const secretSource = z.union(secretForms, { error: `is not a secret; ${SECRET_HELP}` }).meta({
  description: 'A secret: { value }, { file }, { env }, { command } or { vault }.',
  label: 'secret',
  secret: 'sealed',
});

export type SecretSource = z.output<typeof secretSource>;

const hashedPassword = z.strictObject({
  hash: z.string().superRefine((text, context) => {
    const message = hashFault(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  }),
  setAt: z.string().optional(),
});

/**
 * A password that Postern only compares: a secret, or its argon2id hash. `value` becomes such a hash as soon as it is read
 * from the admin.
 */
export const passwordSource = z
  .union([...secretForms, hashedPassword], {
    error: `is not a password; ${SECRET_HELP}, or { hash: "$argon2id$…" }`,
  })
  .meta({
    description: 'A password: { value }, { file }, { env }, { command }, { vault } or { hash } (argon2id).',
    label: 'secret',
    secret: 'hashed',
  });

export type PasswordSource = z.output<typeof passwordSource>;

export const security = z.enum(['none', 'starttls', 'tls'], {
  error: 'must be one of none, starttls, tls',
});

export const tlsVersion = z.enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], {
  error: 'must be one of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3',
});

const NOT_A_PORT = 'is not a port number; write one from 1 to 65535';

export const port = z
  .int({ error: NOT_A_PORT })
  .min(0, { error: NOT_A_PORT })
  .max(65_535, { error: NOT_A_PORT })
  .meta({ label: 'port' });

/** An e-mail address, international and single-label ones included. */
export function mailAddress(example: string) {
  const error = `is not an e-mail address; write one such as ${example}`;
  return z.string({ error }).refine(isMailAddress, { error }).meta({ label: 'e-mail address' });
}

/** Why a text is not a host, with the remedy; `undefined` when it is one. */
export function hostFault(text: string): string | undefined {
  if (text === '') return 'is empty; write a host name or IP address';
  if (isIP(text) !== 0) return undefined;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\/([^/:]*)/i.exec(text);
  if (scheme) return `has a scheme; write the name alone${scheme[2] ? `: ${scheme[2]}` : ''}`;
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(text);
  if (bracketed?.[1] !== undefined && isIP(bracketed[1]) === 6) {
    return `has brackets; write host: "${bracketed[1]}"${bracketed[2] ? ` and port: ${bracketed[2]}` : ''}`;
  }
  const withPort = /^([^:]+):(\d+)$/.exec(text);
  if (withPort) return `has a port; write host: ${withPort[1]} and port: ${withPort[2]}`;
  if (text.includes('@')) return 'is an e-mail address; write a host name such as smtp.example.com';
  if (asciiDomain(text) === undefined || /^[\d.]+$/.test(text)) {
    return 'is not a host name or IP address; write one such as smtp.example.com';
  }
  return undefined;
}

/** A host name or IP address; international names in A-label form once parsed. */
export const host = z
  .string({ error: 'is not a host name or IP address; write one such as smtp.example.com' })
  .superRefine((text, context) => {
    const message = hostFault(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .transform((text) => (isIP(text) === 0 ? (asciiDomain(text) ?? text) : text))
  .meta({ label: 'host' });

/** Requests and answers about consent. Times are ms since 1970. */
import { z } from 'zod';

const time = z.number();
const text = z.string();

const provider = z.enum(['microsoft', 'google', 'generic']);
const flow = z.enum(['authorization-code', 'device-code', 'client-credentials', 'service-account']);

export const authorizationSchema = z.object({
  upstream: text,
  provider,
  flow,
  state: z.enum(['none', 'authorized', 'failing', 'void', 'stale']),
  account: text.optional(),
  scopes: text.optional(),
  authorizedAt: time.optional(),
  authorizedBy: text.optional(),
  renewedAt: time.optional(),
  accessExpiresAt: time.optional(),
  text: text.optional(),
  remedy: text.optional(),
});

export const authorizationsSchema = z.object({
  authorizations: z.array(authorizationSchema).readonly(),
  /** Every address that can be registered at a provider as redirect URI, the usual one first. */
  redirectUris: z.array(text).readonly(),
});

/** Body of a start; all may be left out. */
export const startRequestSchema = z
  .strictObject({
    flow: z.enum(['authorization-code', 'device-code'], {
      error: 'is neither authorization-code nor device-code',
    }),
    redirectPath: z.string().max(100, { error: 'is longer than 100 characters' }),
  })
  .partial()
  .optional();

const begun = { id: text, upstream: text, email: text.optional(), expiresAt: time };

export const signInStartSchema = z.discriminatedUnion('kind', [
  z.object({
    ...begun,
    kind: z.literal('link'),
    link: text,
    direct: text,
    redirectUri: text,
    warning: text.optional(),
  }),
  z.object({
    ...begun,
    kind: z.literal('device'),
    userCode: text,
    verificationUri: text,
    verificationUriComplete: text.optional(),
  }),
]);

export const signInStateSchema = z.object({
  id: text,
  upstream: text,
  state: z.enum(['pending', 'redeeming', 'authorized', 'failed']),
  account: text.optional(),
  text: text.optional(),
  remedy: text.optional(),
  expiresAt: time,
});

/** The address at which the browser ended. */
export const finishRequestSchema = z.strictObject({
  address: z.string().min(1, { error: 'is empty' }).max(16_384, { error: 'is longer than 16384 characters' }),
});

export const forgottenSchema = z.object({ upstream: text });

export type Authorization = z.output<typeof authorizationSchema>;
export type AuthorizationsAnswer = z.output<typeof authorizationsSchema>;
export type SignInStartAnswer = z.output<typeof signInStartSchema>;
export type SignInStateAnswer = z.output<typeof signInStateSchema>;

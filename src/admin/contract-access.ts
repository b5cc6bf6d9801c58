/** Who may use the admin: setup, sessions, users, API tokens, the audit trail. Times are ms since 1970. */
import { z } from 'zod';
import { isPermission, type Permission, ROLES } from '../access/permissions.ts';
import { MESSAGE_ID_PATTERN } from '../shared/ids.ts';
import { address } from './contract.ts';

const time = z.number();
const text = z.string();
const searched = z
  .string()
  .min(1, { error: 'is empty' })
  .max(200, { error: 'is longer than 200 characters' });

/** What people call themselves, and tokens are called. */
const name = z
  .string()
  .trim()
  .min(1, { error: 'is empty' })
  .max(64, { error: 'is longer than 64 characters' })
  .regex(/^[^\p{Cc}\p{Cf}]*$/u, { error: 'has characters that cannot be seen' });
/** A password that is chosen; long ones are better than odd ones (NIST SP 800-63B section 3.1.1.2). */
const newPassword = z
  .string()
  .min(12, { error: 'is shorter than 12 characters' })
  .max(256, { error: 'is longer than 256 characters' });
const givenPassword = z
  .string()
  .min(1, { error: 'is empty' })
  .max(256, { error: 'is longer than 256 characters' });
const code = z.string().regex(/^ ?(\d ?){6}$/, { error: 'is not a code of six digits' });
const role = z.enum(ROLES, { error: 'is not administrator, operator or viewer' });
const permission = z.custom<Permission>((value) => typeof value === 'string' && isPermission(value), {
  error: 'is not a permission',
});

/** Whether anybody may sign in yet. */
export const setupStateSchema = z.object({ needed: z.boolean() });

/** The first administrator; the token is in the link that the first start prints. */
export const setupRequestSchema = z.strictObject({
  token: z.string().min(1, { error: 'is empty' }).max(128, { error: 'is longer than 128 characters' }),
  name,
  email: address.optional(),
  password: newPassword,
});

/** A link for whoever is on the machine; while there is no user it has no end. */
export const setupLinkSchema = z.object({ link: text, expiresAt: time.optional() });

export const signInRequestSchema = z.strictObject({
  name,
  password: givenPassword,
  /** Of the second factor, once the answer asked for it. */
  code: code.optional(),
});

/** A signed-in user, as the page needs to know them. */
export const sessionSchema = z.object({
  user: z.object({
    id: text,
    name: text,
    email: text.optional(),
    role,
    secondFactor: z.boolean(),
    mustChangePassword: z.boolean(),
  }),
  permissions: z.array(permission).readonly(),
  /** When it ends if nothing is done, and when in any case. */
  idleEndsAt: time,
  endsAt: time,
});

/** `code-needed`: the password is right, the code of the second factor is missing; the request is sent again with it. */
export const signInAnswerSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('signed-in'), session: sessionSchema }),
  z.object({ state: z.literal('code-needed') }),
]);

export const passwordRequestSchema = z.strictObject({ current: givenPassword, password: newPassword });

/** What an authenticator app needs; shown once, kept only when a code proves that it arrived. */
export const secondFactorSchema = z.object({
  secret: text,
  uri: text,
  /** Rows of the QR code; `1` is dark. */
  qr: z.array(text).readonly(),
});
export const secondFactorRequestSchema = z.strictObject({
  password: givenPassword,
  secret: text.max(64),
  code,
});
export const passwordOnlySchema = z.strictObject({ password: givenPassword });

/** The caller's own sessions. */
export const sessionsSchema = z.object({
  sessions: z
    .array(
      z.object({ id: text, current: z.boolean(), createdAt: time, seenAt: time, address: text, agent: text }),
    )
    .readonly(),
});

/** How many sessions were ended. */
export const endedSessionsSchema = z.object({ ended: z.number() });

export const userSchema = z.object({
  id: text,
  name: text,
  email: text.optional(),
  role,
  secondFactor: z.boolean(),
  disabled: z.boolean(),
  mustChangePassword: z.boolean(),
  createdAt: time,
  createdBy: text,
  lastSignInAt: time.optional(),
});
export const usersSchema = z.object({ users: z.array(userSchema).readonly() });

/** Without a password one is made and answered once. Either is changed at the first sign-in. */
export const newUserSchema = z.strictObject({
  name,
  email: address.optional(),
  role,
  password: newPassword.optional(),
  /** Sends a mail with the access URL and the name, never with the password. */
  welcome: z.boolean().optional(),
});
export const newUserAnswerSchema = z.object({
  user: userSchema,
  password: text.optional(),
  /** Id of the welcome mail in the queue. */
  welcome: text.optional(),
});
/** What is absent stays. `resetPassword` makes a new one, `resetSecondFactor` takes the second factor away; both end all sessions. */
export const userChangeSchema = z
  .strictObject({
    name,
    email: z.union([address, z.literal('')]),
    role,
    disabled: z.boolean(),
    resetPassword: z.literal(true),
    resetSecondFactor: z.literal(true),
  })
  .partial();
export const userChangedSchema = z.object({ user: userSchema, password: text.optional() });

export const tokenSchema = z.object({
  id: text,
  name: text,
  scopes: z.array(permission).readonly(),
  createdAt: time,
  createdBy: text,
  expiresAt: time.optional(),
  usedAt: time.optional(),
});
export const tokensSchema = z.object({
  tokens: z.array(tokenSchema).readonly(),
  /** Every permission there is, with what it allows. */
  scopes: z.array(z.object({ name: permission, allows: text })).readonly(),
});
export const newTokenSchema = z.strictObject({
  name,
  scopes: z.array(permission).min(1, { error: 'is empty' }).max(50),
  /** Days from now; it never ends if absent. */
  days: z.int({ error: 'is not a whole number' }).min(1, { error: 'is less than 1' }).max(3650).optional(),
});
/** The token itself is shown in this answer and never again. */
export const newTokenAnswerSchema = z.object({ token: tokenSchema, secret: text });

export const auditEntrySchema = z.object({
  id: text,
  at: time,
  by: text,
  kind: z.enum(['user', 'token', 'machine', 'nobody']),
  address: text,
  action: text,
  subject: text.optional(),
  text,
  changes: z
    .array(z.object({ path: text, before: text.optional(), after: text.optional() }))
    .readonly()
    .optional(),
});
/** Of the query; all conditions that are given have to match. */
export const auditQuerySchema = z.strictObject({
  /** Part of the name of who did it. */
  by: searched.optional(),
  /** `user.added`, or `user` for all that was done to users. */
  action: z
    .string()
    .regex(/^[a-z-]{1,32}(\.[a-z-]{1,32})?$/, { error: 'is not an action such as settings.changed' })
    .optional(),
  subject: searched.optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, { error: 'is not a whole number' })
    .transform(Number)
    .pipe(z.int().min(1, { error: 'is less than 1' }).max(500, { error: 'is more than 500' }))
    .prefault('100'),
  before: z.string().regex(MESSAGE_ID_PATTERN, { error: 'is not the id of an entry' }).optional(),
});
export const auditSchema = z.object({
  entries: z.array(auditEntrySchema).readonly(),
  /** Pass as `before` to read on; absent on the last page. */
  next: text.optional(),
});

export type Session = z.output<typeof sessionSchema>;
export type SignInAnswer = z.output<typeof signInAnswerSchema>;
export type SecondFactorAnswer = z.output<typeof secondFactorSchema>;
export type OwnSession = z.output<typeof sessionsSchema>['sessions'][number];
export type User = z.output<typeof userSchema>;
export type NewUserAnswer = z.output<typeof newUserAnswerSchema>;
export type UserChanged = z.output<typeof userChangedSchema>;
export type ApiToken = z.output<typeof tokenSchema>;
export type TokensAnswer = z.output<typeof tokensSchema>;
export type NewTokenAnswer = z.output<typeof newTokenAnswerSchema>;
export type AuditEntryAnswer = z.output<typeof auditEntrySchema>;
export type AuditAnswer = z.output<typeof auditSchema>;

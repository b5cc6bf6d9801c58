/** What the page needs to set upstreams up: what providers make known, their files, the document as text, tests. Times are ms since 1970. */
import { z } from 'zod';
import { address, faultSchema, upstreamSchema } from './contract.ts';
import { upstreamTestSchema } from './contract-overview.ts';

const text = z.string();
const kind = z.enum(['smtp', 'graph', 'gmail', 'test-relay']);
const flow = z.enum(['authorization-code', 'device-code', 'client-credentials', 'service-account']);
const security = z.enum(['none', 'starttls', 'tls']);

/** Keys of the words for what is done in a provider's portal; the page has a sentence for each. */
export const PORTAL_STEPS = [
  'ms-register',
  'ms-register-plain',
  'ms-ids',
  'ms-secret',
  'ms-public-client',
  'ms-permission-smtp',
  'ms-permission-smtp-app',
  'ms-permission-graph',
  'ms-permission-graph-app',
  'ms-admin-consent',
  'ms-mailbox-grant',
  'ms-mailbox-scope',
  'ms-smtp-auth',
  'google-project',
  'google-api',
  'google-audience-internal',
  'google-audience-external',
  'google-scope',
  'google-client',
  'google-json',
  'google-service-account',
  'google-key',
  'google-delegation',
  'google-two-step',
  'google-app-password',
  'ses-identity',
  'ses-credentials',
  'ses-production',
  'smtp-account',
  'smtp-allow',
  'oauth-register',
  'oauth-endpoints',
  'sign-in',
] as const;

const stepSchema = z.object({
  key: z.enum(PORTAL_STEPS),
  /** The page of the portal. */
  link: text.optional(),
  /**
   * Values to copy. In braces stands what the settings have: `{redirectUri}`, `{clientId}`, `{mailbox}`, `{serviceAccountId}`.
   */
  copy: z.array(text).readonly().optional(),
});

/** One way to send with a provider: a kind of upstream, an authentication, and for Microsoft a cloud. */
const waySchema = z.object({
  kind,
  type: z.enum(['none', 'password', 'oauth2']),
  provider: z.enum(['microsoft', 'google', 'generic']).optional(),
  flow: flow.optional(),
  cloud: text.optional(),
  /** What Postern fills in by itself; `TENANT` stands for the tenant. */
  scopes: text.optional(),
  authorizationEndpoint: text.optional(),
  tokenEndpoint: text.optional(),
  deviceAuthorizationEndpoint: text.optional(),
  endpoint: text.optional(),
  server: z.object({ host: text.optional(), port: z.number(), security }).optional(),
  /** Keys below `authentication` that are to be typed; `?` behind one that may be left out. */
  fields: z.array(text).readonly(),
  /** What the provider enforces, in the words of `limits`. */
  limits: z.record(text, z.number()).readonly(),
  steps: z.array(stepSchema).readonly(),
});

export const PRESETS = [
  'microsoft-365',
  'google-workspace',
  'gmail',
  'amazon-ses',
  'smtp',
  'test-relay',
] as const;

export const presetsSchema = z.object({
  presets: z
    .array(
      z.object({
        id: z.enum(PRESETS),
        /** The best one first. */
        ways: z.array(waySchema).readonly(),
        regions: z
          .array(z.object({ id: text, host: text }))
          .readonly()
          .optional(),
      }),
    )
    .readonly(),
  /** Ports that are usual for mail, with their encryption. */
  ports: z.array(z.object({ port: z.number(), security })).readonly(),
  /** Paths of the redirect URIs, the usual one first. */
  redirectPaths: z.array(text).readonly(),
});

/** Upstreams as they run, each with its last test. */
export const testedUpstreamsSchema = z.object({
  upstreams: z.array(upstreamSchema.extend({ test: upstreamTestSchema.optional() })).readonly(),
});

/** The text of a file of Google's console. */
export const googleClientRequestSchema = z.strictObject({
  json: z.string().min(1, { error: 'is empty' }).max(65_536, { error: 'is longer than 65536 characters' }),
});

/** The fields that the file fills in. Nothing that is secret comes back: the file itself is what `clientSecret` or `serviceAccount` takes. */
export const googleClientSchema = z.discriminatedUnion('what', [
  z.object({
    what: z.literal('client'),
    authentication: z.object({
      flow: z.literal('authorization-code'),
      clientId: text,
      authorizationEndpoint: text.optional(),
      tokenEndpoint: text.optional(),
    }),
    hasSecret: z.boolean(),
    /** Registered already, with a path of Postern. */
    redirectUris: z.array(text).readonly(),
    /** The redirect URI of this Postern is not among those registered. */
    missingRedirectUri: text.optional(),
  }),
  z.object({
    what: z.literal('service-account'),
    authentication: z.object({ flow: z.literal('service-account') }),
    /** The id that domain-wide delegation is given to. */
    clientId: text.optional(),
    account: text,
  }),
]);

/** The document as YAML; secrets that are kept read `{ set: true, since: … }`, and stay when they are given back so. Comments are not kept. */
export const settingsTextSchema = z.object({
  yaml: text,
  revision: z.number(),
  /** It comes from a file and can be changed only there. */
  locked: z.boolean(),
  source: text,
});

export const settingsTextRequestSchema = z.strictObject({
  yaml: z.string().max(1024 * 1024, { error: 'is longer than 1 MiB' }),
});

export const differencesSchema = z.object({
  from: z.number(),
  to: z.number(),
  differences: z.array(z.object({ path: text, before: text.optional(), after: text.optional() })).readonly(),
});

/** Query of what changes the document. */
export const saveQuery = z.strictObject({
  /** Only check. */
  dryRun: z.enum(['true', 'false'], { error: 'is neither true nor false' }).optional(),
  /** Send a test mail, or none; `notices.testOnSave` decides if absent. */
  test: z.enum(['true', 'false'], { error: 'is neither true nor false' }).optional(),
  /** Who gets it; the contacts if absent. */
  testTo: address.optional(),
  /** The upstream that it goes out over; the default one if absent. */
  testUpstream: z
    .string()
    .min(1, { error: 'is empty' })
    .max(64, { error: 'is longer than 64 characters' })
    .optional(),
});

/** A test mail that went out because settings were saved, or why none did. */
export const savedTestSchema = z.union([
  z.object({ id: text, to: z.array(text).readonly(), upstream: text.optional() }),
  z.object({ why: text }),
]);

/** Of a change of the settings. */
export const savedSchema = z.object({
  revision: z.number(),
  warnings: z.array(faultSchema).readonly(),
  test: savedTestSchema.optional(),
});

export type TestedUpstream = z.output<typeof testedUpstreamsSchema>['upstreams'][number];
export type Presets = z.output<typeof presetsSchema>;
export type Preset = Presets['presets'][number];
export type Way = Preset['ways'][number];
export type PortalStep = Way['steps'][number];
export type GoogleClient = z.output<typeof googleClientSchema>;
export type SettingsText = z.output<typeof settingsTextSchema>;
export type SettingsDifferences = z.output<typeof differencesSchema>;
export type SavedTest = z.output<typeof savedTestSchema>;
export type Saved = z.output<typeof savedSchema>;

import { z } from 'zod';
import { host, mailAddress, name, port, secretSource, security, tlsVersion } from './schema-values.ts';
import { duration } from './units.ts';

const passwordAuthentication = z.strictObject({
  type: z.literal('password'),
  user: z.string().min(1, { error: 'is empty; write the user name' }),
  password: secretSource,
  method: z
    .enum(['auto', 'PLAIN', 'LOGIN', 'CRAM-MD5'], {
      error: 'must be one of auto, PLAIN, LOGIN, CRAM-MD5',
    })
    .default('auto')
    .meta({ description: 'SMTP AUTH mechanism; auto takes the best that the server offers.' }),
});

const oauth2Authentication = z.strictObject({
  type: z.literal('oauth2'),
  provider: z.enum(['microsoft', 'google', 'generic']),
  flow: z
    .enum(['authorization-code', 'device-code', 'client-credentials', 'service-account'])
    .default('authorization-code'),
  email: mailAddress('relay@example.com').optional(),
  tenantId: z.string().optional(),
  clientId: z.string().optional(),
  clientSecret: secretSource.optional(),
  scopes: z.string().optional(),
  authorizationEndpoint: z
    .url({ error: 'is not an address; write one that begins with https://' })
    .optional(),
  tokenEndpoint: z.url({ error: 'is not an address; write one that begins with https://' }).optional(),
});

/** How Postern signs in at an upstream. */
export const authenticationSchema = z
  .discriminatedUnion(
    'type',
    [z.strictObject({ type: z.literal('none') }), passwordAuthentication, oauth2Authentication],
    {
      error: 'must be one of none, password, oauth2',
    },
  )
  .prefault({ type: 'none' });

const from = z
  .strictObject({
    address: mailAddress('relay@example.com')
      .optional()
      .meta({ description: 'Address that this upstream accepts as sender.' }),
    rewrite: z
      .enum(['never', 'if-refused', 'always'], { error: 'must be one of never, if-refused, always' })
      .default('never')
      .meta({
        description:
          'When the sender becomes this address; the original stays in Reply-To and X-Original-From.',
      }),
  })
  .prefault({});

const limits = z
  .strictObject({
    connections: z.int().min(1).max(1000).default(10).meta({ description: 'Connections at once.' }),
    messagesPerMinute: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Messages a minute; no limit if absent.' }),
    recipientsPerDay: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Recipients within any 24 hours; no limit if absent.' }),
    recipientsPerMessage: z
      .int()
      .min(1)
      .default(500)
      .meta({ description: 'Recipients handed over in one transaction.' }),
    messagesPerConnection: z
      .int()
      .min(1)
      .default(1000)
      .meta({ description: 'Then the connection is made anew.' }),
    idle: duration('30s', 'How long a warm connection is kept.'),
  })
  .prefault({});

const common = {
  name,
  from,
  limits,
  fallback: name.optional().meta({
    description: 'Upstream that takes the mail when this one cannot, for reasons that it can cure.',
  }),
} as const;

const smtpUpstream = z.strictObject({
  ...common,
  kind: z.literal('smtp'),
  host: host.meta({ description: 'Name or IP address of the server.' }),
  port: port.default(587),
  security: security
    .default('starttls')
    .meta({ description: 'none, starttls (required, never skipped), or tls from the first byte.' }),
  minimumTls: tlsVersion.default('TLSv1.2').meta({ description: 'Oldest TLS version that is accepted.' }),
  serverName: host
    .optional()
    .meta({ description: 'Name in the server’s certificate, where it is not the host.' }),
  authentication: authenticationSchema,
  timeout: z
    .strictObject({
      connect: duration('30s', 'TCP, TLS and greeting.'),
      command: duration('2m', 'Longest wait for a reply.'),
      data: duration('10m', 'Longest wait for the reply to the final dot (RFC 5321 section 4.5.3.2.6).'),
    })
    .prefault({}),
});

const graphUpstream = z.strictObject({
  ...common,
  kind: z.literal('graph'),
  authentication: authenticationSchema,
});
const gmailUpstream = z.strictObject({
  ...common,
  kind: z.literal('gmail'),
  authentication: authenticationSchema,
});
const testRelayUpstream = z.strictObject({ ...common, kind: z.literal('test-relay') });

/** A named place to hand mail to. */
export const upstreamSchema = z
  .discriminatedUnion('kind', [smtpUpstream, graphUpstream, gmailUpstream, testRelayUpstream], {
    error: 'must be one of smtp, graph, gmail, test-relay',
  })
  .meta({ description: 'A named place to hand mail to.' });

export type UpstreamSettings = z.output<typeof upstreamSchema>;
export type SmtpUpstreamSettings = z.output<typeof smtpUpstream>;
export type UpstreamAuthentication = z.output<typeof authenticationSchema>;

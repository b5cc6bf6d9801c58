import { z } from 'zod';
import { apiAddress, oauth2Authentication } from './schema-oauth2.ts';
import { host, mailAddress, name, port, secretSource, security, tlsVersion } from './schema-values.ts';
import { duration } from './units.ts';

const kind = <T extends string>(value: T) =>
  z.literal(value).meta({ description: 'What speaks there; test-relay holds mail and shows it.' });

const authenticationType = <T extends string>(value: T) =>
  z.literal(value).meta({ description: 'How Postern signs in.' });

const passwordAuthentication = z.strictObject({
  type: authenticationType('password'),
  user: z
    .string()
    .min(1, { error: 'is empty; write the user name' })
    .meta({ description: 'User name, mostly the address of the mailbox.' }),
  password: secretSource.meta({
    description: 'Password or app password of that user.',
    label: 'secret',
    secret: 'sealed',
  }),
  method: z
    .enum(['auto', 'PLAIN', 'LOGIN', 'CRAM-MD5'], {
      error: 'must be one of auto, PLAIN, LOGIN, CRAM-MD5',
    })
    .default('auto')
    .meta({ description: 'SMTP AUTH mechanism; auto takes the best that the server offers.' }),
});

/** How Postern signs in at an upstream. */
export const authenticationSchema = z
  .discriminatedUnion(
    'type',
    [z.strictObject({ type: authenticationType('none') }), passwordAuthentication, oauth2Authentication],
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
    connections: z
      .int()
      .min(1)
      .max(1000)
      .default(10)
      .meta({ description: 'Connections at once; of Exchange Online 3.' }),
    messagesPerMinute: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Messages a minute; 30 for Exchange Online, else no limit if absent.' }),
    recipientsPerDay: z.int().min(1).optional().meta({
      description:
        'Recipients within any 24 hours; 10000 for Exchange Online, 2000 for Gmail, else no limit if absent.',
    }),
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
  name: name.meta({ description: 'Name in routes, clients and the log.' }),
  from,
  limits,
  fallback: name.optional().meta({
    description: 'Upstream that takes the mail when this one cannot, for reasons that it can cure.',
  }),
} as const;

const smtpUpstream = z.strictObject({
  ...common,
  kind: kind('smtp'),
  host: host.meta({
    description: 'Name or IP address of the server; filled in for accounts of Microsoft and Google.',
  }),
  port: port
    .min(1, { error: 'is not a port number; write one from 1 to 65535' })
    .default(587)
    .meta({ description: 'TCP port of the server.' }),
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

const apiTimeout = z
  .strictObject({
    connect: duration('30s', 'TCP and TLS.'),
    data: duration('10m', 'Longest wait for the answer to a message.'),
  })
  .prefault({});

const graphUpstream = z.strictObject({
  ...common,
  kind: kind('graph'),
  endpoint: apiAddress.optional().meta({
    description: 'Where the API is; filled in from the cloud, such as https://graph.microsoft.com.',
  }),
  authentication: authenticationSchema,
  timeout: apiTimeout,
});
const gmailUpstream = z.strictObject({
  ...common,
  kind: kind('gmail'),
  endpoint: apiAddress
    .optional()
    .meta({ description: 'Where the API is; https://gmail.googleapis.com if absent.' }),
  authentication: authenticationSchema,
  timeout: apiTimeout,
});
const testRelayUpstream = z.strictObject({ ...common, kind: kind('test-relay') });

/** A named place to hand mail to. */
export const upstreamSchema = z
  .discriminatedUnion('kind', [smtpUpstream, graphUpstream, gmailUpstream, testRelayUpstream], {
    error: 'must be one of smtp, graph, gmail, test-relay',
  })
  .meta({ description: 'A named place to hand mail to.' });

export type UpstreamSettings = z.output<typeof upstreamSchema>;
export type SmtpUpstreamSettings = z.output<typeof smtpUpstream>;
export type GraphUpstreamSettings = z.output<typeof graphUpstream>;
export type GmailUpstreamSettings = z.output<typeof gmailUpstream>;
export type UpstreamAuthentication = z.output<typeof authenticationSchema>;

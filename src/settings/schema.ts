import { z } from 'zod';
import { asciiDomain } from './addresses.ts';
import { clientSchema, userSchema } from './schema-clients.ts';
import { listenerSchema } from './schema-listeners.ts';
import { proxySchema, vaultSchema } from './schema-outside.ts';
import { upstreamSchema } from './schema-upstreams.ts';
import { host, mailAddress, name } from './schema-values.ts';
import { duration, size } from './units.ts';

const domain = z
  .string()
  .refine((text) => asciiDomain(text) !== undefined, {
    error: 'is not a domain; write one such as example.com, without @',
  })
  .transform((text) => asciiDomain(text) ?? text)
  .meta({ label: 'domain' });

/** First match wins; every condition that is given has to match. */
export const routeSchema = z
  .strictObject({
    sender: z
      .string()
      .min(1, { error: 'is empty; write an address or leave it out' })
      .optional()
      .meta({ description: 'Exact sender address.' }),
    senderDomain: domain.optional().meta({ description: 'Domain of the sender address.' }),
    recipientDomain: domain
      .optional()
      .meta({ description: 'Domain that all recipients of the message are in.' }),
    client: name.optional().meta({ description: 'Name of a client or user.' }),
    listener: name.optional().meta({ description: 'Name of the listener that took the message.' }),
    upstream: name.meta({ description: 'Where the message goes.' }),
  })
  .meta({ description: 'Chooses the upstream of a message; the first route that matches wins.' });

const contacts = z
  .union([z.string().transform((text) => text.split(/\s+/).filter(Boolean)), z.array(z.string())], {
    error: 'is not a list of e-mail addresses; write [admin@example.com] or one text separated by spaces',
  })
  .pipe(z.array(mailAddress('admin@example.com')))
  .prefault([])
  .meta({ description: 'Administrators who get notices; a list, or one string separated by spaces.' });

const noticesSchema = z
  .strictObject({
    from: mailAddress('relay@example.com')
      .optional()
      .meta({ description: 'From address of all mail that Postern itself sends.' }),
    daily: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'is not a time of day; write one such as "08:00"' })
      .optional()
      .meta({ description: 'Time of the daily notice that proves that alerting works.' }),
    testOnSave: z
      .boolean()
      .default(false)
      .meta({ description: 'Send a test mail to the contacts when the settings are saved.' }),
    webhook: z
      .url({
        protocol: /^https?$/,
        error: 'is not an http or https address; write one such as https://alerts.example.com',
      })
      .optional()
      .meta({ description: 'Alerts are also posted here, as JSON.' }),
  })
  .prefault({});

const queueSchema = z
  .strictObject({
    retry: z
      .array(duration('1m', 'A wait.'))
      .min(1)
      .prefault(['30s', '1m', '2m', '5m', '10m', '20m', '1h'])
      .meta({ description: 'Waits between attempts; the last one repeats. Up to 10 % of jitter is added.' }),
    expireAfter: duration('3d', 'A message that could not be delivered for so long is returned.'),
    warnAfter: duration('4h', 'The sender is warned once when a message waits longer.'),
    keepDelivered: duration('30d', 'How long finished messages stay in the journal.'),
    keepBodies: duration('0s', 'How long the content of a finished message is kept.'),
    keepFailed: duration(
      '7d',
      'How long the content of a failed message is kept, for an operator to try it again; keepBodies counts where it is longer.',
    ),
    keepHeld: duration('30d', 'How long the test relay keeps what it holds.'),
    maxBytes: size('10 GiB', 'Queued and held mail beyond this is answered 452.'),
    minFreeDisk: size('200 MiB', 'Mail is answered 452 while the disk of the store has less free space.'),
  })
  .prefault({});

/** What stands for listeners and clients that the document does not name: this machine alone can send. */
export const DEFAULT_LISTENERS = [{ name: 'default', address: '127.0.0.1', port: 2525 }];
export const DEFAULT_CLIENTS = [{ name: 'this machine', networks: ['127.0.0.0/8', '::1'], senders: ['*'] }];

/** What stands in front of paths and in mail has nothing in it that could be taken for something else. */
function isPlainBase(url: string): boolean {
  if (!URL.canParse(url)) return true; // which is said already
  const { username, password, search, hash } = new URL(url);
  return username === '' && password === '' && search === '' && hash === '' && !/[<>"'\s]/.test(url);
}

/** The settings document of CONTRACT.md; the only source of its types, validation, defaults and reference. */
export const settingsSchema = z
  .strictObject({
    accessUrl: z
      .url({
        protocol: /^https?$/,
        error: 'is not an http or https address; write one such as https://relay.example.com',
      })
      .refine(isPlainBase, {
        error: 'has more than host, port and path; write it without user name, ? and #',
      })
      .default('http://localhost:8025')
      .meta({ description: 'Base of redirect URIs and of links in mail.' }),
    hostname: host.optional().meta({
      description: 'Name used in the SMTP greeting, EHLO and Received; the system’s name if absent.',
    }),
    listeners: z
      .array(listenerSchema)
      .prefault([...DEFAULT_LISTENERS])
      .meta({ description: 'Addresses and ports on which devices reach Postern.' }),
    clients: z
      .array(clientSchema)
      .prefault([...DEFAULT_CLIENTS])
      .meta({ description: 'Who may send; the most specific network wins; nobody else may.' }),
    users: z.array(userSchema).prefault([]).meta({ description: 'SMTP AUTH for devices that can.' }),
    upstreams: z.array(upstreamSchema).prefault([]).meta({ description: 'Where mail is handed to.' }),
    routes: z
      .array(routeSchema)
      .prefault([])
      .meta({ description: 'Choose the upstream of a message; the first that matches wins.' }),
    defaultUpstream: name.optional().meta({
      description: 'Upstream of mail that no route and no client sends elsewhere; the test relay if absent.',
    }),
    contacts,
    notices: noticesSchema,
    proxy: proxySchema.optional().meta({
      description: 'HTTP proxy for connections to the outside: tokens, APIs, upstreams.',
    }),
    vault: vaultSchema.optional().meta({ description: 'Server that keeps secrets, for { vault: … }.' }),
    queue: queueSchema,
  })
  .meta({ description: 'The settings of Postern.' });

/** The document as typed. */
export type SettingsInput = z.input<typeof settingsSchema>;
/** The document with every default filled in; durations in milliseconds, sizes in bytes. */
export type Settings = z.output<typeof settingsSchema>;
export type RouteSettings = z.output<typeof routeSchema>;
export type QueueSettings = Settings['queue'];

/** The upstream that exists without being configured: holds mail and shows it. */
export const TEST_RELAY = 'test-relay';

import { isIP } from 'node:net';
import { z } from 'zod';
import { mailAddress, name, passwordSource } from './schema-values.ts';

/** `10.0.0.0/8`, `::1`, `192.0.2.7`. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}

const network = z.string().refine(isNetwork, {
  error: 'is not a network; write one such as 10.0.0.0/8, 192.0.2.7 or ::1',
});

const senderPattern = z
  .string()
  .refine((text) => text === '*' || text === '<>' || /^[^\s@]*@[^\s@]+$/.test(text), {
    error: 'is not a sender; write an address, an @domain, <> or *',
  });

const compatibility = z
  .strictObject({
    addressesWithoutBrackets: z
      .boolean()
      .default(true)
      .meta({ description: 'Accept MAIL FROM:user@example.com without < and >.' }),
    oddAddresses: z.boolean().default(true).meta({
      description: 'Accept local parts that RFC 5321 forbids, such as a trailing dot, and a missing domain.',
    }),
    bareLineFeeds: z
      .enum(['normalise', 'refuse'], { error: 'must be one of normalise, refuse' })
      .default('normalise')
      .meta({ description: 'What to do with line feeds without carriage return inside a message.' }),
    nulBytes: z
      .enum(['refuse', 'remove'], { error: 'must be one of refuse, remove' })
      .default('refuse')
      .meta({ description: 'What to do with NUL bytes inside a message.' }),
    talksFirst: z
      .boolean()
      .default(false)
      .meta({ description: 'Accept a client that sends commands before the greeting.' }),
  })
  .prefault({});

const policy = {
  senders: z
    .array(senderPattern)
    .default(['*'])
    .meta({ description: 'Sender addresses that are allowed: addresses, @domains or *.' }),
  upstream: name
    .optional()
    .meta({ description: 'Upstream of this client’s mail, unless a route says otherwise.' }),
  rewriteSender: mailAddress('relay@example.com')
    .optional()
    .meta({ description: 'Send this client’s mail as this address; the original stays in Reply-To.' }),
  compatibility,
} as const;

/** A network that may send. */
export const clientSchema = z
  .strictObject({
    name: name.meta({ description: 'Name in routes, in the log and of the lane in the queue.' }),
    networks: z
      .array(network)
      .min(1, { error: 'is an empty list; name at least one network' })
      .meta({ description: 'Networks and addresses that may send, such as 10.1.0.0/16.' }),
    ...policy,
  })
  .meta({ description: 'A network that may send, with its policy.' });

/** A device that signs in with SMTP AUTH; a client of its own. */
export const userSchema = z
  .strictObject({
    name: name.meta({ description: 'User name of SMTP AUTH; also its name as a client.' }),
    password: passwordSource,
    ...policy,
  })
  .meta({ description: 'A user name and password for SMTP AUTH, with its policy.' });

export type ClientSettings = z.output<typeof clientSchema>;
export type UserSettings = z.output<typeof userSchema>;
export type CompatibilitySettings = ClientSettings['compatibility'];

import { isIP } from 'node:net';
import { z } from 'zod';
import { name, port, security, tlsVersion } from './schema-values.ts';
import { duration, size } from './units.ts';

const listenerLimits = z
  .strictObject({
    connections: z.int().min(1).default(2000).meta({ description: 'Connections at once, in all.' }),
    connectionsPerAddress: z
      .int()
      .min(1)
      .default(200)
      .meta({ description: 'Connections at once from one address.' }),
    recipients: z.int().min(1).default(1000).meta({ description: 'Recipients of one message.' }),
    messagesPerConnection: z
      .int()
      .min(1)
      .default(100_000)
      .meta({ description: 'Then the client is asked to connect anew.' }),
    idle: duration('5m', 'Longest wait for the next command (RFC 5321 section 4.5.3.2).'),
    session: duration('1h', 'Longest session without an accepted message.'),
    minimumDataRate: size(
      '100',
      'Bytes a second that a client has to reach, averaged over a minute of DATA.',
    ),
    errors: z
      .int()
      .min(1)
      .default(20)
      .meta({ description: 'Refused or unknown commands before the line is cut.' }),
    hops: z
      .int()
      .min(1)
      .default(50)
      .meta({ description: 'Received fields before a message is taken for a loop.' }),
  })
  .prefault({});

/** An address and port on which devices reach Postern. */
export const listenerSchema = z
  .strictObject({
    name: name.meta({ description: 'Name in routes and in the log.' }),
    address: z
      .string()
      .refine((address) => isIP(address) !== 0, {
        error: 'is not an IP address; write one such as 127.0.0.1, 0.0.0.0 or ::',
      })
      .default('127.0.0.1')
      .meta({ description: 'IP address to listen on; 0.0.0.0 or :: for all.', label: 'IP address' }),
    port: port.default(2525).meta({ description: 'TCP port; 0 lets the system choose one at each start.' }),
    security: security.default('none').meta({ description: 'none, starttls, or tls from the first byte.' }),
    requireTls: z
      .boolean()
      .default(false)
      .meta({ description: 'With starttls: refuse mail on a connection that has not switched to TLS.' }),
    authentication: z
      .enum(['none', 'optional', 'required'], { error: 'must be one of none, optional, required' })
      .default('none')
      .meta({ description: 'Whether SMTP AUTH is offered or demanded.' }),
    certificate: name.default('default').meta({ description: 'Stored server certificate.' }),
    minimumTls: tlsVersion
      .default('TLSv1.2')
      .meta({ description: 'Oldest TLS version, down to TLSv1 for old devices.' }),
    maxMessageSize: size('50 MiB', 'Largest message that is accepted.'),
    limits: listenerLimits,
  })
  .meta({ description: 'An address, port and TLS mode on which devices reach Postern.' });

export type ListenerSettings = z.output<typeof listenerSchema>;

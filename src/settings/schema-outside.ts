import { z } from 'zod';
import { apiAddress } from './schema-oauth2.ts';
import { secretSource } from './schema-values.ts';
import { duration } from './units.ts';

const secret = (description: string) => secretSource.meta({ description, label: 'secret', secret: 'sealed' });

/** The way out, where connections to the outside have to go through an HTTP proxy (CONNECT, RFC 9110 section 9.3.6). */
export const proxySchema = z.strictObject({
  url: apiAddress.meta({ description: 'Address of the proxy, such as http://proxy.example.com:3128.' }),
  user: z.string().min(1).optional().meta({ description: 'User name at the proxy.' }),
  password: secret('Password at the proxy.').optional(),
  bypass: z.array(z.string().min(1)).prefault([]).meta({
    description: 'Hosts, .domains and networks that are reached without it; this machine itself always is.',
  }),
});

/** A HashiCorp Vault or OpenBao server that keeps secrets (KV engine, version 1 or 2). */
export const vaultSchema = z.strictObject({
  address: apiAddress.meta({ description: 'Address of the server, such as https://vault.example.com:8200.' }),
  namespace: z.string().min(1).optional().meta({ description: 'Namespace, where the server has them.' }),
  token: secret('Token that may read the secrets; or use appRole.').optional(),
  appRole: z
    .strictObject({
      roleId: z.string().min(1).meta({ description: 'Id of the role.' }),
      secretId: secret('Secret id of the role.'),
      mount: z.string().min(1).default('approle').meta({ description: 'Where the method is mounted.' }),
    })
    .optional()
    .meta({ description: 'Sign-in as an application (AppRole) in place of a token.' }),
  cache: duration('30s', 'How long a secret is used before it is read again.'),
});

export type ProxySettings = z.output<typeof proxySchema>;
export type VaultSettings = z.output<typeof vaultSchema>;

import { z } from 'zod';
import { mailAddress, secretSource } from './schema-values.ts';

const secret = (description: string) => secretSource.meta({ description, label: 'secret', secret: 'sealed' });

const text = (description: string) =>
  z
    .string()
    .trim()
    .min(1, { error: 'is empty; write it or leave it out' })
    .max(2048, { error: 'is longer than 2048 characters; shorten it' })
    .optional()
    .meta({ description });

/** An address of an API or authorization server. Plain http only on this machine; the checks see to that. */
export const apiAddress = z.url({
  protocol: /^https?$/,
  error: 'is not an address; write one that begins with https://',
});

const day = z.string().refine((date) => /^\d{4}-\d\d-\d\d$/.test(date) && !Number.isNaN(Date.parse(date)), {
  error: 'is not a date; write one such as "2027-01-31"',
});

/** Sign-in with OAuth 2.0 (RFC 6749) at an upstream. Which fields belong together is checked in checks-oauth2.ts. */
export const oauth2Authentication = z.strictObject({
  type: z.literal('oauth2').meta({ description: 'How Postern signs in.' }),
  provider: z
    .enum(['microsoft', 'google', 'generic'], { error: 'must be one of microsoft, google, generic' })
    .meta({ description: 'Whose accounts they are; fills in addresses and scopes.' }),
  flow: z
    .enum(['authorization-code', 'device-code', 'client-credentials', 'service-account'], {
      error: 'must be one of authorization-code, device-code, client-credentials, service-account',
    })
    .default('authorization-code')
    .meta({
      description:
        'How consent is given: authorization-code signs in once in a browser; device-code the same on another device, for machines without a browser; ' +
        'client-credentials needs no person, an administrator grants the application its mailboxes (Microsoft); service-account is the same at Google Workspace.',
    }),
  email: mailAddress('relay@example.com').optional().meta({
    description: 'Account that signs in and gives consent; an alternate login id will do.',
  }),
  mailbox: mailAddress('relay@example.com').optional().meta({
    description:
      'Mailbox that sends, where it is not the account that signs in: a shared mailbox, or the default mailbox of an application.',
  }),
  perSender: z.boolean().default(false).meta({
    description:
      'Send from each sender’s own mailbox where the application was granted it, else from the default mailbox (client-credentials and service-account only).',
  }),
  method: z
    .enum(['auto', 'XOAUTH2', 'OAUTHBEARER'], { error: 'must be one of auto, XOAUTH2, OAUTHBEARER' })
    .default('auto')
    .meta({ description: 'SMTP AUTH mechanism; auto takes what the server offers.' }),
  cloud: z
    .enum(['global', 'us-government', 'us-government-dod', 'china'], {
      error: 'must be one of global, us-government, us-government-dod, china',
    })
    .default('global')
    .meta({ description: 'Microsoft cloud that the tenant is in; fills in all addresses.' }),
  tenantId: text('Directory (tenant) id or domain of a Microsoft account.'),
  clientId: text('Id of the registered application (client id, provider id).'),
  clientSecret: secret(
    'Secret of the registered application: its value, not its id; for Google also the downloaded client JSON.',
  ).optional(),
  clientSecretExpires: day.optional().meta({
    description: 'Day on which the client secret expires, as the provider shows it; Postern warns in time.',
  }),
  clientCertificate: secret(
    'In place of a client secret: PEM with the certificate and its private key.',
  ).optional(),
  clientAssertion: secret(
    'In place of a client secret: a signed token of a workload identity (federated credential), read anew at every use.',
  ).optional(),
  clientAuthentication: z
    .enum(['post', 'basic'], { error: 'must be one of post, basic' })
    .default('post')
    .meta({ description: 'How a generic server gets the client secret: in the form, or as HTTP Basic.' }),
  serviceAccount: secret('JSON key file of a Google service account, as downloaded.').optional(),
  scopes: text('Scopes that are asked for, separated by spaces; filled in by the provider.'),
  audience: text('Audience or resource of the token, where a generic server wants one.'),
  authorizationEndpoint: apiAddress
    .optional()
    .meta({ description: 'Where consent is asked for; filled in by the provider.' }),
  tokenEndpoint: apiAddress
    .optional()
    .meta({ description: 'Where tokens are got; filled in by the provider.' }),
  deviceAuthorizationEndpoint: apiAddress
    .optional()
    .meta({ description: 'Where device codes are got (RFC 8628); filled in by the provider.' }),
});

export type OAuth2Settings = z.output<typeof oauth2Authentication>;

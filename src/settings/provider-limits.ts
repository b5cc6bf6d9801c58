import type { OAuth2Settings } from './schema-oauth2.ts';

/** Servers of the big providers, and what they enforce on a mailbox: for what is filled in, and for what is warned of. Pure. */

/** Client submission of Exchange Online in each cloud (Microsoft Learn, "POP, IMAP, and SMTP settings"). */
export const EXCHANGE_HOSTS: Readonly<Record<OAuth2Settings['cloud'], string>> = {
  global: 'smtp.office365.com',
  'us-government': 'smtp.office365.us',
  'us-government-dod': 'outlook-dod.office365.us',
  china: 'smtp.partner.outlook.cn',
};

export const GMAIL_HOST = 'smtp.gmail.com';

/** Regions of Amazon SES with SMTP (AWS General Reference, "Amazon Simple Email Service endpoints and quotas"). */
export const SES_REGIONS = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'af-south-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-5',
  'ca-central-1',
  'ca-west-1',
  'eu-central-1',
  'eu-central-2',
  'eu-north-1',
  'eu-south-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'sa-east-1',
  'us-gov-east-1',
  'us-gov-west-1',
] as const;

/** The SMTP server of a region of Amazon SES. */
export function sesHost(region: string): string {
  return `email-smtp.${region}.amazonaws.com`;
}

/** Amazon SES takes 50 recipients a message; what else it allows is different for each account ("Service quotas in Amazon SES"). */
export const SES_LIMITS = { recipientsPerMessage: 50 } as const;

/** In the words of the settings of an upstream. */
export interface ProviderLimits {
  /** For sentences. */
  readonly provider: string;
  readonly limits: {
    readonly connections?: number;
    readonly messagesPerMinute?: number;
    readonly recipientsPerDay: number;
    readonly recipientsPerMessage: number;
  };
}

/** Microsoft Learn, "Exchange Online limits": sending limits of a mailbox. */
const MAILBOX = { messagesPerMinute: 30, recipientsPerDay: 10_000, recipientsPerMessage: 500 } as const;

const EXCHANGE: ProviderLimits = { provider: 'Exchange Online', limits: { connections: 3, ...MAILBOX } };

/** The same mailbox behind Microsoft Graph, which takes four requests at once ("Outlook service limits"). */
const GRAPH: ProviderLimits = { provider: 'Microsoft Graph', limits: { connections: 4, ...MAILBOX } };

/** Google Workspace, "Gmail sending limits": 2,000 messages a day; 100 recipients a message over SMTP, 500 over the API. */
const GMAIL: ProviderLimits = {
  provider: 'Gmail',
  limits: { recipientsPerDay: 2000, recipientsPerMessage: 100 },
};
const GMAIL_API: ProviderLimits = {
  provider: 'Gmail',
  limits: { recipientsPerDay: 2000, recipientsPerMessage: 500 },
};

/** The limits behind an upstream of this kind; `host` is that of an SMTP server. Undefined where none are known. */
export function providerLimits(kind: unknown, host: string | undefined): ProviderLimits | undefined {
  if (kind === 'graph') return GRAPH;
  if (kind === 'gmail') return GMAIL_API;
  const server = kind === 'smtp' ? host?.toLowerCase() : undefined;
  if (server === GMAIL_HOST) return GMAIL;
  return Object.values(EXCHANGE_HOSTS).some((known) => known === server) ? EXCHANGE : undefined;
}

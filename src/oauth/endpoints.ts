import { microsoftTenant } from '../settings/microsoft-tenant.ts';
import { EXCHANGE_HOSTS, GMAIL_HOST } from '../settings/provider-limits.ts';
import type { OAuth2Settings } from '../settings/schema-oauth2.ts';

/**
 * Where the providers are, and what is asked of them when nothing was typed. Pure.
 * Sources: Microsoft, "National clouds" and "Authenticate an IMAP, POP or SMTP connection using OAuth"; Google, "Using OAuth 2.0 to Access Google APIs".
 */

/** What a token is for; it decides the scope. */
export type TokenPurpose = 'smtp' | 'graph' | 'gmail';

export interface MicrosoftCloud {
  /** Host of the authority. */
  readonly authority: string;
  /** Base address of Graph. */
  readonly graph: string;
  /** Submission host of Exchange Online, port 587. */
  readonly smtp: string;
  /** Resource of Exchange that a person consents to. */
  readonly delegated: string;
  /** Resource of Exchange for an application that needs no person. */
  readonly application: string;
  /** The admin center in which applications are registered. */
  readonly portal: string;
}

/** By the `cloud` of the settings. */
export const MICROSOFT_CLOUDS: Readonly<Record<OAuth2Settings['cloud'], MicrosoftCloud>> = {
  global: {
    authority: 'login.microsoftonline.com',
    graph: 'https://graph.microsoft.com',
    smtp: EXCHANGE_HOSTS.global,
    delegated: 'https://outlook.office.com',
    application: 'https://outlook.office365.com',
    portal: 'https://entra.microsoft.com',
  },
  'us-government': {
    authority: 'login.microsoftonline.us',
    graph: 'https://graph.microsoft.us',
    smtp: EXCHANGE_HOSTS['us-government'],
    delegated: 'https://outlook.office365.us',
    application: 'https://outlook.office365.us',
    portal: 'https://entra.microsoft.us',
  },
  'us-government-dod': {
    authority: 'login.microsoftonline.us',
    graph: 'https://dod-graph.microsoft.us',
    smtp: EXCHANGE_HOSTS['us-government-dod'],
    delegated: 'https://outlook-dod.office365.us',
    application: 'https://outlook-dod.office365.us',
    portal: 'https://entra.microsoft.us',
  },
  china: {
    authority: 'login.partner.microsoftonline.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    smtp: EXCHANGE_HOSTS.china,
    delegated: 'https://partner.outlook.cn',
    application: 'https://partner.outlook.cn',
    portal: 'https://entra.microsoftonline.cn',
  },
};

export const GOOGLE = {
  authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
  token: 'https://oauth2.googleapis.com/token',
  device: 'https://oauth2.googleapis.com/device/code',
  api: 'https://gmail.googleapis.com',
  smtp: GMAIL_HOST,
} as const;

/** Where one upstream's provider is asked; absent where nobody said. */
export interface Endpoints {
  readonly authorization?: string;
  readonly token?: string;
  readonly device?: string;
}

/** The addresses in force: as typed, and the rest filled in by the provider. */
export function endpointsOf(settings: OAuth2Settings): Endpoints {
  const typed = {
    ...(settings.authorizationEndpoint === undefined
      ? {}
      : { authorization: settings.authorizationEndpoint }),
    ...(settings.tokenEndpoint === undefined ? {} : { token: settings.tokenEndpoint }),
    ...(settings.deviceAuthorizationEndpoint === undefined
      ? {}
      : { device: settings.deviceAuthorizationEndpoint }),
  };
  if (settings.provider === 'generic') return typed;
  if (settings.provider === 'google') {
    return { authorization: GOOGLE.authorization, token: GOOGLE.token, device: GOOGLE.device, ...typed };
  }
  return { ...microsoftEndpoints(settings), ...typed };
}

/** What is asked for: the typed scopes, or those that the purpose needs. `undefined` where only the administrator knows. */
export function scopesOf(settings: OAuth2Settings, purpose: TokenPurpose): string | undefined {
  if (settings.scopes !== undefined) return settings.scopes.split(/\s+/).join(' ');
  if (settings.provider === 'google') {
    return purpose === 'gmail' ? 'https://www.googleapis.com/auth/gmail.send' : 'https://mail.google.com/';
  }
  if (settings.provider === 'generic') return undefined;
  const cloud = MICROSOFT_CLOUDS[settings.cloud];
  if (settings.flow === 'client-credentials') {
    return `${purpose === 'graph' ? cloud.graph : cloud.application}/.default`;
  }
  return purpose === 'graph'
    ? `${cloud.graph}/Mail.Send offline_access`
    : `${cloud.delegated}/SMTP.Send offline_access`;
}

function microsoftEndpoints(settings: OAuth2Settings): Endpoints {
  const typed = settings.tokenEndpoint ?? settings.authorizationEndpoint;
  const beside = typed === undefined ? null : /^(.*\/)(?:token|authorize)\/?$/.exec(typed);
  const tenant = encodeURIComponent(microsoftTenant(settings) ?? 'organizations');
  const base = beside?.[1] ?? `https://${MICROSOFT_CLOUDS[settings.cloud].authority}/${tenant}/oauth2/v2.0/`;
  return { authorization: `${base}authorize`, token: `${base}token`, device: `${base}devicecode` };
}

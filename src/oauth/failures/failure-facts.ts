import { microsoftTenant } from '../../settings/microsoft-tenant.ts';
import type { OAuth2Settings } from '../../settings/schema-oauth2.ts';
import { authorizeWays } from '../../shared/own-commands.ts';
import { endpointsOf, MICROSOFT_CLOUDS, scopesOf, type TokenPurpose } from '../endpoints.ts';
import type { NoToken } from '../token-source.ts';

/** What remedies are filled in with. */
export interface FailureFacts {
  /** Name of the upstream. */
  readonly upstream: string;
  readonly settings: OAuth2Settings;
  readonly purpose?: TokenPurpose;
  /** The redirect URI of the sign-in, where there was one. */
  readonly redirectUri?: string;
  /** Where the request went, where that is not the token endpoint. */
  readonly endpoint?: string;
  /** The mailbox that a service account was to act for. */
  readonly mailbox?: string;
  /** Client id of the service account, from its key file. */
  readonly serviceAccountClientId?: string;
}

/** One failure that is known: how it is recognised, and what is said about it. All conditions that are given have to hold. */
export interface FailureRow {
  /** Numbers of Microsoft, from `error_codes` or as AADSTS… in the text. */
  readonly aadsts?: readonly number[];
  /** OAuth error codes. */
  readonly error?: readonly string[];
  /** Found in `error_description` or `error_subtype`. */
  readonly text?: RegExp;
  readonly flow?: readonly OAuth2Settings['flow'][];
  readonly reason: NoToken['reason'];
  /** The grant is void; asking again with the same one is no use. */
  readonly final?: boolean;
  /** One sentence: what happened. */
  says(facts: FailureFacts): string;
  /** The exact command or page. */
  remedy(facts: FailureFacts): string;
}

/** The application, as the settings name it. */
export function clientIdOf({ settings }: FailureFacts): string {
  return settings.clientId ?? '(no clientId is set)';
}

/** The Microsoft tenant, typed or out of a typed endpoint. */
export function tenantOf({ settings }: FailureFacts): string {
  return microsoftTenant(settings) ?? 'organizations';
}

/** What was asked for. */
export function scopesText({ settings, purpose }: FailureFacts): string {
  return scopesOf(settings, purpose ?? 'smtp') ?? '(no scopes are set)';
}

/** The account that is to sign in. */
export function accountText({ settings, mailbox }: FailureFacts): string {
  return mailbox ?? settings.email ?? settings.mailbox ?? 'the account';
}

/** Host that was asked: mostly the one that tokens come from. */
export function tokenHost({ settings, endpoint }: FailureFacts): string {
  const address = endpoint ?? endpointsOf(settings).token;
  return address !== undefined && URL.canParse(address) ? new URL(address).host : 'the token endpoint';
}

/** How a person consents anew, in words that end a sentence. */
export function signInAgain(facts: FailureFacts): string {
  return `sign in again ${authorizeWays(facts.upstream)}`;
}

/** A page of the registered application in the admin center of its cloud. */
export function applicationPage(
  facts: FailureFacts,
  page: 'Overview' | 'Credentials' | 'Authentication' | 'CallAnAPI',
): string {
  const { portal } = MICROSOFT_CLOUDS[facts.settings.cloud];
  return `${portal}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/${page}/appId/${encodeURIComponent(clientIdOf(facts))}`;
}

/** Where an administrator consents for everybody. */
export function adminConsentPage(facts: FailureFacts): string {
  const { authority } = MICROSOFT_CLOUDS[facts.settings.cloud];
  return `https://${authority}/${encodeURIComponent(tenantOf(facts))}/adminconsent?client_id=${encodeURIComponent(clientIdOf(facts))}`;
}

/** The redirect URIs that are registered with the application: the one of this sign-in, or how they look. */
export function redirectUris({ redirectUri }: FailureFacts): string {
  return (
    redirectUri ??
    '<accessUrl>/login/smtp-verification (and <accessUrl>/pmpredirect/AzureOAuth where it is used)'
  );
}

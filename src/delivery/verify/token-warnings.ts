import { MICROSOFT_CLOUDS, scopesOf, type TokenPurpose } from '../../oauth/endpoints.ts';
import type { TokenClaims } from '../../oauth/token-claims.ts';
import { isApplicationFlow } from '../../settings/oauth-flow.ts';
import type { OAuth2Settings } from '../../settings/schema-oauth2.ts';
import { authorizeWays } from '../../shared/own-commands.ts';

/**
 * What is odd about a token that was got without complaint, and will be refused where it is used. Pure: claims and granted scopes in,
 * a sentence and its remedy out.
 */
export interface TokenWarning {
  readonly text: string;
  readonly remedy: string;
}

/** A token as far as people may see it. */
export interface TokenFacts {
  readonly upstream: string;
  readonly settings: OAuth2Settings;
  readonly purpose: TokenPurpose;
  /** Absent for a token that cannot be read, as those of Google. */
  readonly claims: TokenClaims | undefined;
  /** As granted, separated by spaces, where the provider says it. */
  readonly scopes: string | undefined;
  /** Milliseconds that it lives on. */
  readonly lifetime: number;
  /** The mailbox that sends. */
  readonly mailbox: string | undefined;
}

/** Exchange wants a token to live ten minutes more (`Token will expire soon`). */
const SHORTEST_LIFE = 10 * 60_000;
/** The id by which tokens of version 1 may name Exchange Online. */
const EXCHANGE_RESOURCE = '00000002-0000-0ff1-ce00-000000000000';
const GRAPH_RESOURCE = '00000003-0000-0000-c000-000000000000';

const authorize = ({ upstream, settings }: TokenFacts): string =>
  !isApplicationFlow(settings.flow) ? ` Then authorize again ${authorizeWays(upstream)}` : '';

/** Rows of which each says one thing, or nothing. */
const ROWS: readonly ((facts: TokenFacts) => TokenWarning | undefined)[] = [
  wrongAudience,
  missingRole,
  missingScope,
  missingGoogleScope,
  wrongTenant,
  shortLife,
];

export function tokenWarnings(facts: TokenFacts): readonly TokenWarning[] {
  return ROWS.flatMap((row) => row(facts) ?? []);
}

function wrongAudience(facts: TokenFacts): TokenWarning | undefined {
  const { settings, purpose, claims, upstream } = facts;
  if (settings.provider !== 'microsoft' || claims?.aud === undefined || purpose === 'gmail') return undefined;
  const cloud = MICROSOFT_CLOUDS[settings.cloud];
  const right =
    purpose === 'graph'
      ? [cloud.graph, GRAPH_RESOURCE]
      : [cloud.delegated, cloud.application, EXCHANGE_RESOURCE];
  const audience = claims.aud.replace(/\/+$/, '').toLowerCase();
  if (right.includes(audience)) return undefined;
  const wanted = scopesOf({ ...settings, scopes: undefined }, purpose) ?? '';
  const service = purpose === 'graph' ? 'Microsoft Graph' : 'Exchange';
  return {
    text: `The token is for ${claims.aud}, and ${service} takes only tokens for ${right[0]}.`,
    remedy: `Leave authentication.scopes of the upstream ${upstream} out, or set it to: ${wanted}.${authorize(facts)}`,
  };
}

function missingRole(facts: TokenFacts): TokenWarning | undefined {
  const { settings, purpose, claims } = facts;
  if (settings.provider !== 'microsoft' || settings.flow !== 'client-credentials' || !claims)
    return undefined;
  const wanted = purpose === 'graph' ? 'Mail.Send' : 'SMTP.SendAsApp';
  if (claims.roles?.includes(wanted) === true) return undefined;
  const api = purpose === 'graph' ? 'Microsoft Graph' : 'Office 365 Exchange Online';
  const mailbox =
    purpose === 'graph'
      ? ''
      : ' Then let it into the mailbox, in Exchange Online PowerShell: ' +
        `New-ServicePrincipal -AppId ${settings.clientId ?? 'CLIENT-ID'} -ObjectId OBJECT-ID-OF-THE-ENTERPRISE-APPLICATION; ` +
        `Add-MailboxPermission -Identity ${facts.mailbox ?? 'MAILBOX'} -User OBJECT-ID-OF-THE-ENTERPRISE-APPLICATION -AccessRights FullAccess`;
  return {
    text: `The application has no permission ${wanted} in this tenant.`,
    remedy:
      `At ${MICROSOFT_CLOUDS[settings.cloud].portal}: App registrations, application ${settings.clientId ?? '(client id)'}, API permissions, ` +
      `Add a permission, ${api}, Application permissions, ${wanted}; then Grant admin consent (it may take an hour to work).${mailbox}`,
  };
}

function missingScope(facts: TokenFacts): TokenWarning | undefined {
  const { settings, purpose, claims, upstream } = facts;
  if (settings.provider !== 'microsoft' || settings.flow === 'client-credentials') return undefined;
  const granted = claims?.scp ?? facts.scopes;
  if (granted === undefined) return undefined;
  const wanted = purpose === 'graph' ? 'Mail.Send' : 'SMTP.Send';
  const names = granted.split(/\s+/).map((scope) => scope.slice(scope.lastIndexOf('/') + 1).toLowerCase());
  if (names.includes(wanted.toLowerCase())) return undefined;
  return {
    text: `The consent does not hold ${wanted}; it holds: ${granted}.`,
    remedy: `Leave authentication.scopes of the upstream ${upstream} out, or set it to: ${scopesOf({ ...settings, scopes: undefined }, purpose)}.${authorize(facts)}`,
  };
}

const GOOGLE_SMTP = 'https://mail.google.com/';
/** Google, "users.messages.send", Authorization scopes. */
const GOOGLE_API = [
  GOOGLE_SMTP,
  'https://www.googleapis.com/auth/gmail.send',
  'https://www.googleapis.com/auth/gmail.modify',
  'https://www.googleapis.com/auth/gmail.compose',
];

function missingGoogleScope(facts: TokenFacts): TokenWarning | undefined {
  const { settings, purpose, scopes, upstream } = facts;
  if (settings.provider !== 'google' || scopes === undefined) return undefined;
  const right = purpose === 'gmail' ? GOOGLE_API : [GOOGLE_SMTP];
  const granted = scopes.split(/\s+/);
  if (granted.some((scope) => right.includes(scope))) return undefined;
  const delegation =
    settings.flow === 'service-account'
      ? ' For a service account add that scope at https://admin.google.com/ac/owl/domainwidedelegation too.'
      : '';
  const wanted = purpose === 'gmail' ? 'https://www.googleapis.com/auth/gmail.send' : GOOGLE_SMTP;
  return {
    text:
      purpose === 'gmail'
        ? `The token may not send mail; it was granted: ${scopes}.`
        : `SMTP at Gmail needs the scope ${GOOGLE_SMTP}; granted was: ${scopes}.`,
    remedy: `Leave authentication.scopes of the upstream ${upstream} out, or set it to: ${wanted}.${delegation}${authorize(facts)}`,
  };
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function wrongTenant({ settings, claims, upstream }: TokenFacts): TokenWarning | undefined {
  const { tenantId } = settings;
  if (settings.provider !== 'microsoft' || tenantId === undefined || !GUID.test(tenantId)) return undefined;
  if (claims?.tid === undefined || claims.tid.toLowerCase() === tenantId.toLowerCase()) return undefined;
  return {
    text: `The token is of the tenant ${claims.tid}, and the settings name ${tenantId}.`,
    remedy: `Set authentication.tenantId of the upstream ${upstream} to the tenant of the mailbox.`,
  };
}

function shortLife(facts: TokenFacts): TokenWarning | undefined {
  const { lifetime, purpose, settings, upstream } = facts;
  if (lifetime >= SHORTEST_LIFE) return undefined;
  const exchange = settings.provider === 'microsoft' && purpose === 'smtp';
  return {
    text: `The token lives for ${lifeText(lifetime)} only${exchange ? ', and Exchange refuses one that ends within ten minutes' : ''}.`,
    remedy: `Raise the lifetime of access tokens at the provider of the upstream ${upstream} to half an hour or more.`,
  };
}

/** `59 minutes`, `40 seconds`. */
export function lifeText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
  return `${Math.floor(seconds / 60)} minutes`;
}

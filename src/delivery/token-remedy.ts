import { authorizeWays, verifyCommand } from '../shared/own-commands.ts';
import { grantInExchange, isApplication, mailboxOf } from './classification-words.ts';
import type { ClassificationContext, OAuthFacts } from './classify.ts';

const GUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;
/** Microsoft Graph, by address in any cloud or by its application id. */
const GRAPH = /graph\.microsoft|microsoftgraph|^00000003-0000-0000-c000-000000000000$/i;

/** What to do about a token that an SMTP server refused: read from the token where it tells, else what is usual at this provider. */
export function tokenRemedy(context: ClassificationContext): string {
  switch (context.oauth?.provider) {
    case 'microsoft':
      return microsoftRemedy(context, context.oauth);
    case 'google':
      return googleRemedy(context, context.oauth);
    case 'generic':
    case undefined:
      return (
        'Check that the server takes tokens of this provider with these scopes and this audience, and that ' +
        `${mailboxOf(context)} is the account that gave consent; ${again(context)}`
      );
  }
}

function again({ upstream, oauth }: ClassificationContext): string {
  return isApplication(oauth)
    ? `then try: ${verifyCommand(upstream)}`
    : `then authorize again ${authorizeWays(upstream)}`;
}

function microsoftRemedy(context: ClassificationContext, oauth: OAuthFacts): string {
  const { claims } = oauth;
  const application = isApplication(oauth);
  if (claims?.aud !== undefined && GRAPH.test(claims.aud)) {
    const scopes = application
      ? 'https://outlook.office365.com/.default'
      : 'https://outlook.office.com/SMTP.Send offline_access';
    return `The token is for Microsoft Graph and not for Outlook: set authentication.scopes of the upstream ${context.upstream} to ${scopes}, ${again(context)}`;
  }
  if (claims?.tid !== undefined && GUID.test(oauth.tenantId ?? '') && !same(claims.tid, oauth.tenantId)) {
    return `The token is of another tenant than the settings say: check authentication.tenantId of the upstream ${context.upstream}, ${again(context)}`;
  }
  if (application) {
    const role = claims === undefined || claims.roles?.includes('SMTP.SendAsApp') === true;
    return (
      (role
        ? ''
        : 'The token lacks the role SMTP.SendAsApp: in Entra give the application that permission of Office 365 Exchange Online, with admin consent. ') +
      `The application needs the mailbox, in Exchange Online PowerShell: ${grantInExchange(context)}; ${again(context)}`
    );
  }
  if (claims?.scp !== undefined && !/(?:^|\s)SMTP\.Send(?:\s|$)/i.test(claims.scp)) {
    return `The token lacks the scope SMTP.Send: set authentication.scopes of the upstream ${context.upstream} to https://outlook.office.com/SMTP.Send offline_access, ${again(context)}`;
  }
  const mailbox = mailboxOf(context);
  return (
    `Check that the account which gave consent is ${mailbox}, or has its full access (Add-MailboxPermission -Identity ${mailbox} -User ACCOUNT -AccessRights FullAccess), ` +
    'that tenant and cloud are its own, and that SMTP AUTH is on: ' +
    `Get-CASMailbox -Identity ${mailbox} | Format-List SmtpClientAuthenticationDisabled; ${again(context)}`
  );
}

function same(one: string, other: string | undefined): boolean {
  return one.toLowerCase() === other?.toLowerCase();
}

function googleRemedy(context: ClassificationContext, oauth: OAuthFacts): string {
  const scope = 'SMTP needs the scope https://mail.google.com/ (gmail.send is not enough)';
  if (isApplication(oauth)) {
    return (
      `${scope}: in the Google Admin console, under Security, API controls, Domain-wide delegation, give it to the client id of the service account; ` +
      `check that ${mailboxOf(context)} is a mailbox with Gmail; ${again(context)}`
    );
  }
  return `${scope}; check that ${mailboxOf(context)} is the account that gave consent, and authorize again ${authorizeWays(context.upstream)}`;
}

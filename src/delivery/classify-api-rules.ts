import { authorizeCommand, verifyCommand } from '../shared/own-commands.ts';
import { ANY_SENDER, rewriteOr } from './classification-words.ts';
import type { UpstreamVerdict } from './classify.ts';
import type { ApiContext, ApiRefusal, ApiRule, ApiVerdict } from './classify-api.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Bytes of a message above which a 200 in place of 202 means that sendMail dropped it (microsoft-graph-docs-contrib issue 3079). */
export const SILENTLY_DROPPED = 2 * 1024 * 1024;

type Sentence = string | ((context: ApiContext) => string);

/** A fact about the upstream; waits as long as the API says, else `wait` ms. */
function unavailable(
  reason: UpstreamVerdict['reason'],
  text: Sentence,
  remedy: Sentence,
  wait?: number,
): ApiRule['verdict'] {
  return (context, refusal) => {
    const retryAfter = refusal.retryAfter ?? wait;
    return {
      verdict: {
        kind: 'unavailable',
        reason,
        text: say(text, context),
        remedy: say(remedy, context),
        ...(retryAfter === undefined ? {} : { retryAfter }),
      },
    };
  };
}

function say(sentence: Sentence, context: ApiContext): string {
  return typeof sentence === 'string' ? sentence : sentence(context);
}

function rejected(
  reason: 'sender' | 'recipient' | 'content',
  enhanced: string,
  remedy?: Sentence,
  tries?: number,
): ApiRule['verdict'] {
  return (context) => ({
    verdict: {
      kind: 'rejected',
      reason,
      ...(remedy === undefined ? {} : { remedy: say(remedy, context) }),
    },
    enhanced,
    ...(tries === undefined ? {} : { tries }),
  });
}

function crowded(_context: ApiContext, refusal: ApiRefusal): ApiVerdict {
  return {
    verdict: { kind: 'deferred', reason: 'connections', retryAfter: refusal.retryAfter ?? 10 * SECOND },
    enhanced: '4.3.2',
  };
}

const throttled = unavailable(
  'throttled',
  ({ host }) => `${host} asks for patience.`,
  'Nothing to do: Postern tries again by itself.',
);

const oversize = rejected(
  'content',
  '5.3.4',
  ({ upstream }) =>
    `Make the message smaller, or name a fallback of the upstream ${upstream} that takes larger ones.`,
);

const tokenRefused = unavailable(
  'authentication',
  ({ host }) => `${host} does not take the access token, a new one neither.`,
  ({ upstream }) =>
    `Check tenant, cloud and scopes of the upstream ${upstream}, and look at its token: ${verifyCommand(upstream)}`,
);

/** Role Based Access Control for Applications in Exchange Online; New-ManagementRoleAssignment. */
function grantMailbox({ clientId, mailbox, delegated, upstream }: ApiContext): string {
  if (delegated) {
    return (
      `Consent to Mail.Send (Mail.Send.Shared and send-as rights where ${mailbox} is another mailbox): ` +
      authorizeCommand(upstream)
    );
  }
  return (
    'In Exchange Online PowerShell: New-ManagementRoleAssignment -App ' +
    `${clientId} -Role "Application Mail.Send" -CustomResourceScope SCOPE (the scope has to include ${mailbox}); ` +
    'or grant the application permission Mail.Send of Microsoft Graph with admin consent in Entra. It takes effect after 30 minutes to 2 hours.'
  );
}

const NO_ACCESS = ['ErrorAccessDenied', 'AccessDenied', 'Authorization_RequestDenied', 'Forbidden'];
const NO_MAILBOX = [
  'ErrorMailboxNotEnabledForRESTAPI',
  'MailboxNotEnabledForRESTAPI',
  'MailboxNotHostedInExchangeOnline',
  'ErrorNonExistentMailbox',
  'ErrorInvalidUser',
  'ErrorInvalidMailbox',
  'ErrorMissingEmailAddress',
  'Request_ResourceNotFound',
  'ResourceNotFound',
  'OrganizationFromTenantGuidNotFound',
];

/** Answers of Microsoft Graph for mail, from its documentation and issue trackers. Read from the top. */
export const graphRules: readonly ApiRule[] = [
  { statuses: [401], verdict: tokenRefused },
  {
    codes: ['ErrorSendAsDenied'],
    verdict: rejected(
      'sender',
      '5.7.60',
      ({ upstream, mailbox }) =>
        `${rewriteOr(upstream)}allow the mailbox to send as this sender: ` +
        `Add-RecipientPermission ${ANY_SENDER} -AccessRights SendAs -Trustee ${mailbox}`,
    ),
  },
  {
    codes: [...NO_ACCESS, ...NO_MAILBOX],
    ownMailbox: true,
    verdict: rejected('sender', '5.7.1', grantMailbox),
  },
  {
    codes: NO_MAILBOX,
    verdict: unavailable(
      'configuration',
      ({ mailbox }) => `Exchange Online has no mailbox ${mailbox} that Microsoft Graph can use.`,
      ({ mailbox, upstream }) =>
        `Check mailbox and email of the upstream ${upstream}: ${mailbox} needs an Exchange Online licence, and may not be on-premises or inactive.`,
    ),
  },
  {
    codes: NO_ACCESS,
    verdict: unavailable(
      'configuration',
      ({ mailbox }) => `Microsoft Graph does not let the application send from ${mailbox}.`,
      grantMailbox,
    ),
  },
  {
    codes: ['ErrorQuotaExceeded', 'ErrorMailboxStoreUnavailableQuotaExceeded'],
    verdict: unavailable(
      'configuration',
      'The sending mailbox is full: Exchange cannot file the message under Sent Items.',
      ({ mailbox }) => `Empty the Sent Items of ${mailbox}, or give it an archive or a retention policy.`,
    ),
  },
  {
    codes: ['ErrorSubmissionQuotaExceeded', 'ErrorExceededMessageLimit', 'SubmissionQuotaExceeded'],
    verdict: unavailable(
      'quota',
      'The mailbox has reached its limit of recipients within 24 hours.',
      ({ upstream }) =>
        `Wait, or spread the mail over several mailboxes; set limits.recipientsPerDay of the upstream ${upstream} to stay below.`,
      HOUR,
    ),
  },
  {
    codes: ['ErrorAccountSuspend', 'ErrorMessageSubmissionBlocked'],
    verdict: unavailable(
      'configuration',
      ({ mailbox }) => `Exchange Online has blocked ${mailbox} from sending.`,
      'Release it in the Defender portal under Restricted entities, once the reason is known.',
    ),
  },
  {
    codes: ['ErrorMimeContentInvalidBase64String', 'ErrorMimeContentInvalid'],
    verdict: rejected('content', '5.6.0', undefined, 2),
  },
  { statuses: [413], verdict: oversize },
  {
    codes: ['ErrorMessageSizeExceeded', 'RequestEntityTooLarge', 'ErrorAttachmentSizeLimitExceeded'],
    verdict: oversize,
  },
  {
    statuses: [400],
    text: /maximum request length|exceeds the maximum (?:supported )?size/i,
    verdict: oversize,
  },
  {
    statuses: [200],
    verdict: (context, refusal) =>
      context.final && context.size > SILENTLY_DROPPED
        ? oversize(context, refusal)
        : { verdict: { kind: 'deferred', reason: context.final ? 'in-doubt' : 'busy' }, enhanced: '4.4.2' },
  },
  {
    codes: [
      'ErrorInvalidRecipients',
      'ErrorInvalidSmtpAddress',
      'ErrorRecipientNotFound',
      'ErrorNoRecipients',
    ],
    verdict: rejected('recipient', '5.1.3'),
  },
  {
    statuses: [400],
    text: /\brecipients?\b.{0,300}\b(?:not valid|invalid|not be resolved|not resolved)\b|no recipients/i,
    verdict: rejected('recipient', '5.1.3'),
  },
  { text: /MailboxConcurrency|concurren/i, statuses: [429], verdict: crowded },
  { statuses: [429, 503, 509], verdict: throttled },
  { codes: ['ErrorServerBusy', 'TooManyRequests', 'ApplicationThrottled'], verdict: throttled },
];

const gmailScope = unavailable(
  'configuration',
  'The access token has no leave to send mail over the Gmail API.',
  ({ upstream, delegated }) =>
    delegated
      ? `Consent to the scope https://www.googleapis.com/auth/gmail.send: ${authorizeCommand(upstream)}`
      : 'In the Google Admin console under Security, API controls, Domain-wide delegation: allow the client id of the service account the scope https://www.googleapis.com/auth/gmail.send',
);

const gmailOff = unavailable(
  'configuration',
  ({ mailbox }) => `Gmail is not switched on for ${mailbox}.`,
  ({ mailbox, upstream }) =>
    `Check that ${mailbox} is a user with a Gmail licence; a service account sends as the mailbox of the upstream ${upstream}, never as itself.`,
);

/** Answers of the Gmail API, from "Resolve errors" of its guide. Read from the top. */
export const gmailRules: readonly ApiRule[] = [
  { statuses: [401], verdict: tokenRefused },
  { statuses: [429], text: /concurrent requests/i, verdict: crowded },
  {
    statuses: [403, 429],
    codes: ['dailyLimitExceeded', 'quotaExceeded', 'dailyLimitExceededUnreg'],
    verdict: unavailable(
      'quota',
      'The daily limit of the Gmail API or of the mailbox is reached.',
      ({ upstream }) =>
        `Wait, or set limits.recipientsPerDay of the upstream ${upstream} to stay below; the project's limits are in the Google Cloud console.`,
      HOUR,
    ),
  },
  {
    statuses: [403, 429],
    text: /mail sending|daily (?:user )?sending (?:limit|quota)/i,
    verdict: unavailable(
      'quota',
      ({ mailbox }) => `${mailbox} has reached its sending limit.`,
      ({ upstream }) =>
        `Wait a day, or set limits.recipientsPerDay of the upstream ${upstream} to stay below.`,
      HOUR,
    ),
  },
  { statuses: [403, 429], codes: ['rateLimitExceeded', 'userRateLimitExceeded'], verdict: throttled },
  { statuses: [429, 503], verdict: throttled },
  { codes: ['insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'], verdict: gmailScope },
  {
    codes: ['accessNotConfigured', 'SERVICE_DISABLED'],
    verdict: unavailable(
      'configuration',
      'The Gmail API is switched off in the Google Cloud project of the client.',
      'Switch it on in the Google Cloud console: APIs and services, Library, Gmail API; it takes effect after some minutes.',
    ),
  },
  {
    codes: [
      'delegationDenied',
      'failedPrecondition',
      'FAILED_PRECONDITION',
      'domainPolicy',
      'forbidden',
      'notFound',
    ],
    ownMailbox: true,
    verdict: rejected(
      'sender',
      '5.7.1',
      ({ mailbox }) =>
        `Check that ${mailbox} is a user with Gmail, and that domain-wide delegation covers it.`,
    ),
  },
  { codes: ['failedPrecondition', 'FAILED_PRECONDITION'], verdict: gmailOff },
  {
    codes: ['domainPolicy'],
    verdict: unavailable(
      'configuration',
      'The administrators of the domain have switched off Gmail or this application.',
      'In the Google Admin console, allow Gmail and the application under Security, API controls.',
    ),
  },
  {
    codes: ['delegationDenied'],
    verdict: unavailable(
      'configuration',
      ({ mailbox }) => `Gmail does not let the account act for ${mailbox}.`,
      ({ upstream }) =>
        `Check mailbox of the upstream ${upstream}, and the domain-wide delegation of the service account.`,
    ),
  },
  { statuses: [413], verdict: oversize },
  { codes: ['uploadTooLarge', 'requestTooLarge'], verdict: oversize },
  {
    statuses: [400],
    text: /too large|exceed\S* .{0,40}(?:size|limit)|size .{0,40}exceed/i,
    verdict: oversize,
  },
  {
    statuses: [400],
    text: /(?:invalid|missing) (?:to|cc|bcc)\b|invalid recipient|recipient address required/i,
    verdict: rejected('recipient', '5.1.3'),
  },
  {
    statuses: [400],
    text: /(?:invalid|missing) (?:from|sender)\b/i,
    verdict: rejected('sender', '5.7.1'),
  },
];

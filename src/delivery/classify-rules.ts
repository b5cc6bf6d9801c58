import type {
  ClassificationContext,
  ClassificationRule,
  Stage,
  UpstreamVerdict,
  Verdict,
} from './classify.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Where a message or recipient is refused, as opposed to the connection. */
const MESSAGE: readonly Stage[] = ['mail', 'rcpt', 'data', 'final'];
const ANY_AUTHENTICATION: readonly Stage[] = ['auth', ...MESSAGE];

type Sentence = string | ((context: ClassificationContext) => string);

/** A fact about the upstream. */
function unavailable(
  reason: UpstreamVerdict['reason'],
  text: Sentence,
  remedy: Sentence,
  retryAfter?: number,
): (context: ClassificationContext) => UpstreamVerdict {
  return (context) => ({
    kind: 'unavailable',
    reason,
    text: say(text, context),
    remedy: say(remedy, context),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

function say(sentence: Sentence, context: ClassificationContext): string {
  return typeof sentence === 'string' ? sentence : sentence(context);
}

const mailbox = (context: ClassificationContext): string => context.user ?? 'MAILBOX';

const useOauth = unavailable(
  'authentication',
  ({ host }) => `${host} does not take passwords any more.`,
  ({ upstream }) => `Set authentication of the upstream ${upstream} to type oauth2.`,
);

const senderRefused = ({ upstream, user }: ClassificationContext): Verdict => ({
  kind: 'rejected',
  reason: 'sender',
  remedy:
    `Set from.address and from.rewrite: if-refused of the upstream ${upstream}, or allow the account to send as this sender: ` +
    `Add-RecipientPermission SENDER -AccessRights SendAs -Trustee ${user ?? 'ACCOUNT'}`,
});

/**
 * The SMTP replies that say more than their code, from public documentation of Microsoft Exchange Online and Gmail, and of common servers. Read
 * from the top; the more exact row comes first. Rows that read the name of an exception do not look at the code.
 */
export const classificationRules: readonly ClassificationRule[] = [
  // Gmail: the user of a service account is the mailbox that it sends for.
  {
    stages: ['auth'],
    user: /\.iam\.gserviceaccount\.com$/i,
    verdict: unavailable(
      'authentication',
      (context) => `${mailbox(context)} is a service account, which has no mailbox.`,
      ({ upstream }) =>
        `Set the user of the upstream ${upstream} to the mailbox that sends, such as relay@example.com; the service account only signs for it.`,
    ),
  },
  {
    stages: ANY_AUTHENTICATION,
    text: /SmtpClientAuthentication is disabled/i,
    verdict: unavailable(
      'authentication',
      'SMTP AUTH is switched off in Exchange for this mailbox or for the whole tenant.',
      (context) =>
        `In Exchange Online PowerShell: Set-CASMailbox -Identity ${mailbox(context)} -SmtpClientAuthenticationDisabled $false ` +
        '(for the tenant: Set-TransportConfig -SmtpClientAuthenticationDisabled $false). ' +
        'Or send over Microsoft Graph: add an upstream of kind graph and name it as fallback.',
    ),
  },
  {
    stages: ANY_AUTHENTICATION,
    text: /basic auth(?:entication)? is (?:disabled|not supported)/i,
    verdict: useOauth,
  },
  { stages: ANY_AUTHENTICATION, enhanced: ['5.7.30'], verdict: useOauth },
  {
    stages: ANY_AUTHENTICATION,
    text: /token will expire soon/i,
    verdict: unavailable(
      'authentication',
      'The access token runs out within the next ten minutes.',
      'Nothing to do: Postern fetches a new token and tries again.',
      1000,
    ),
  },
  // Gmail tells about a token in the JSON of a 334 before it refuses.
  {
    stages: ['auth'],
    text: /"status"\s*:\s*"4\d\d"/,
    verdict: unavailable(
      'authentication',
      'Gmail does not take the access token.',
      ({ upstream }) =>
        `SMTP needs the scope https://mail.google.com/ (gmail.send is not enough); authorize again: scripts/postern authorize ${upstream}`,
    ),
  },
  {
    stages: ['auth'],
    codes: [535],
    enhanced: ['5.7.3', '5.7.139'],
    verdict: unavailable(
      'authentication',
      ({ host, user }) => `${host} did not let Postern sign in as ${user ?? 'the user'}.`,
      (context) =>
        `Check that user name and password or token belong to the same mailbox, tenant and cloud, and that SMTP AUTH is on: ` +
        `Get-CASMailbox -Identity ${mailbox(context)} | Format-List SmtpClientAuthenticationDisabled`,
    ),
  },
  {
    stages: MESSAGE,
    enhanced: ['5.7.57'],
    verdict: unavailable(
      'authentication',
      ({ host }) => `${host} wants Postern to sign in first.`,
      ({ upstream }) => `Set authentication of the upstream ${upstream}.`,
    ),
  },
  {
    stages: MESSAGE,
    codes: [530, 538],
    text: /STARTTLS|encrypt|TLS/i,
    verdict: unavailable(
      'configuration',
      ({ host }) => `${host} wants an encrypted connection.`,
      ({ upstream }) => `Set security of the upstream ${upstream} to starttls.`,
    ),
  },
  {
    stages: MESSAGE,
    codes: [530, 534, 535, 538],
    verdict: unavailable(
      'authentication',
      ({ host }) => `${host} wants Postern to sign in first.`,
      ({ upstream }) => `Set authentication of the upstream ${upstream}.`,
    ),
  },
  { stages: MESSAGE, text: /SendAsDenied/i, verdict: senderRefused },
  { stages: MESSAGE, codes: [550, 551, 553, 554], enhanced: ['5.7.60', '5.2.252'], verdict: senderRefused },
  {
    stages: MESSAGE,
    codes: [550, 551, 553, 554],
    text: /not (?:owned by|permitted to send|allowed to send|authori[sz]ed to send)|sender address rejected|sender (?:address )?(?:is )?not (?:allowed|permitted)/i,
    verdict: senderRefused,
  },
  {
    stages: MESSAGE,
    text: /mailbox logon failure|Cannot open mailbox/i,
    verdict: () => ({
      kind: 'deferred',
      reason: 'busy',
      patience: {
        tries: 4,
        verdict: {
          kind: 'unavailable',
          reason: 'configuration',
          text: 'Exchange cannot open the mailbox of the account; this looks passing and is a missing permission.',
          remedy:
            'Give the application access to the mailbox: Add-MailboxPermission -Identity MAILBOX -User SERVICE-PRINCIPAL-ID -AccessRights FullAccess; check that the mailbox has a licence.',
        },
      },
    }),
  },
  {
    text: /concurrent connections? limit|sender thread limit|too many (?:concurrent |simultaneous |SMTP )*(?:connections|sessions)/i,
    verdict: () => ({ kind: 'deferred', reason: 'connections', retryAfter: 10_000 }),
  },
  { codes: [432], verdict: () => ({ kind: 'deferred', reason: 'connections', retryAfter: 10_000 }) },
  {
    text: /SubmissionQuotaExceeded/i,
    verdict: unavailable(
      'quota',
      'The account has reached its limit of recipients within 24 hours.',
      ({ upstream }) =>
        `Wait, or spread the mail over several accounts; set limits.recipientsPerDay of the upstream ${upstream} to stay below.`,
      HOUR,
    ),
  },
  {
    stages: MESSAGE,
    enhanced: ['5.7.232', '5.7.233'],
    verdict: () => ({
      kind: 'deferred',
      reason: 'quota',
      retryAfter: HOUR,
      remedy:
        'The tenant has reached its limit of external recipients within 24 hours; wait, or use another upstream for them.',
    }),
  },
  {
    stages: MESSAGE,
    text: /daily (?:user )?sending (?:limit|quota)|daily (?:SMTP relay )?(?:limit|quota) exceeded/i,
    verdict: unavailable(
      'quota',
      'The account has reached its daily sending limit.',
      ({ upstream }) =>
        `Wait a day, or set limits.recipientsPerDay of the upstream ${upstream} to stay below.`,
      24 * HOUR,
    ),
  },
  // Behind the message it is the sender's own mailbox that is full; at RCPT TO it is the recipient's.
  {
    stages: ['data', 'final'],
    enhanced: ['5.2.2'],
    verdict: unavailable(
      'configuration',
      'The sending mailbox is full: Exchange cannot file the message under Sent Items.',
      (context) =>
        `Empty the Sent Items of ${mailbox(context)}, or give it an archive or a retention policy.`,
    ),
  },
  {
    stages: ['greeting', 'ehlo'],
    codes: [421, 450, 451],
    text: /server busy|try again later|too many|rate|throttl/i,
    verdict: unavailable(
      'throttled',
      ({ host }) => `${host} is busy.`,
      'Nothing to do: Postern tries again by itself.',
    ),
  },
  { stages: MESSAGE, codes: [421], verdict: () => ({ kind: 'deferred', reason: 'busy' }) },
  { stages: MESSAGE, enhanced: ['4.7.500'], verdict: () => ({ kind: 'deferred', reason: 'busy' }) },
  // RFC 5321 section 4.5.3.1.10: too many recipients for one transaction; the transport makes another.
  {
    stages: ['rcpt'],
    codes: [452, 552],
    text: /too many recipients/i,
    verdict: () => ({ kind: 'deferred', reason: 'busy' }),
  },
];

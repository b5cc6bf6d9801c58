import { ANY_SENDER, grantInExchange, mailboxOf, rewriteOr, unavailable } from './classification-words.ts';
import type { ClassificationContext, ClassificationRule, Stage, Verdict } from './classify.ts';
import { signInRules } from './classify-sign-in-rules.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Where a message or recipient is refused, as opposed to the connection. */
const MESSAGE: readonly Stage[] = ['mail', 'rcpt', 'data', 'final'];

const senderRefused = ({ upstream, user, oauth }: ClassificationContext): Verdict => ({
  kind: 'rejected',
  reason: 'sender',
  remedy:
    `${rewriteOr(upstream)}allow the account to send as this sender: ` +
    (oauth?.provider === 'google'
      ? `in the Gmail settings of ${user ?? 'the account'}, under Accounts, add it to “Send mail as”`
      : `Add-RecipientPermission ${ANY_SENDER} -AccessRights SendAs -Trustee ${user ?? 'ACCOUNT'}`),
});

const mailboxClosed = unavailable(
  'configuration',
  (context) =>
    `Exchange cannot open the mailbox ${mailboxOf(context)}; this looks passing and is a missing permission.`,
  (context) =>
    `Give access to the mailbox, in Exchange Online PowerShell: ${
      context.oauth?.flow === 'client-credentials'
        ? grantInExchange(context)
        : `Add-MailboxPermission -Identity ${mailboxOf(context)} -User ACCOUNT -AccessRights FullAccess`
    }; check that the mailbox has a licence.`,
);

/**
 * The SMTP replies that say more than their code, from public documentation of Microsoft Exchange Online and Gmail, and of common servers. Read
 * from the top; the more exact row comes first. Rows that read the name of an exception do not look at the code.
 */
export const classificationRules: readonly ClassificationRule[] = [
  ...signInRules,
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
    verdict: (context) => ({
      kind: 'deferred',
      reason: 'busy',
      patience: { tries: 4, verdict: mailboxClosed(context) },
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
      { retryAfter: HOUR },
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
      { retryAfter: 24 * HOUR },
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
        `Empty the Sent Items of ${mailboxOf(context)}, or give it an archive or a retention policy.`,
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

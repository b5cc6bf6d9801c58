/*
 * What Exchange Online and Gmail answer over SMTP. Sources, by title: “Fix issues with printers, scanners, and LOB applications that
 * send email using Microsoft 365”, “Email non-delivery reports and SMTP errors in Exchange Online”, “Exchange Online limits”, “Enable
 * or disable authenticated client SMTP submission”, “Troubleshoot high volume email” (Microsoft); “Gmail SMTP errors and codes”,
 * “OAuth 2.0 Mechanism” (Google); and replies quoted in public issues of nodemailer, MailKit and email-oauth2-proxy.
 */
import type { Answer, Scenario, Stage } from './scenario.ts';

const WHERE = '[{host} {time} {session}]';
const HOSTNAME = '[Hostname={host}]';

function reply(name: string, stage: Stage, code: number, text: string, close = false): Scenario {
  return { name, stage, answer: { kind: 'reply', code, text, ...(close ? { close } : {}) } };
}

const play = (name: string, stage: Stage, answer: Answer): Scenario => ({ name, stage, answer });

export const smtpScenarios: readonly Scenario[] = [
  // Signing in.
  reply('auth-unsuccessful', 'auth', 535, `5.7.3 Authentication unsuccessful ${WHERE}`),
  reply(
    'smtp-auth-disabled-tenant',
    'auth',
    535,
    `5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. ${WHERE}`,
  ),
  reply(
    'smtp-auth-disabled-mailbox',
    'auth',
    535,
    `5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. Visit https://aka.ms/smtp_auth_disabled for more information. ${WHERE}`,
  ),
  reply(
    'basic-auth-disabled',
    'auth',
    535,
    `5.7.139 Authentication unsuccessful, basic authentication is disabled. ${WHERE}`,
  ),
  reply(
    'basic-auth-not-supported',
    'auth',
    550,
    `5.7.30 Basic authentication is not supported for Client Submission. ${WHERE}`,
  ),
  reply('token-expires-soon', 'auth', 501, `5.5.127 Invalid token. Token will expire soon. ${WHERE}`),
  reply(
    'too-many-connections',
    'auth',
    432,
    `4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information. [{host}]`,
    true,
  ),
  reply('auth-temporary-failure', 'auth', 454, `4.7.0 Temporary authentication failure ${WHERE}`),
  play('gmail-bad-token', 'auth', {
    kind: 'challenge',
    json: { status: '400', schemes: 'Bearer', scope: 'https://mail.google.com/' },
    text: '5.7.8 Username and Password not accepted. For more information, go to\n5.7.8  https://support.google.com/mail/?p=BadCredentials {session} - gsmtp',
  }),
  play('gmail-wrong-scope', 'auth', {
    kind: 'challenge',
    json: { status: '401', schemes: 'bearer', scope: 'https://mail.google.com/' },
    text: '5.7.8 Username and Password not accepted. For more information, go to\n5.7.8  https://support.google.com/mail/?p=BadCredentials {session} - gsmtp',
  }),

  // The envelope.
  reply('not-authenticated', 'mail', 530, `5.7.57 Client not authenticated to send mail. ${WHERE}`),
  reply(
    'bad-recipient',
    'rcpt',
    550,
    `5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup ${HOSTNAME}`,
  ),
  reply(
    'recipient-busy',
    'rcpt',
    450,
    `4.2.1 The recipient’s mailbox is busy; try again later ${WHERE}`.replace('’', "'"),
  ),
  reply('too-many-recipients', 'rcpt', 452, `4.5.3 Too many recipients (AS780090) ${WHERE}`),
  reply(
    'external-quota',
    'rcpt',
    550,
    `5.7.233 Your message can't be sent because your tenant exceeded its daily limit for sending email to external recipients. ${WHERE}`,
  ),
  reply(
    'external-quota-trial',
    'rcpt',
    550,
    `5.7.232 Your message can't be sent because your trial tenant has exceeded its daily limit for sending email to external recipients. ${WHERE}`,
  ),

  // Behind the final dot.
  reply(
    'send-as-denied',
    'final',
    550,
    `5.7.60 SMTP; Client does not have permissions to send as this sender; SendAsDenied ${WHERE}`,
  ),
  reply(
    'send-as-denied-mailbox',
    'final',
    554,
    `5.2.252 SendAsDenied; {mailbox} not allowed to send as {sender}; STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message due to a permanent exception with message [BeginDiagnosticData]Cannot submit message. 0.35250:0A006587[EndDiagnosticData] ${HOSTNAME}`,
  ),
  reply(
    'send-as-denied-store-driver',
    'final',
    554,
    `5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message due to a permanent exception with message Cannot submit message. 0.35250:0A00F188 ${HOSTNAME}`,
  ),
  reply(
    'mailbox-logon-failure',
    'final',
    430,
    `4.2.0 STOREDRV; mailbox logon failure; STOREDRV.Submission.Exception:StoragePermanentException.MapiExceptionLogonFailed; Cannot open mailbox {mailbox}. ${HOSTNAME}`,
  ),
  reply(
    'sender-thread-limit',
    'final',
    432,
    `4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded ${HOSTNAME}`,
  ),
  reply(
    'submission-quota',
    'final',
    554,
    `5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message due to a permanent exception with message The message can't be submitted because the sender's submission quota was exceeded. ${HOSTNAME}`,
  ),
  reply(
    'mailbox-full',
    'final',
    554,
    `5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded; Failed to process message due to a permanent exception with message Cannot submit message. ${HOSTNAME}`,
  ),
  reply(
    'gmail-daily-limit',
    'final',
    550,
    '5.4.5 Daily user sending limit exceeded. For more information on Gmail\n5.4.5 sending limits go to\n5.4.5  https://support.google.com/a/answer/166852 {session} - gsmtp',
  ),
  reply('message-too-large', 'final', 552, `5.3.4 Message size exceeds fixed maximum message size ${WHERE}`),
  reply('content-refused', 'final', 554, `5.6.0 Corrupt message content ${HOSTNAME}`),
  reply(
    'server-busy',
    'final',
    451,
    '4.7.500 Server busy. Please try again later from [127.0.0.1]. (S77719) {session}',
  ),
  reply('unknown-final', 'final', 499, '4.9.99 Something that nobody has seen before'),
  play('slow', 'final', { kind: 'slow', milliseconds: 2000 }),
  play('lost-after-dot', 'final', { kind: 'lost', taken: false }),
  play('taken-then-lost', 'final', { kind: 'lost', taken: true }),
  play('accepted-then-reset', 'final', { kind: 'reset-after' }),

  // The server itself.
  reply(
    'service-unavailable',
    'connect',
    421,
    '4.3.2 Service not available, closing transmission channel',
    true,
  ),
  reply(
    'busy-greeting',
    'connect',
    451,
    '4.7.500 Server busy. Please try again later from [127.0.0.1].',
    true,
  ),
  reply('closing', 'mail', 421, '4.4.1 Connection timed out', true),
  play('reset', 'connect', { kind: 'lost', taken: false }),
  play('reset-at-mail', 'mail', { kind: 'lost', taken: false }),
  play('reset-at-auth', 'auth', { kind: 'lost', taken: false }),
  play('tls-failure', 'connect', { kind: 'tls-failure' }),
];

/*
 * SMTP submission of Gmail (“OAuth 2.0 Mechanism”, “Gmail SMTP errors and codes”, “Gmail sending limits in Google Workspace”).
 */
import { textClaim } from '../json-web-token.ts';
import type { Credentials, MailService, Submission } from '../mail-service.ts';
import type { Answer } from '../scenario.ts';
import { findScenario } from '../scenarios.ts';
import type { ProviderContext } from '../serve-provider.ts';
import type { Usage } from '../usage.ts';
import { GMAIL_SCOPE } from './context.ts';
import { asGmailSends } from './own-sender.ts';

const MESSAGES_A_DAY = 2000;

const scenarioAnswer = (name: string): Answer => findScenario(name)?.answer ?? { kind: 'lost', taken: false };

/** The submission server; what is used of the limits is shared with the Gmail API. */
export function createGmailSmtp({ world, tokens }: ProviderContext, usage: Usage): MailService {
  const { limits, mailboxes, outbox } = world;

  function signIn({ mechanism, user, token }: Credentials): { readonly mailbox: string } | Answer {
    const claims = tokens.check(token);
    const scoped = typeof claims === 'object' && textClaim(claims, 'scope').split(' ').includes(GMAIL_SCOPE);
    const mailbox = mailboxes.find(user);
    if (scoped && mailbox !== undefined && textClaim(claims, 'email').toLowerCase() === mailbox.email) {
      return { mailbox: mailbox.email };
    }
    const refused = scenarioAnswer(typeof claims === 'object' ? 'gmail-wrong-scope' : 'gmail-bad-token');
    if (mechanism === 'XOAUTH2' || refused.kind !== 'challenge') return refused;
    // RFC 7628 section 3.2.2.
    return { ...refused, json: { status: 'invalid_token', schemes: 'bearer', scope: GMAIL_SCOPE } };
  }

  async function judge({ mailbox }: Submission): Promise<Answer | undefined> {
    if (!limits) return undefined;
    const day = usage(mailbox).messagesInDay;
    if (day.roomIn(1, MESSAGES_A_DAY) > 0) {
      outbox.counters.throttled += 1;
      return scenarioAnswer('gmail-daily-limit');
    }
    day.add(1);
    return undefined;
  }

  return {
    provider: 'google',
    host: 'smtp.gmail.com',
    mechanisms: 'LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH',
    greeting: 'smtp.gmail.com ESMTP - gsmtp (simulated by Postern)',
    maxSize: 35_882_577,
    maxRecipients: limits ? 100 : 100_000,
    tooManyRecipients: {
      kind: 'reply',
      code: 452,
      text: "4.5.3 Your message has too many recipients. For more information regarding Google's sending limits, visit:\n4.5.3  https://support.google.com/mail/?p=TooManyRecipientsError {session} - gsmtp",
    },
    tooLarge:
      "5.3.4 Your message exceeded Google's message size limits. To view our message size guidelines, go to\n5.3.4  https://support.google.com/mail/?p=MaxSizeError {session} - gsmtp",
    notAuthenticated:
      '5.7.0 Authentication Required. For more information, go to https://support.google.com/mail/?p=WantAuthError - gsmtp',
    passwordRefused: {
      kind: 'reply',
      code: 535,
      text: '5.7.8 Username and Password not accepted. For more information, go to\n5.7.8  https://support.google.com/mail/?p=BadCredentials {session} - gsmtp',
    },
    signIn,
    connect: () => undefined,
    disconnect: () => undefined,
    judge,
    outgoing: ({ content, mailbox }) => asGmailSends(content, mailbox, mailboxes),
    accepted: (session) =>
      `2.0.0 OK  ${Math.floor(world.clock.now() / 1000)} ${session.toLowerCase()} - gsmtp`,
  };
}

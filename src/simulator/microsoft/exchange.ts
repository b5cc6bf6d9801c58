/*
 * Client submission of Exchange Online (“Authenticate an IMAP, POP or SMTP connection using OAuth”, “Exchange Online limits”): who may
 * sign in with which token, who may send as whom, and the limits of a mailbox.
 */
import { randomUUID } from 'node:crypto';
import { type Claims, textClaim, timeClaim } from '../json-web-token.ts';
import type { Credentials, MailService, Submission } from '../mail-service.ts';
import type { Mailboxes } from '../mailboxes.ts';
import type { Answer } from '../scenario.ts';
import { findScenario } from '../scenarios.ts';
import type { ProviderContext } from '../serve-provider.ts';
import type { Usage } from '../usage.ts';
import { audienceIs } from './resources.ts';

const MEGABYTE = 1024 * 1024;
const CONNECTIONS = 3;
const MESSAGES_A_MINUTE = 30;
const RECIPIENTS_A_DAY = 10_000;
/** Milliseconds that Exchange holds a reply back before it refuses. */
const PATIENCE = 120_000;
/** Milliseconds that a token has to live on; not asked of tokens that were made short-lived on purpose. */
const MARGIN = 10 * 60_000;
const HOST = 'PS0SIM0001.simulator.prod.outlook.com';

const scenarioAnswer = (name: string): Answer => findScenario(name)?.answer ?? { kind: 'lost', taken: false };

const REFUSED = scenarioAnswer('auth-unsuccessful');

/** The submission server; what is used of the limits is shared with Graph. */
export function createExchange(context: ProviderContext, usage: Usage): MailService {
  const { world, tokens } = context;
  const { clock, limits, mailboxes, outbox, manners } = world;

  function signIn({ user, token }: Credentials): { readonly mailbox: string } | Answer {
    const claims = tokens.check(token);
    if (typeof claims === 'string' || !audienceIs(textClaim(claims, 'aud'), 'exchange', context.origin())) {
      return REFUSED;
    }
    const mailbox = mailboxes.find(user);
    if (mailbox === undefined || !mayOpen(claims, mailbox, mailboxes)) return REFUSED;
    const left = timeClaim(claims, 'exp') - clock.now();
    if (limits && manners.lifetime >= 2 * MARGIN && left < MARGIN)
      return scenarioAnswer('token-expires-soon');
    return { mailbox: mailbox.email };
  }

  /** Waits as long as Exchange would; the answer where its patience ends. */
  async function slowDown(mailbox: string): Promise<Answer | undefined> {
    const { messagesInMinute } = usage(mailbox);
    const from = clock.monotonic();
    let wait = messagesInMinute.roomIn(1, MESSAGES_A_MINUTE);
    if (wait > 0) outbox.counters.delayed += 1;
    while (wait > 0) {
      if (clock.monotonic() + wait - from > PATIENCE) return scenarioAnswer('server-busy');
      const until = wait;
      await new Promise<void>((resolve) => clock.after(until, resolve));
      wait = messagesInMinute.roomIn(1, MESSAGES_A_MINUTE);
    }
    messagesInMinute.add(1);
    return undefined;
  }

  async function judge({ mailbox, sender, recipients, parts }: Submission): Promise<Answer | undefined> {
    const names = [sender, ...parts.from].filter((each) => each !== '');
    if (names.some((name) => !mailboxes.maySendAs(mailbox, name))) {
      return scenarioAnswer('send-as-denied-mailbox');
    }
    if (!limits) return undefined;
    const day = usage(mailbox).recipientsInDay;
    if (day.roomIn(recipients.length, RECIPIENTS_A_DAY) > 0) {
      outbox.counters.throttled += 1;
      return scenarioAnswer('submission-quota');
    }
    day.add(recipients.length);
    return slowDown(mailbox);
  }

  return {
    provider: 'microsoft',
    host: HOST,
    mechanisms: 'LOGIN XOAUTH2',
    greeting: `${HOST} Microsoft ESMTP MAIL Service ready (simulated by Postern)`,
    maxSize: 35 * MEGABYTE,
    maxRecipients: limits ? 500 : 100_000,
    tooManyRecipients: scenarioAnswer('too-many-recipients'),
    tooLarge: '5.3.4 Message size exceeds fixed maximum message size [{host} {time} {session}]',
    notAuthenticated: `5.7.57 Client not authenticated to send mail. [${HOST}]`,
    passwordRefused: scenarioAnswer('basic-auth-disabled'),
    signIn,
    connect(mailbox) {
      const used = usage(mailbox);
      if (limits && used.connections >= CONNECTIONS) return scenarioAnswer('too-many-connections');
      used.connections += 1;
      return undefined;
    },
    disconnect(mailbox) {
      usage(mailbox).connections -= 1;
    },
    judge,
    outgoing: ({ content, sender }) => ({ content, sender }),
    accepted: (session) => `2.0.0 OK <${session}.${randomUUID().slice(0, 8)}@${HOST}> [Hostname=${HOST}]`,
  };
}

/** People open their own mailbox and those that they may send as, applications those that they were granted (SMTP.SendAsApp). */
function mayOpen(
  claims: Claims,
  mailbox: { readonly email: string; readonly granted: boolean },
  mailboxes: Mailboxes,
): boolean {
  const { scp, roles } = claims;
  if (typeof scp === 'string') {
    return (
      scp.split(' ').includes('SMTP.Send') && mailboxes.maySendAs(textClaim(claims, 'upn'), mailbox.email)
    );
  }
  return Array.isArray(roles) && roles.includes('SMTP.SendAsApp') && mailbox.granted;
}

import { LRUCache } from 'lru-cache';
import { oauthOf } from '../../../oauth/authorizations.ts';
import { accountOf } from '../../account.ts';
import type { RecipientOutcome } from '../../outcome.ts';
import { UpstreamConnection } from './connection.ts';
import { type NoConnection, openConnection, type SmtpAccess } from './open-connection.ts';
import { replyText } from './parse-reply.ts';

/** A mailbox that the application was not granted is tried again after so long, ms: an administrator may grant it any time. */
const REFUSAL_HOLDS = 10 * 60_000;
const MOST_REMEMBERED = 1000;

/** The application may not send from the sender's mailbox; an answer for each recipient of the message. */
export interface NotGranted {
  readonly kind: 'not-granted';
  readonly outcome: RecipientOutcome;
}

/**
 * Applications that send from each sender's own mailbox. Promises: a mailbox that is closed to the application is the sender's matter
 * and never the upstream's, and the other way round: before a sender is refused, the upstream's own mailbox has signed in.
 */
export interface SenderMailboxes {
  /** The mailbox to sign in as for this sender; undefined for the upstream's own. */
  mailboxFor(sender: string): string | undefined;
  /** Set while the mailbox is known to be closed to the application. */
  notGranted(mailbox: string): NotGranted | undefined;
  /** Notes that it is. `words`: what the server said. */
  refuse(mailbox: string, words: string): NotGranted;
  /** The upstream's own mailbox is closed too: what was learnt of others says nothing any more. */
  forget(): void;
  /** Signs in as that mailbox. Connections that are opened on the way are handed to `keep`. */
  open(
    mailbox: string,
    signal: AbortSignal,
    keep: (connection: UpstreamConnection) => void,
  ): Promise<UpstreamConnection | NoConnection | NotGranted>;
}

export function createSenderMailboxes(access: SmtpAccess): SenderMailboxes {
  const { upstream, clock } = access;
  const oauth = oauthOf(upstream);
  const perSender = oauth?.perSender === true;
  const own = new Set(
    [accountOf(upstream), upstream.from.address].flatMap((address) => address?.toLowerCase() ?? []),
  );
  const refused = new LRUCache<string, NotGranted>({
    max: MOST_REMEMBERED,
    ttl: REFUSAL_HOLDS,
    ttlResolution: 0,
    perf: { now: () => clock.monotonic() },
  });

  function refuse(mailbox: string, words: string): NotGranted {
    const answer: NotGranted = {
      kind: 'not-granted',
      outcome: {
        kind: 'rejected',
        reason: 'sender',
        reply: {
          code: 550,
          enhanced: '5.7.60',
          text: `${upstream.host} did not let Postern send from the mailbox ${mailbox}: ${words}`.slice(
            0,
            1000,
          ),
        },
        remedy: `${grantOf(mailbox, oauth?.provider)} Or set from.rewrite of the upstream ${upstream.name} to if-refused: the mail then leaves from ${accountOf(upstream) ?? 'its own mailbox'}.`,
      },
    };
    refused.set(mailbox, answer);
    return answer;
  }

  async function open(
    mailbox: string,
    signal: AbortSignal,
    keep: (connection: UpstreamConnection) => void,
  ): Promise<UpstreamConnection | NoConnection | NotGranted> {
    const before = await currentToken(signal);
    const first = await openAs(mailbox, signal);
    if (first instanceof UpstreamConnection || !isAboutMailbox(first)) return first;
    const usual = await openConnection(access, signal);
    if (!(usual instanceof UpstreamConnection)) return usual;
    keep(usual);
    // The token was the trouble and is another by now: only this refusal counts.
    const second = (await currentToken(signal)) === before ? first : await openAs(mailbox, signal);
    if (second instanceof UpstreamConnection || !isAboutMailbox(second)) return second;
    return refuse(mailbox, wordsOf(second));
  }

  async function openAs(mailbox: string, signal: AbortSignal): Promise<UpstreamConnection | NoConnection> {
    const connection = await openConnection(access, signal, mailbox);
    if (connection instanceof UpstreamConnection) connection.mailbox = mailbox;
    return connection;
  }

  /** The token that all mailboxes share. */
  async function currentToken(signal: AbortSignal): Promise<string | undefined> {
    if (oauth?.flow === 'service-account') return undefined;
    const token = await access.tokens.token({ upstream, signal });
    return token.kind === 'token' ? token.token.reveal() : undefined;
  }

  return {
    mailboxFor(sender) {
      if (!perSender || sender === '') return undefined;
      const mailbox = sender.toLowerCase();
      return own.has(mailbox) ? undefined : mailbox;
    },
    notGranted: (mailbox) => refused.get(mailbox),
    refuse,
    forget: () => refused.clear(),
    open,
  };
}

/** A server that is not there, or that is out of order, refuses nobody. */
function isAboutMailbox(failure: NoConnection): boolean {
  return failure.kind === 'unavailable' && failure.refusedMailbox === true;
}

function wordsOf(failure: NoConnection): string {
  if (failure.kind === 'crowded') return replyText(failure.reply);
  return failure.reply ? replyText(failure.reply) : failure.text;
}

function grantOf(mailbox: string, provider: string | undefined): string {
  if (provider === 'microsoft') {
    return (
      'Grant the application this mailbox in Exchange Online PowerShell: ' +
      `Add-MailboxPermission -Identity ${mailbox} -User SERVICE-PRINCIPAL-OBJECT-ID -AccessRights FullAccess.`
    );
  }
  return `Check that ${mailbox} is a mailbox of the same organisation, with a licence to send.`;
}

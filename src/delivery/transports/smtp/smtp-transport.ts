import { LRUCache } from 'lru-cache';
import type { EnvelopeRecipient } from '../../../message/envelope.ts';
import { createUnderWay } from '../../../shared/under-way.ts';
import { classificationContext } from '../../account.ts';
import type { Answered, Outcome, RecipientOutcome, Unavailable } from '../../outcome.ts';
import type { OutgoingMessage, Transport } from '../../transport.ts';
import { commandLines, unspeakable } from './command-lines.ts';
import { conclude } from './conclude.ts';
import { UpstreamConnection } from './connection.ts';
import { createConnectionPool } from './connection-pool.ts';
import { fitContent } from './fit-content.ts';
import { type NoConnection, openConnection, type SmtpAccess } from './open-connection.ts';
import { replyText } from './parse-reply.ts';
import { createSenderMailboxes, type NotGranted } from './sender-mailboxes.ts';
import { type Transcript, transact } from './transaction.ts';

/** Longest wait for the reply to QUIT or RSET, ms. */
const PARTING_PATIENCE = 5000;
/** A server that puts recipients off to another transaction again and again settles at least one each time; this is enough. */
const MOST_TRANSACTIONS = 1000;

/** What one connection made of a message. */
interface Handover {
  readonly outcomes: readonly RecipientOutcome[];
  readonly unavailable?: Unavailable;
  readonly dsnPassedOn: boolean;
  /** Nothing was accepted and the connection was gone before it was used: another one may do. */
  readonly stale: boolean;
}

/**
 * Hands messages to an SMTP server over warm connections.
 *
 * Promises: for each recipient one outcome; `delivered` only when the server answered 2xx behind the whole message; a
 * connection that the server had closed while it was idle costs no attempt, as long as no byte of the message was accepted.
 */
export function createSmtpTransport(access: SmtpAccess): Transport {
  const { upstream, clock } = access;
  const ownContext = classificationContext(upstream);
  const mailboxes = createSenderMailboxes(access);
  const patience = Math.min(PARTING_PATIENCE, upstream.timeout.command);
  const pool = createConnectionPool(
    {
      idle: upstream.limits.idle,
      messagesPerConnection: upstream.limits.messagesPerConnection,
      patience,
    },
    clock,
  );
  /** Deliveries and partings. */
  const underWay = createUnderWay();
  /** Refusals in a row that look passing and may not be, by mailbox. */
  const suspicions = new LRUCache<string, number>({ max: 1000 });
  let closing = false;
  /** Connections are used again only while the trust anchors are those under which they were opened. */
  let era = 0;
  const openedIn = new WeakMap<UpstreamConnection, number>();

  async function open(
    mailbox: string | undefined,
    signal: AbortSignal,
  ): Promise<UpstreamConnection | NoConnection | NotGranted> {
    if (mailbox !== undefined) return await openFor(mailbox, signal);
    const began = era;
    const connection = await openConnection(access, signal);
    if (connection instanceof UpstreamConnection) adopt(connection, began);
    return connection;
  }

  function adopt(connection: UpstreamConnection, began: number): void {
    openedIn.set(connection, began);
    pool.add(connection);
  }

  /** The governor counts attempts; the connections that mailboxes keep warm must not come on top of them. */
  async function openFor(
    mailbox: string,
    signal: AbortSignal,
  ): Promise<UpstreamConnection | NoConnection | NotGranted> {
    await pool.makeRoom(upstream.limits.connections);
    const began = era;
    const connection = await mailboxes.open(mailbox, signal, (usual) => {
      adopt(usual, began);
      void pool.put(usual, closing || began !== era);
    });
    if (connection instanceof UpstreamConnection) adopt(connection, began);
    return connection;
  }

  async function handOver(
    connection: UpstreamConnection,
    warm: boolean,
    message: OutgoingMessage,
    recipients: readonly EnvelopeRecipient[],
    signal: AbortSignal,
  ): Promise<Handover> {
    const abort = (): void => connection.giveUp('was left because Postern stops');
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    try {
      return await handOverAll(connection, warm, message, recipients);
    } catch (error) {
      connection.giveUp('was left because the message could not be read');
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async function handOverAll(
    connection: UpstreamConnection,
    warm: boolean,
    message: OutgoingMessage,
    recipients: readonly EnvelopeRecipient[],
  ): Promise<Handover> {
    const outcomes = new Map<EnvelopeRecipient, RecipientOutcome>();
    const fitting = fitContent(message, connection);
    const fitted = fitting instanceof Promise ? await fitting : fitting;
    for (const recipient of recipients) {
      const problem =
        fitted.refused ??
        unspeakable(message.sender, connection) ??
        unspeakable(recipient.address, connection);
      if (problem) outcomes.set(recipient, problem);
    }
    let left = recipients.filter((recipient) => !outcomes.has(recipient));
    let dsnPassedOn = false;
    let handedOver = false;
    for (let round = 0; left.length > 0 && round < MOST_TRANSACTIONS; round += 1) {
      const batch = left.slice(0, upstream.limits.recipientsPerMessage);
      const lines = commandLines(fitted.message, fitted.message.body.size, batch, connection);
      if (connection.unfinished) await connection.startOver(patience);
      const transcript = await transact(connection, {
        ...lines,
        body: fitted.message.body,
        mayFinish: message.mayFinish,
        commandTimeout: upstream.timeout.command,
        dataTimeout: upstream.timeout.data,
      }).catch((error: unknown) => {
        // The body could not be read. Who has the message already keeps it; the others wait.
        if (outcomes.size === 0) throw error;
        return undefined;
      });
      if (transcript === undefined) break;
      if (warm && round === 0 && isStale(transcript)) {
        return { outcomes: [], dsnPassedOn: false, stale: true };
      }
      const context =
        connection.mailbox === undefined ? ownContext : classificationContext(upstream, connection.mailbox);
      const conclusion = conclude(transcript, context);
      const suspect = suspected(connection.mailbox, conclusion.suspect, conclusion.recipients);
      if (suspect && connection.mailbox !== undefined) {
        const { outcome } = mailboxes.refuse(connection.mailbox, wordsOf(suspect));
        return { outcomes: recipients.map((one) => outcomes.get(one) ?? outcome), dsnPassedOn, stale: false };
      }
      const unavailable = conclusion.unavailable ?? suspect;
      if (unavailable && !handedOver) return { outcomes: [], unavailable, dsnPassedOn: false, stale: false };
      conclusion.recipients.forEach((outcome, index) => {
        const recipient = batch[index];
        if (recipient && outcome) outcomes.set(recipient, outcome);
      });
      handedOver ||= conclusion.recipients.some((outcome) => outcome?.kind === 'delivered');
      dsnPassedOn ||= lines.dsnPassedOn;
      left = left.filter((recipient) => !outcomes.has(recipient));
    }
    return {
      outcomes: recipients.map((recipient) => outcomes.get(recipient) ?? putOff(upstream.host)),
      dsnPassedOn,
      stale: false,
    };
  }

  function suspected(
    mailbox = '',
    suspect: (Unavailable & { readonly tries: number }) | undefined,
    recipients: readonly (RecipientOutcome | undefined)[],
  ): Unavailable | undefined {
    if (suspicions.size > 0 && recipients.some((outcome) => outcome?.kind === 'delivered'))
      suspicions.delete(mailbox);
    if (!suspect) return undefined;
    const count = (suspicions.get(mailbox) ?? 0) + 1;
    suspicions.set(mailbox, count);
    if (count < suspect.tries) return undefined;
    const { tries, ...unavailable } = suspect;
    return { ...unavailable, text: `${unavailable.text} (${tries} times in a row)` };
  }

  async function deliver(
    message: OutgoingMessage,
    recipients: readonly EnvelopeRecipient[],
    signal: AbortSignal,
  ): Promise<Outcome> {
    const started = clock.monotonic();
    let ready = started;
    const mailbox = mailboxes.mailboxFor(message.sender);
    let connection: UpstreamConnection | NoConnection | NotGranted | undefined =
      mailbox === undefined ? pool.take() : (mailboxes.notGranted(mailbox) ?? pool.take(mailbox));
    let warm = connection instanceof UpstreamConnection;
    for (;;) {
      connection ??= await open(mailbox, signal);
      ready = clock.monotonic();
      if (!(connection instanceof UpstreamConnection)) {
        if (connection.kind === 'unavailable') mailboxes.forget();
        if (signal.aborted)
          return { ...stopped(recipients), timing: { connecting: ready - started, sending: 0 } };
        return {
          ...withoutConnection(connection, recipients),
          timing: { connecting: ready - started, sending: 0 },
        };
      }
      const handover = await handOver(connection, warm, message, recipients, signal);
      settle(connection, handover);
      if (handover.stale) {
        connection = undefined;
        warm = false;
        continue;
      }
      const timing = { connecting: warm ? 0 : ready - started, sending: clock.monotonic() - ready };
      if (handover.unavailable) return { ...handover.unavailable, timing };
      return {
        kind: 'answered',
        recipients: handover.outcomes,
        reused: warm,
        ...(handover.dsnPassedOn ? { dsnPassedOn: true } : {}),
        timing,
      };
    }
  }

  function settle(connection: UpstreamConnection, handover: Handover): void {
    const crowded = handover.outcomes.some(
      (outcome) => outcome.kind === 'deferred' && outcome.reason === 'connections',
    );
    // Too many connections: those that only wait go first.
    if (crowded) void pool.shrink();
    const kept = pool.put(
      connection,
      closing ||
        crowded ||
        handover.stale ||
        handover.unavailable !== undefined ||
        openedIn.get(connection) !== era,
    );
    if (kept) void underWay.track(kept);
  }

  return {
    deliver: (message, recipients, signal) => underWay.track(deliver(message, recipients, signal)),
    connections: () => pool.size(),
    renewConnections() {
      if (upstream.security === 'none') return;
      era += 1;
      void underWay.track(pool.shrink());
    },
    async close() {
      closing = true;
      await pool.shrink();
      await underWay.quiet();
      await pool.shrink();
    },
  };
}

/**
 * The server had closed the warm connection, or said so in answer to MAIL (RFC 5321 section 3.8); or it has forgotten who we are, because
 * the token that was signed in with has run out.
 */
function isStale(transcript: Transcript): boolean {
  const code = transcript.mail?.code;
  if (code === 421 || code === 530 || code === 535) return true;
  return transcript.lost !== undefined && transcript.data === undefined;
}

function stopped(recipients: readonly EnvelopeRecipient[]): Answered {
  const reply = { code: 451, enhanced: '4.3.2', text: 'Postern stopped before the message was sent' };
  return {
    kind: 'answered',
    recipients: recipients.map(() => ({ kind: 'deferred', reason: 'busy', reply })),
  };
}

function withoutConnection(
  failure: NoConnection | NotGranted,
  recipients: readonly EnvelopeRecipient[],
): Unavailable | Answered {
  if (failure.kind === 'unavailable') {
    const { refusedMailbox: _, ...unavailable } = failure;
    return unavailable;
  }
  const outcome: RecipientOutcome =
    failure.kind === 'not-granted' ? failure.outcome : { ...failure.verdict, reply: failure.reply };
  return { kind: 'answered', recipients: recipients.map(() => outcome) };
}

function wordsOf({ reply, text }: Unavailable): string {
  return reply ? replyText(reply) : text;
}

function putOff(host: string): RecipientOutcome {
  return {
    kind: 'deferred',
    reason: 'busy',
    reply: { code: 452, enhanced: '4.5.3', text: `${host} put this recipient off too often` },
  };
}

/*
 * One MAIL with its recipients, from the moment it is allowed to the envelope that the queue gets.
 */
import type { EnvelopeRecipient } from '../message/envelope.ts';
import { createIntake } from '../message/intake.ts';
import type { AcceptedContent, AcceptedEnvelope } from '../queue/accepting.ts';
import type { Origin } from '../queue/message.ts';
import type { ListenerContext } from './context.ts';
import type { MailCommand } from './mail-command.ts';
import type { AddressBits } from './networks.ts';
import type { ClientPolicy } from './policy.ts';
import { Receiving } from './receiving.ts';

/** The other end of the connection. */
export interface Peer {
  /** IPv4 in its own form, without a zone id. */
  readonly address: string;
  readonly bits: AddressBits | undefined;
  /** TLS version and cipher; absent in clear. */
  readonly tls?: string;
}

export interface Transaction {
  readonly mail: MailCommand;
  readonly client: ClientPolicy;
  /** Reading of the monotonic clock. */
  readonly startedAt: number;
  readonly recipients: Map<string, EnvelopeRecipient>;
}

/** Who sends, as far as the connection knows. */
export interface Sender {
  readonly peer: Peer;
  /** HELO or EHLO argument. */
  readonly greeting: string;
  /** EHLO was used. */
  readonly extended: boolean;
  /** SMTP AUTH user. */
  readonly user: string | undefined;
}

/** The upstream is known to refuse messages of the announced size: told at once, since nobody at a device reads reports. */
export function isTooLargeFurtherOn(transaction: Transaction, context: ListenerContext): boolean {
  const { mail, client, recipients } = transaction;
  if (mail.size === undefined) return false;
  const subject = {
    sender: mail.sender,
    recipients: [...recipients.keys()],
    client: client.name,
    listener: context.settings().name,
  };
  return context.accepting.isTooLarge(subject, mail.size);
}

/** Begins to take the content. Throws what the queue throws. */
export function receive(transaction: Transaction, sender: Sender, context: ListenerContext): Receiving {
  const { mail, client, recipients } = transaction;
  const { maxMessageSize, limits } = context.settings();
  const writer = context.accepting.begin();
  const intake = createIntake({
    id: writer.id,
    hostname: context.hostname(),
    greeting: sender.greeting,
    address: sender.peer.address,
    extended: sender.extended,
    authenticated: sender.user !== undefined,
    ...(sender.peer.tls === undefined ? {} : { tls: sender.peer.tls }),
    smtpUtf8: mail.smtpUtf8,
    recipients: [...recipients.values()],
    now: context.clock.now(),
    sender: mail.sender,
    bareLineFeeds: client.compatibility.bareLineFeeds,
    nulBytes: client.compatibility.nulBytes,
  });
  return new Receiving(writer, intake, { maxSize: maxMessageSize, hops: limits.hops });
}

/** What the queue is told about a message whose content is complete. */
export function acceptedEnvelope(
  transaction: Transaction,
  sender: Sender,
  context: ListenerContext,
  content: AcceptedContent,
): AcceptedEnvelope {
  const { mail, client, recipients, startedAt } = transaction;
  const origin: Origin = {
    client: client.name,
    listener: context.settings().name,
    address: sender.peer.address,
    greeting: sender.greeting,
    ...(sender.user === undefined ? {} : { user: sender.user }),
    ...(sender.peer.tls === undefined ? {} : { tls: sender.peer.tls }),
  };
  const { subject, headerMessageId, eightBit } = content;
  return {
    kind: 'mail',
    origin,
    envelope: {
      sender: mail.sender,
      recipients: [...recipients.values()],
      eightBit: mail.eightBit || eightBit,
      smtpUtf8: mail.smtpUtf8,
      ...(mail.returnContent === undefined ? {} : { returnContent: mail.returnContent }),
      ...(mail.envelopeId === undefined ? {} : { envelopeId: mail.envelopeId }),
    },
    receiving: context.clock.monotonic() - startedAt,
    content: { subject, headerMessageId, eightBit },
  };
}

import type { EnvelopeRecipient } from '../../../message/envelope.ts';
import type { RecipientOutcome } from '../../outcome.ts';
import type { OutgoingMessage } from '../../transport.ts';

/** What the server can do, as far as it matters for an envelope. */
export interface ServerAbilities {
  readonly extensions: readonly string[];
  /** Bytes; 0 when the server does not say. */
  readonly sizeLimit: number;
}

/** The commands of a transaction's envelope. */
export interface CommandLines {
  readonly mail: string;
  readonly recipients: readonly string[];
  /** DSN parameters were given and the server took over the duty to report (RFC 3461). */
  readonly dsnPassedOn: boolean;
}

const ASCII = /^[\x21-\x7e]*$/;
// oxlint-disable-next-line no-control-regex -- ASCII begins with control characters
const NOT_ASCII = /[^\u0000-\u007f]/;
/** What can be said between `<` and `>` without ending the line or the path. */
// oxlint-disable-next-line no-control-regex
const SAFE = /^[^\u0000-\u0020\u007f<>]*$/;
/** A quoted local part may hold spaces (RFC 5321 section 4.1.2). */
const QUOTED = /^"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])*"@[^\p{Cc}\s<>]+$/u;

/** MAIL FROM and RCPT TO with the parameters that the server offers (RFC 1870, 3461, 6152, 6531). */
export function commandLines(
  message: OutgoingMessage,
  size: number,
  recipients: readonly EnvelopeRecipient[],
  abilities: ServerAbilities,
): CommandLines {
  const offers = (extension: string): boolean => abilities.extensions.includes(extension);
  const dsn = offers('DSN');
  let mail = `MAIL FROM:<${message.sender}>`;
  if (offers('SIZE')) mail += ` SIZE=${size}`;
  if (message.eightBit && offers('8BITMIME')) mail += ' BODY=8BITMIME';
  if (
    offers('SMTPUTF8') &&
    (message.smtpUtf8 || !ASCII.test(message.sender) || recipients.some(isInternational))
  ) {
    mail += ' SMTPUTF8';
  }
  if (dsn && message.returnContent) mail += ` RET=${message.returnContent}`;
  if (dsn && message.envelopeId !== undefined && ASCII.test(message.envelopeId))
    mail += ` ENVID=${message.envelopeId}`;
  return {
    mail,
    recipients: recipients.map((recipient) => recipientLine(recipient, dsn)),
    dsnPassedOn: dsn && recipients.some(({ notify }) => notify !== undefined),
  };
}

function recipientLine(recipient: EnvelopeRecipient, dsn: boolean): string {
  let line = `RCPT TO:<${recipient.address}>`;
  if (!dsn) return line;
  if (recipient.notify && recipient.notify.length > 0) line += ` NOTIFY=${recipient.notify.join(',')}`;
  if (recipient.originalRecipient !== undefined && ASCII.test(recipient.originalRecipient)) {
    line += ` ORCPT=${recipient.originalRecipient}`;
  }
  return line;
}

/** The address has characters outside of ASCII: only a server with SMTPUTF8 can take it (RFC 6531 section 3.4). */
export function isInternational(recipient: EnvelopeRecipient): boolean {
  return NOT_ASCII.test(recipient.address);
}

/** Why this address cannot be said to this server; undefined when it can. */
export function unspeakable(address: string, abilities: ServerAbilities): RecipientOutcome | undefined {
  if (!SAFE.test(address) && !QUOTED.test(address)) {
    return refusal('5.1.3', 'the address holds characters that SMTP cannot carry', 'other');
  }
  if (NOT_ASCII.test(address) && !abilities.extensions.includes('SMTPUTF8')) {
    return refusal('5.6.7', 'the upstream does not take addresses outside of ASCII (SMTPUTF8)', 'content');
  }
  return undefined;
}

/** A rejection of our own, in the form of a reply. */
export function refusal(
  enhanced: string,
  text: string,
  reason: 'content' | 'other',
  code = 550,
): RecipientOutcome {
  return { kind: 'rejected', reason, reply: { code, enhanced, text } };
}

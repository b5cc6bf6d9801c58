/*
 * The trace field that every relay adds in front (RFC 5321 section 4.4). What the client said about itself is text of a
 * stranger: it is reduced to harmless characters before it stands in a header.
 */
import { addressLiteral, headerAddress, isAddressLiteral } from './address.ts';
import { formatDate } from './date.ts';

/** How the message came in, as far as the trace field says so. */
export interface Trace {
  /** The message's id. */
  readonly id: string;
  /** Our own name. */
  readonly hostname: string;
  /** HELO or EHLO argument, as the client gave it. */
  readonly greeting: string;
  /** IP address of the client. */
  readonly address: string;
  /** EHLO was used. */
  readonly extended: boolean;
  readonly authenticated: boolean;
  /** TLS version and cipher; absent without TLS. */
  readonly tls?: string;
  readonly smtpUtf8: boolean;
  /** Who gets it; named only when it is one, so that nobody learns of the others. */
  readonly recipients: readonly { readonly address: string }[];
  /** When it was received, ms since 1970. */
  readonly now: number;
}

const MAX_GREETING = 255;

/** The `with` keyword (RFC 3848, RFC 6531 section 4.3). */
export function transmissionType(
  trace: Pick<Trace, 'extended' | 'authenticated' | 'tls' | 'smtpUtf8'>,
): string {
  if (!trace.extended && !trace.smtpUtf8) return 'SMTP';
  const security = trace.tls === undefined ? '' : 'S';
  return `${trace.smtpUtf8 ? 'UTF8SMTP' : 'ESMTP'}${security}${trace.authenticated ? 'A' : ''}`;
}

/** The whole field, folded, with its CRLF. */
export function receivedField(trace: Trace): string {
  const literal = addressLiteral(trace.address);
  const tls = trace.tls === undefined ? '' : `\r\n\t(${commentText(trace.tls)})`;
  const only = trace.recipients.length === 1 ? trace.recipients[0] : undefined;
  const recipient = only === undefined ? '' : `\r\n\tfor <${headerAddress(only.address)}>`;
  return (
    `Received: from ${greetingDomain(trace.greeting, literal)} (${literal})${tls}\r\n` +
    `\tby ${trace.hostname} (Postern) with ${transmissionType(trace)} id ${trace.id}${recipient};\r\n` +
    `\t${formatDate(trace.now)}\r\n`
  );
}

function greetingDomain(greeting: string, literal: string): string {
  if (isAddressLiteral(greeting)) return greeting;
  const name = greeting.slice(0, MAX_GREETING).replace(/[^A-Za-z0-9._-]/g, '?');
  return name === '' ? literal : name;
}

function commentText(text: string): string {
  return text.slice(0, 100).replace(/[^A-Za-z0-9 .,:_/+-]/g, '?');
}

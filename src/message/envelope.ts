/** When a recipient's sender wants a report (RFC 3461 section 4.1). */
export type NotifyCondition = 'NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY';

/** One RCPT TO. */
export interface EnvelopeRecipient {
  /** `local@domain` without brackets, the domain in A-label form (RFC 5890). */
  readonly address: string;
  readonly notify?: readonly NotifyCondition[];
  /** ORCPT as typed, e.g. `rfc822;user@example.com`. */
  readonly originalRecipient?: string;
}

/** MAIL FROM and RCPT TO with their parameters (RFC 5321 section 4.1.1, RFC 6152, RFC 6531, RFC 3461). */
export interface Envelope {
  /** `local@domain`, or the empty string for the null reverse-path `<>`. */
  readonly sender: string;
  readonly recipients: readonly EnvelopeRecipient[];
  /** BODY=8BITMIME was given, or the content turned out to have bytes above 127. */
  readonly eightBit: boolean;
  /** SMTPUTF8 was given. */
  readonly smtpUtf8: boolean;
  /** RET of DSN. */
  readonly returnContent?: 'FULL' | 'HDRS';
  /** ENVID of DSN, as typed (xtext). */
  readonly envelopeId?: string;
}

/** The bytes of a message: CRLF line ends, no NUL, not dot-stuffed, ending in CRLF. Read as often as needed, never whole. */
export interface MessageBody {
  /** Bytes in all, header block included. */
  readonly size: number;
  /** The bytes in order, in pieces of at most 256 KiB; the header block and the blank line behind it are always whole in the first piece. */
  chunks(): AsyncIterable<Buffer>;
}

/** The largest piece of a body that is stored or handed on, in bytes; the header block has to fit into one. */
export const CHUNK_SIZE = 256 * 1024;

/** The largest header block that is accepted, in bytes; leaves room in the first chunk for what intake adds. */
export const MAX_HEADER_SIZE = 192 * 1024;

/** The part behind the last `@`, lower case; empty where there is none. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}

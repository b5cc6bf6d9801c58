/*
 * Header fields with bytes above 127 in the form that ASCII-only servers take: text and display names become encoded words
 * (RFC 2047), parameters the form of RFC 2231. Fields that are ASCII keep every byte.
 */
import { isAsciiText, parseParameters, writeAsciiParameters } from './content-type.ts';
import { decodeEncodedWords, encodedWordsOf } from './encoded-words.ts';
import { createField, fieldValue, type HeaderField } from './headers.ts';
import { formatMailbox, parseMailboxes } from './mailbox.ts';

const ADDRESS_FIELDS = new Set([
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'resent-from',
  'resent-sender',
  'resent-to',
  'resent-cc',
  'resent-reply-to',
  'disposition-notification-to',
]);
const PARAMETER_FIELDS = new Set(['content-type', 'content-disposition']);

/** Fields in which an encoded word has no meaning; what is not ASCII in them was wrong already, or is a comment. */
const TOKEN_FIELDS = new Set([
  'received',
  'return-path',
  'date',
  'message-id',
  'in-reply-to',
  'references',
  'resent-date',
  'resent-message-id',
  'mime-version',
  'content-id',
  'content-transfer-encoding',
  'dkim-signature',
  'arc-seal',
  'arc-message-signature',
  'authentication-results',
]);

/** The field in ASCII; undefined where that cannot be done: an address that only SMTPUTF8 can carry. */
export function downgradeField(field: HeaderField): HeaderField | undefined {
  if (isAsciiText(field.raw)) return field;
  const name = field.raw.slice(0, field.raw.indexOf(':')).trimEnd();
  if (TOKEN_FIELDS.has(field.name)) {
    return { name: field.name, raw: field.raw.replace(/[^\0-\x7f]/g, '?') };
  }
  const value = fieldValue(field);
  if (PARAMETER_FIELDS.has(field.name)) {
    const written = writeAsciiParameters(parseParameters(value));
    return isAsciiText(written) ? createField(name, written) : undefined;
  }
  if (ADDRESS_FIELDS.has(field.name)) {
    const mailboxes = parseMailboxes(value);
    if (mailboxes.every((mailbox) => mailbox.valid)) {
      const written = mailboxes.map((mailbox) => formatMailbox(mailbox)).join(', ');
      return isAsciiText(written) ? createField(name, written) : undefined;
    }
  }
  return createField(name, encodedWordsOf(decodeEncodedWords(value)).join(' '));
}

/*
 * Gmail does not refuse a sender that is not the account's: it writes the account's address into From and keeps the one that was there
 * in X-Google-Original-From (“Send emails from a different address or alias”). Bcc does not go out.
 */
import {
  createField,
  findField,
  parseHeader,
  removeFields,
  replaceField,
  writeHeader,
} from '../../message/headers.ts';
import type { Mailboxes } from '../mailboxes.ts';
import { messageParts } from '../message-parts.ts';

/** The message as Gmail sends it, and its sender. */
export function asGmailSends(
  message: Buffer,
  mailbox: string,
  mailboxes: Mailboxes,
): { readonly content: Buffer; readonly sender: string } {
  const header = removeFields(parseHeader(message), ['bcc']);
  const [sender = mailbox] = messageParts(message).from;
  if (mailboxes.maySendAs(mailbox, sender)) return { content: writeHeader(header), sender };
  const original = findField(header, 'from');
  const kept = (original?.raw ?? '').replace(/^from:/i, 'X-Google-Original-From:');
  const replaced = replaceField(header, 'from', [
    createField('From', mailbox),
    { name: 'x-google-original-from', raw: kept },
  ]);
  return { content: writeHeader(replaced), sender: mailbox };
}

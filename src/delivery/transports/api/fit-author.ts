import { createField, fieldValue, type Header, replaceField } from '../../../message/headers.ts';
import { formatMailbox, parseMailboxes } from '../../../message/mailbox.ts';
import { cleanName } from './fit-recipients.ts';

/**
 * The header with `@` taken out of the display names of From and Sender, for which Microsoft Graph refuses a message (ErrorSendAsDenied).
 * The same header where there is none.
 */
export function fitAuthor(header: Header): Header {
  let fitted = header;
  for (const [name, written] of [
    ['from', 'From'],
    ['sender', 'Sender'],
  ] as const) {
    const field = header.fields.find((each) => each.name === name);
    if (field === undefined) continue;
    const authors = parseMailboxes(fieldValue(field));
    const clean = authors.map((mailbox) => cleanName(mailbox));
    if (clean.every((mailbox, index) => mailbox === authors[index])) continue;
    const value = clean.map((mailbox) => formatMailbox(mailbox)).join(', ');
    fitted = replaceField(fitted, name, [createField(written, value)]);
  }
  return fitted;
}

import { fieldValue, findField, findFields, type Header, headerText } from '../../../message/headers.ts';
import { type Mailbox, parseMailboxes } from '../../../message/mailbox.ts';
import type { Addressing } from '../api/fit-recipients.ts';

/** Microsoft Graph takes at most five, whose names begin with `x-` ("message resource type", internetMessageHeaders). */
const MOST_HEADERS = 5;
const LONGEST_VALUE = 995;
/** PidTagInReplyToId and PidTagInternetReferences (MS-OXOMSG): Graph has no other way to set them. */
const IN_REPLY_TO = 'String 0x1042';
const REFERENCES = 'String 0x1039';
/** A header field as a named property (MS-OXCMAIL, PS_INTERNET_HEADERS). */
const HEADER_SET = '00020386-0000-0000-C000-000000000046';

/** A draft as the JSON of Microsoft Graph ("Create message"). */
export function draftMessage(
  header: Header,
  addressing: Addressing,
  text: { readonly content: string; readonly html: boolean } | undefined,
): Readonly<Record<string, unknown>> {
  const [from] = mailboxesOf(header, 'from');
  const [sender] = mailboxesOf(header, 'sender');
  const replyTo = mailboxesOf(header, 'reply-to');
  const properties = propertiesOf(header);
  const headers = customHeaders(header);
  const messageId = valueOf(header, 'message-id');
  return {
    subject: headerText(header, 'subject'),
    body: { contentType: text?.html ? 'html' : 'text', content: text?.content ?? '' },
    ...(from ? { from: recipient(from) } : {}),
    ...(sender && from && sender.address !== from.address ? { sender: recipient(sender) } : {}),
    toRecipients: addressing.to.map(recipient),
    ccRecipients: addressing.cc.map(recipient),
    bccRecipients: addressing.bcc.map(recipient),
    ...(replyTo.length > 0 ? { replyTo: replyTo.map(recipient) } : {}),
    importance: importanceOf(header),
    ...(messageId === '' ? {} : { internetMessageId: messageId }),
    ...(headers.length > 0 ? { internetMessageHeaders: headers } : {}),
    ...(properties.length > 0 ? { singleValueExtendedProperties: properties } : {}),
  };
}

function recipient({ name, address }: Mailbox) {
  return { emailAddress: { address, ...(name === '' ? {} : { name }) } };
}

function mailboxesOf(header: Header, name: string): readonly Mailbox[] {
  return findFields(header, name)
    .flatMap((field) => parseMailboxes(fieldValue(field)))
    .filter((mailbox) => mailbox.valid);
}

function importanceOf(header: Header): 'low' | 'normal' | 'high' {
  const words = `${valueOf(header, 'importance')} ${valueOf(header, 'x-priority')} ${valueOf(header, 'priority')}`;
  if (/\b(?:high|urgent|[12])\b/i.test(words)) return 'high';
  return /\b(?:low|non-urgent|[45])\b/i.test(words) ? 'low' : 'normal';
}

/** What Postern itself put there first. */
function customHeaders(header: Header): readonly { readonly name: string; readonly value: string }[] {
  return header.fields
    .filter((field) => field.name.startsWith('x-') && field.name !== 'x-priority')
    .toSorted((one, other) => rank(one.name) - rank(other.name))
    .map((field) => ({
      name: field.raw.slice(0, field.raw.indexOf(':')).trim(),
      value: fieldValue(field).slice(0, LONGEST_VALUE).toWellFormed(),
    }))
    .filter(({ value }) => value !== '')
    .slice(0, MOST_HEADERS);
}

function rank(name: string): number {
  return name.startsWith('x-original-') ? 0 : 1;
}

function propertiesOf(header: Header): readonly { readonly id: string; readonly value: string }[] {
  return [
    { id: IN_REPLY_TO, value: valueOf(header, 'in-reply-to') },
    { id: REFERENCES, value: valueOf(header, 'references') },
    { id: `String {${HEADER_SET}} Name Auto-Submitted`, value: valueOf(header, 'auto-submitted') },
  ].filter(({ value }) => value !== '');
}

function valueOf(header: Header, name: string): string {
  const field = findField(header, name);
  return field === undefined ? '' : fieldValue(field);
}

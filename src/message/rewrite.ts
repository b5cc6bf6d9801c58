/*
 * Sends a message as the upstream's own address, where the upstream refuses the original one: From becomes that address
 * with the display name kept, Reply-To leads answers to the original, X-Original-From keeps what stood there. Sender goes,
 * since it names the account that may not send. Resent fields and everything else keep every byte.
 *
 * A DKIM-Signature of the original stays although it no longer fits: a verifier has to treat a failing signature like none
 * (RFC 6376 section 6.1), and the field still tells an administrator where the message came from.
 */
import { parseAddress } from './address.ts';
import {
  createField,
  fieldValue,
  findField,
  findFields,
  type Header,
  type HeaderField,
  parseHeader,
  removeFields,
  replaceField,
  writeHeader,
} from './headers.ts';
import { formatMailbox, type Mailbox, parseMailboxes } from './mailbox.ts';

export interface SenderRewrite {
  /** The address that the upstream accepts. */
  readonly from: string;
  /** The envelope's sender as the client gave it; empty for the null reverse-path. */
  readonly original: string;
}

/** How many of the original mailboxes are named in Reply-To. */
const MAX_REPLY_TO = 20;
/** How much of it is kept, in characters. */
const MAX_ORIGINAL = 8192;

/** Takes the header block, with or without what follows it, and gives it back rewritten. Unchanged when From fits already. */
export function rewriteSender(header: Buffer, rewrite: SenderRewrite): Buffer {
  const parsed = parseHeader(header);
  const fields = findFields(parsed, 'from');
  const authors = fields.flatMap((field) => parseMailboxes(fieldValue(field)));
  if (fields.length === 1 && authors.length === 1 && sameAddress(authors[0]?.address, rewrite.from)) {
    const rest = withoutForeignSender(parsed, rewrite.from);
    return rest === parsed ? header : writeHeader(rest);
  }
  const name = authorName(authors);
  const added: HeaderField[] = [createField('From', formatMailbox({ name, address: rewrite.from }))];
  const replyTo = hasReplyTo(parsed) ? '' : replyToOf(authors, rewrite.original);
  if (replyTo !== '') added.push(createField('Reply-To', replyTo));
  if (fields.length > 0) {
    const value = fields.map((field) => fieldValue(field)).join(', ');
    added.push(createField('X-Original-From', value.slice(0, MAX_ORIGINAL).toWellFormed()));
  }
  const emptied = removeFields(parsed, replyTo === '' ? ['sender'] : ['sender', 'reply-to']);
  return writeHeader(
    findField(emptied, 'from') === undefined
      ? inserted(emptied, added)
      : replaceField(emptied, 'from', added),
  );
}

/** Behind the trace fields, which have to stay on top (RFC 5321 section 4.4). */
function inserted(header: Header, added: readonly HeaderField[]): Header {
  const index =
    header.fields.findLastIndex((field) => field.name === 'received' || field.name === 'return-path') + 1;
  return { fields: header.fields.toSpliced(index, 0, ...added), rest: header.rest };
}

function withoutForeignSender(header: Header, from: string): Header {
  const senders = findFields(header, 'sender');
  if (senders.length === 0) return header;
  const fits = senders.every((field) => sameAddress(parseMailboxes(fieldValue(field))[0]?.address, from));
  return fits ? header : removeFields(header, ['sender']);
}

/** A Reply-To that leads nowhere is replaced. */
function hasReplyTo(header: Header): boolean {
  return findFields(header, 'reply-to').some((field) =>
    parseMailboxes(fieldValue(field)).some((mailbox) => mailbox.valid),
  );
}

function replyToOf(authors: readonly Mailbox[], original: string): string {
  const valid = authors.filter((mailbox) => mailbox.valid).slice(0, MAX_REPLY_TO);
  if (valid.length > 0) return valid.map((mailbox) => formatMailbox(mailbox)).join(', ');
  return parseAddress(original) === undefined ? '' : formatMailbox({ name: '', address: original });
}

/** Microsoft Graph refuses a display name with `@` in it as an attempt to deceive (ErrorSendAsDenied). */
function authorName(authors: readonly Mailbox[]): string {
  const name = authors.find((mailbox) => mailbox.name !== '')?.name ?? '';
  return name
    .replace(/\s*[@\uFE6B\uFF20]\s*/g, ' at ')
    .replace(/[<>]/g, '')
    .trim();
}

function sameAddress(one: string | undefined, other: string): boolean {
  return one !== undefined && one.toLowerCase() === other.toLowerCase();
}

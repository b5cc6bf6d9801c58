/*
 * APIs have no envelope: they send to whom the header names. So the header is made to name the recipients of this attempt, no
 * more and no less:
 *
 * - A recipient that no field shows goes into a Bcc field, which the API takes out again before it sends.
 * - A To or Cc field that shows only recipients keeps every byte. One that shows anybody else (somebody who got the message in an earlier
 *   attempt, or whom the client did not name) or that can be read in two ways is written anew with the recipients alone; what stood there
 *   is kept as X-Original-To or X-Original-Cc, which nobody sends to.
 * - Resent-To, Resent-Cc and every Bcc go: servers differ in what they make of them.
 *
 * Addresses are compared without regard to case, as the mailboxes' own servers do it. Pure.
 */
import { decodeLatin1 } from '../../../message/charset.ts';
import {
  appendFields,
  createField,
  fieldValue,
  type Header,
  type HeaderField,
  parseHeader,
  writeHeader,
} from '../../../message/headers.ts';
import { formatMailbox, type Mailbox, parseMailboxes } from '../../../message/mailbox.ts';

/** The mailboxes of a header by its fields, those and only those that are to get the message. */
export interface Addressing {
  readonly to: readonly Mailbox[];
  readonly cc: readonly Mailbox[];
  readonly bcc: readonly Mailbox[];
}

export interface FittedHeader {
  readonly header: Header;
  readonly addressing: Addressing;
}

const REMOVED = new Set(['bcc', 'resent-to', 'resent-cc', 'resent-bcc', 'apparently-to']);
const ORIGINALS: Readonly<Record<string, string>> = { to: 'X-Original-To', cc: 'X-Original-Cc' };
/** A longer value is not read to its end by parseMailboxes, so it never stays as it is. */
const READABLE_VALUE = 60_000;
const READABLE_MAILBOXES = 900;
/** How much of a replaced field is kept, in characters. */
const MAX_ORIGINAL = 8192;

/** Takes the header block with the blank line behind it, and gives it back naming `recipients` (addresses) and nobody else. */
export function fitRecipients(block: Buffer, recipients: readonly string[]): Buffer {
  const header = parseHeader(block);
  const fitted = fitHeader(header, recipients);
  return fitted.header === header ? block : writeHeader(fitted.header);
}

/** The same for a header that was read, with whom it names afterwards. The same header where nothing has to change. */
export function fitHeader(header: Header, recipients: readonly string[]): FittedHeader {
  const missing = new Map(recipients.map((address) => [comparable(address), address]));
  const wanted = new Set(missing.keys());
  const addressing: { to: Mailbox[]; cc: Mailbox[] } = { to: [], cc: [] };
  let changed = false;
  const fields = header.fields.flatMap((read): readonly HeaderField[] => {
    const field = withoutSpace(read);
    if (field !== read) changed = true;
    if (REMOVED.has(field.name)) {
      changed = true;
      return [];
    }
    if (field.name !== 'to' && field.name !== 'cc') return [field];
    const value = fieldValue(field);
    const shown = parseMailboxes(value);
    const kept = shown.filter((mailbox) => mailbox.valid && wanted.has(comparable(mailbox.address)));
    for (const mailbox of kept) missing.delete(comparable(mailbox.address));
    addressing[field.name].push(...kept);
    if (kept.length === shown.length && isPlain(field, value, shown)) return [field];
    changed = true;
    return rewritten(field, value, kept);
  });
  const bcc = [...missing.values()].map((address) => ({ name: '', address, valid: true }));
  if (bcc.length === 0 && !changed) return { header, addressing: { ...addressing, bcc } };
  const kept = { fields, rest: header.rest };
  const field = createField('Bcc', bcc.map((mailbox) => formatMailbox(mailbox)).join(', '));
  return {
    header: bcc.length === 0 ? kept : appendFields(kept, [field]),
    addressing: { ...addressing, bcc },
  };
}

/** One form for addresses that mean the same mailbox. Of letters beyond ASCII some have small forms that are another letter's too. */
export function comparable(address: string): string {
  const quoted = /^"([^"\\@\s]+)"(@[^@]*)$/.exec(address);
  const plain = quoted ? `${quoted[1]}${quoted[2]}` : address;
  return plain.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Some programs take a name with white space in front of the colon (RFC 5322 section 4.5) for the end of the header. */
function withoutSpace(field: HeaderField): HeaderField {
  return /^[^:\s]+[ \t]/.test(field.raw) ? { ...field, raw: field.raw.replace(/[ \t]+(?=:)/, '') } : field;
}

function rewritten(field: HeaderField, value: string, kept: readonly Mailbox[]): readonly HeaderField[] {
  const original = ORIGINALS[field.name];
  const lines: HeaderField[] = [];
  if (kept.length > 0) {
    const name = field.name === 'to' ? 'To' : 'Cc';
    lines.push(createField(name, kept.map((mailbox) => formatMailbox(simpleName(mailbox))).join(', ')));
  }
  if (original !== undefined) lines.push(createField(original, value.slice(0, MAX_ORIGINAL).toWellFormed()));
  return lines;
}

/** Without the characters that nest and escape. */
function simpleName(mailbox: Mailbox): Mailbox {
  const { name, ...rest } = cleanName(mailbox);
  return { ...rest, name: name.replace(/["()[\]:;\\]+/g, ' ').trim() };
}

/** Another program cannot see an address in it that we did not see: one `@` for each mailbox, and nothing that is nested. */
function isPlain({ raw }: HeaderField, value: string, shown: readonly Mailbox[]): boolean {
  if (!isPlainText(raw.slice(raw.indexOf(':') + 1))) return false;
  if (shown.length === 0) return /^[\w -]*(?::\s*;)?$/.test(value) && !value.includes('@');
  if (value.length > READABLE_VALUE || shown.length > READABLE_MAILBOXES) return false;
  if (/[()[\]:;\\]/.test(value.replace(/=\?[\w-]+\?[BbQq]\?[^?\s]*\?=/g, 'x'))) return false;
  if (value.split('"').length % 2 === 0) return false;
  if (value.split('@').length - 1 !== shown.length || />[ \t]*[^ \t,]/.test(value)) return false;
  return shown.every((mailbox) => !/[@<>\uFE6B\uFF20]/.test(mailbox.name));
}

/** ASCII or UTF-8 (one byte in each character here), with no signs that one program shows, another drops and a third takes for a space. */
function isPlainText(raw: string): boolean {
  const text = raw.replace(/\r\n(?=[ \t]|$)/g, '');
  const decoded = decodeLatin1(text);
  return Buffer.from(decoded).toString('latin1') === text && !/[^\P{C}\t]|[^\P{Z} ]/u.test(decoded);
}

/** Microsoft Graph takes a display name with `@` in it for an attempt to deceive (ErrorSendAsDenied). */
export function cleanName(mailbox: Mailbox): Mailbox {
  if (!/[@\uFE6B\uFF20<>]/.test(mailbox.name)) return mailbox;
  const name = mailbox.name
    .replace(/\s*[@\uFE6B\uFF20]\s*/g, ' at ')
    .replace(/[<>]/g, '')
    .trim();
  return { ...mailbox, name: comparable(mailbox.name) === comparable(mailbox.address) ? '' : name };
}

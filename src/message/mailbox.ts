/*
 * Mailboxes in header fields such as From and Reply-To (RFC 5322 section 3.4, RFC 6532): reading takes whatever devices
 * write, in one pass and without backtracking; writing is strict.
 */
import { headerAddress, normaliseAddress } from './address.ts';
import { decodeEncodedWords, encodeWords } from './encoded-words.ts';
import { oneLine } from './headers.ts';

export interface Mailbox {
  /** Display name for people, decoded; empty where there is none. */
  readonly name: string;
  /** `local@domain` with the domain in A-labels; what was written, where it is no address. */
  readonly address: string;
  /** The address has a local part and a domain and may be sent to. */
  readonly valid: boolean;
}

/** More text and more mailboxes than these are not read. */
const MAX_VALUE = 65_536;
const MAX_MAILBOXES = 1000;
const MAX_NAME = 250;
/** Stands for a character without a meaning. */
const PLAIN = '';

/** Reads an unfolded field value; groups (`name: a, b;`) are opened up. */
export function parseMailboxes(value: string): Mailbox[] {
  const mailboxes: Mailbox[] = [];
  let parts = emptyParts();
  const flush = (): void => {
    const mailbox = mailboxOf(parts);
    if (mailbox !== undefined && mailboxes.length < MAX_MAILBOXES) mailboxes.push(mailbox);
    parts = emptyParts();
  };
  const text = value.slice(0, MAX_VALUE);
  /** Opening characters that are never closed from here on, as in `O"Brien`; looking again would not be linear. */
  const plain = new Set<string>();
  let index = 0;
  while (index < text.length) {
    let character = text.charAt(index);
    let closed = plain.has(character) ? index : closingIndex(text, index, character);
    if (closed === text.length && character !== '<') {
      plain.add(character);
      closed = index;
    }
    if (closed === index && CLOSING[character] !== undefined) character = PLAIN;
    const inside = text.slice(index + 1, closed);
    if (character === '"') {
      parts.phrase += unescape(inside);
      parts.bare += `"${inside}"`;
    } else if (character === '(') parts.comment += unescape(inside);
    else if (character === '<') parts.angle ??= inside;
    else if (character === '[') {
      parts.phrase += `[${inside}]`;
      parts.bare += `[${inside}]`;
    } else if (character === ',' || character === ';') flush();
    else if (character === ':') parts = emptyParts();
    else {
      parts.phrase += text.charAt(index);
      parts.bare += text.charAt(index);
    }
    index = closed + 1;
  }
  flush();
  return mailboxes;
}

/** `Name <address>` as it stands in a field; ASCII but for the address, the name quoted or as encoded words. */
export function formatMailbox(mailbox: Pick<Mailbox, 'name' | 'address'>): string {
  const name = oneLine(mailbox.name).slice(0, MAX_NAME).toWellFormed();
  const address = `<${headerAddress(mailbox.address)}>`;
  if (name === '') return address;
  if (/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+$/.test(name) && !name.includes('=?')) return `${name} ${address}`;
  const encoded = encodeWords(name);
  return encoded === name ? `"${name.replace(/[\\"]/g, '\\$&')}" ${address}` : `${encoded} ${address}`;
}

interface Parts {
  /** Words and quoted strings without their quotes. */
  phrase: string;
  /** The same as written, for an address without angle brackets. */
  bare: string;
  comment: string;
  angle: string | undefined;
}

function emptyParts(): Parts {
  return { phrase: '', bare: '', comment: '', angle: undefined };
}

function mailboxOf(parts: Parts): Mailbox | undefined {
  // An obsolete source route (RFC 5322 section 4.4) stands in front of the address.
  const written = (parts.angle ?? parts.bare).trim().replace(/^@[^:"]*:/, '');
  const name = oneLine(decodeEncodedWords(parts.angle === undefined ? parts.comment : parts.phrase));
  const address = oneLine(written);
  if (address === '' && name === '') return undefined;
  const normal = normaliseAddress(address, { odd: true });
  const valid = normal?.includes('@') === true;
  return { name: name.replace(/\s+/g, ' '), address: normal ?? address, valid };
}

/** Where the thing that starts at `index` ends: behind nested and escaped parts, or at the end of the text. */
function closingIndex(text: string, index: number, opening: string): number {
  const closing = CLOSING[opening];
  if (closing === undefined) return index;
  let depth = 1;
  let quoted = false;
  for (let at = index + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\' && opening !== '[') at += 1;
    else if (character === '"' && opening === '<') quoted = !quoted;
    else if (quoted) continue;
    else if (character === closing) depth -= 1;
    else if (character === '(' && opening === '(') depth += 1;
    if (depth === 0) return at;
  }
  return text.length;
}

const CLOSING: Readonly<Record<string, string>> = { '"': '"', '(': ')', '<': '>', '[': ']' };

function unescape(text: string): string {
  return text.replace(/\\([\s\S])/g, '$1');
}

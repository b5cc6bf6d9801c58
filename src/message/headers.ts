/*
 * A header block as fields that can be found, replaced, inserted and removed while every other byte stays what it was.
 * Raw text holds one byte in each character (latin1). Pure and total: whatever is no field is kept behind the fields.
 */
import { decodeLatin1 } from './charset.ts';
import { decodeEncodedWords } from './encoded-words.ts';
import { scanHeader } from './header-scan.ts';

export interface HeaderField {
  /** In lower case. */
  readonly name: string;
  /** The whole field with name, folding and last CRLF; one byte in each character. */
  readonly raw: string;
}

export interface Header {
  readonly fields: readonly HeaderField[];
  /** What follows the fields: the blank line, and the body as far as it was given. */
  readonly rest: string;
}

/** Lines may have 998 octets and should have 78 (RFC 5322 section 2.1.1). */
const GOOD_LINE = 78;
const MAX_LINE = 998;

/** Reads the beginning of a stored message; lines end in CRLF. */
export function parseHeader(block: Buffer): Header {
  return parseHeaderText(block.toString('latin1'));
}

/** The same for text with one byte in each character. */
export function parseHeaderText(text: string): Header {
  const scan = scanHeader(text, true);
  if (scan === undefined) return { fields: [], rest: text };
  const fields = scan.fields.map((field) => ({ name: field.name, raw: text.slice(field.start, field.end) }));
  return { fields, rest: text.slice(scan.end) };
}

/** The bytes of fields and rest, as they were read or created. */
export function writeHeader(header: Header): Buffer {
  return Buffer.from(header.fields.map((field) => field.raw).join('') + header.rest, 'latin1');
}

/** How many bytes of the first piece of a stored message are header, blank line included; all of it where none is found. */
export function headerLength(piece: Buffer): number {
  const blank = piece.indexOf('\r\n\r\n');
  return blank === -1 ? piece.length : blank + 4;
}

/** The first field of this name (lower case). */
export function findField(header: Header, name: string): HeaderField | undefined {
  return header.fields.find((field) => field.name === name);
}

/** All fields of this name (lower case), in their order. */
export function findFields(header: Header, name: string): readonly HeaderField[] {
  return header.fields.filter((field) => field.name === name);
}

/** What stands behind the colon, on one line; bytes above 127 read as UTF-8 where they are. */
export function fieldValue(field: HeaderField): string {
  const value = field.raw.slice(field.raw.indexOf(':') + 1);
  return decodeLatin1(value.replace(/\r\n(?=[ \t])/g, '').trim());
}

/** The value for people: encoded words decoded, no control characters. */
export function fieldText(field: HeaderField): string {
  return oneLine(decodeEncodedWords(fieldValue(field)));
}

/** The decoded text of the first field of this name; empty where there is none. */
export function headerText(header: Header, name: string): string {
  const field = findField(header, name);
  return field === undefined ? '' : fieldText(field);
}

/** Puts `replacements` where the first field of this name stands, or in front of all, and drops its namesakes. */
export function replaceField(header: Header, name: string, replacements: readonly HeaderField[]): Header {
  const index = header.fields.findIndex((field) => field.name === name);
  const before = header.fields.slice(0, Math.max(index, 0));
  const after = header.fields.slice(Math.max(index, 0)).filter((field) => field.name !== name);
  return { fields: [...before, ...replacements, ...after], rest: header.rest };
}

/** Without the fields of these names (lower case). */
export function removeFields(header: Header, names: readonly string[]): Header {
  return { fields: header.fields.filter((field) => !names.includes(field.name)), rest: header.rest };
}

/** With more fields behind the others. */
export function appendFields(header: Header, fields: readonly HeaderField[]): Header {
  return { fields: [...header.fields, ...fields], rest: header.rest };
}

/**
 * A new field out of text; written as UTF-8, so encode it first where it has to be ASCII. It can hold no second field: line
 * ends and control characters become spaces. Folded at spaces to 78 characters, and by force at 998 octets.
 */
export function createField(name: string, text: string): HeaderField {
  // Long runs of spaces could end up alone on a line, which the syntax forbids.
  const line = oneLine(text).replace(/ {20,}/g, ' ');
  const bytes = Buffer.from(line).toString('latin1');
  return { name: name.toLowerCase(), raw: `${foldLine(`${name}: ${bytes}`)}\r\n` };
}

/** Text on one line without control characters or lone surrogates. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, ' ').trim();
}

function foldLine(line: string): string {
  if (line.length <= GOOD_LINE) return line;
  const lines: string[] = [];
  let rest = line;
  while (rest.length > GOOD_LINE) {
    const cut = foldingPoint(rest);
    if (cut === undefined) break;
    lines.push(rest.slice(0, cut.end));
    rest = cut.rest;
  }
  return [...lines, rest].join('\r\n');
}

function foldingPoint(line: string): { end: number; rest: string } | undefined {
  // Behind the first word: a fold between the name and the value would leave a line of white space only.
  const first = line.search(/[^ ]/) + 1;
  const earliest = Math.max(line.indexOf(' ', first), first);
  const good = line.lastIndexOf(' ', GOOD_LINE);
  const place = good > earliest ? good : line.indexOf(' ', Math.max(GOOD_LINE, earliest + 1));
  if (place !== -1 && place <= MAX_LINE && line.slice(place).trim() !== '') {
    return { end: place, rest: line.slice(place) };
  }
  if (line.length <= MAX_LINE) return undefined;
  let end = MAX_LINE - 8;
  // Not within a character of UTF-8.
  while (end > MAX_LINE - 12 && (line.charCodeAt(end) & 0xc0) === 0x80) end -= 1;
  return { end, rest: ` ${line.slice(end)}` };
}

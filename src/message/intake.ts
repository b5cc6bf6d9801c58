/*
 * Everything that happens to content on its way in (RFC 5321 section 4.4, RFC 6409 section 8, RFC 5322 section 3.6):
 * line ends become CRLF, NUL is refused or removed, our Received field is put in front, and fields that every message
 * needs are added behind the others where they are missing. Fields that are there keep every byte, but for two things: a
 * mailbox separator line in front goes, and Bcc and Resent-Bcc fields go, since each recipient could read in them who got
 * a blind copy (RFC 5322 section 3.6.3). Return-Path stays: only the final server may judge it.
 *
 * Pure and synchronous. The output is the same at every split of the input. The first piece is always the whole header
 * block with its blank line. Memory: the header block, and no more than a piece of the body.
 */
import { isAscii } from 'node:buffer';
import { ownText } from '../shared/own-text.ts';
import { headerAddress } from './address.ts';
import { decodeLatin1 } from './charset.ts';
import { formatDate } from './date.ts';
import { decodeEncodedWords } from './encoded-words.ts';
import { CHUNK_SIZE, MAX_HEADER_SIZE } from './envelope.ts';
import { type FieldRange, type HeaderScan, scanHeaderBytes } from './header-scan.ts';
import { IntakeRefusal } from './intake-refusal.ts';
import { type Cleaned, createLineEnds, type LineEndOptions } from './line-ends.ts';
import { receivedField, type Trace } from './received.ts';

export interface IntakeOptions extends Trace, LineEndOptions {
  /** The envelope's sender; empty for the null reverse-path. */
  readonly sender: string;
}

export interface IntakeResult {
  /** Text for people, at most 200 characters. */
  readonly subject: string;
  /** The Message-ID with its brackets. */
  readonly headerMessageId: string;
  /** A byte above 127 is in header or body. */
  readonly eightBit: boolean;
  /** Bytes of the output. */
  readonly size: number;
  /** Received fields that the message brought along; our own is not counted. */
  readonly receivedCount: number;
}

/** One message's way in. A refusal is final: every later call throws it again. */
export interface Intake {
  /** Content behind DATA, dot-unstuffed. Answers what can be stored by now, which may share memory with `piece`. Throws IntakeRefusal. */
  push(piece: Buffer): Buffer[];
  /** The rest. Throws IntakeRefusal. */
  end(): Buffer[];
  /** What was found; complete after `end`. */
  result(): IntakeResult;
}

const MAX_SUBJECT = 200;
const MAX_MESSAGE_ID = 998;
const BLIND = new Set(['bcc', 'resent-bcc']);

export function createIntake(options: IntakeOptions): Intake {
  const lineEnds = createLineEnds(options);
  /** Clean pieces whose header has no end yet; undefined once the header is out. */
  let held: Buffer[] | undefined = [];
  let heldSize = 0;
  let nextScan = 0;
  let refusal: IntakeRefusal | undefined;
  let header: ComposedHeader | undefined;
  let size = 0;
  let eightBit = false;

  function take(cleaned: Cleaned, complete: boolean): Buffer[] {
    const output: Buffer[] = [];
    if (held === undefined) {
      for (const piece of cleaned.pieces) output.push(piece);
    } else {
      for (const piece of cleaned.pieces) {
        held.push(piece);
        heldSize += piece.length;
      }
      // A header that trickles in is scanned when it has doubled, so that the work stays linear.
      const due = heldSize >= nextScan || heldSize >= MAX_HEADER_SIZE;
      if (due || complete || cleaned.refusal !== undefined) takeHeader(held, complete, output);
    }
    if (cleaned.refusal !== undefined) throw cleaned.refusal;
    for (const piece of output) {
      size += piece.length;
      eightBit ||= !isAscii(piece);
    }
    return output;
  }

  function takeHeader(pieces: readonly Buffer[], complete: boolean, output: Buffer[]): void {
    const [only] = pieces;
    const content = pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
    const found = scanHeaderBytes(content, { complete, limit: MAX_HEADER_SIZE, mailboxLine: true });
    if (found === undefined) {
      if (heldSize >= MAX_HEADER_SIZE) throw headerRefusal();
      held = [content];
      nextScan = heldSize * 2;
      return;
    }
    header = composeHeader(found.text, found.scan, options);
    if (header.block.length > MAX_HEADER_SIZE) throw headerRefusal();
    held = undefined;
    output.push(header.block);
    for (let start = found.scan.body; start < content.length; start += CHUNK_SIZE) {
      output.push(content.subarray(start, start + CHUNK_SIZE));
    }
  }

  function guarded(cleaned: () => Cleaned, complete: boolean): Buffer[] {
    if (refusal !== undefined) throw refusal;
    try {
      return take(cleaned(), complete);
    } catch (error) {
      if (error instanceof IntakeRefusal) refusal = error;
      throw error;
    }
  }

  return {
    push: (piece) => guarded(() => lineEnds.push(piece), false),
    end: () => guarded(() => lineEnds.end(), true),
    result: () => ({
      subject: header === undefined ? '' : subjectText(header.subject),
      headerMessageId: header?.messageId ?? '',
      eightBit,
      size,
      receivedCount: header?.receivedCount ?? 0,
    }),
  };
}

interface ComposedHeader {
  readonly block: Buffer;
  /** The Subject field's value, one byte in each character. */
  readonly subject: string;
  readonly messageId: string;
  readonly receivedCount: number;
}

function composeHeader(text: string, scan: HeaderScan, options: IntakeOptions): ComposedHeader {
  let date = false;
  let from = false;
  let blind = false;
  let subject: FieldRange | undefined;
  let messageId: FieldRange | undefined;
  let receivedCount = 0;
  for (const field of scan.fields) {
    if (field.name === 'received') receivedCount += 1;
    else if (field.name === 'from') from = true;
    else if (field.name === 'date') date = true;
    else if (field.name === 'subject') subject ??= field;
    else if (field.name === 'message-id') messageId ??= field;
    else if (BLIND.has(field.name)) blind = true;
  }
  const sender = options.sender === '' ? `postmaster@${options.hostname}` : options.sender;
  const newId = `<${options.id}@${options.hostname}>`;
  const added =
    (date ? '' : `Date: ${formatDate(options.now)}\r\n`) +
    (messageId === undefined ? `Message-ID: ${newId}\r\n` : '') +
    (from ? '' : `From: <${headerAddress(sender)}>\r\n`);
  const kept = blind ? withoutBlind(text, scan) : text.slice(scan.start, scan.end);
  const block = `${onWire(receivedField(options))}${kept}${onWire(added)}\r\n`;
  return {
    block: Buffer.from(block, 'latin1'),
    subject: subject === undefined ? '' : text.slice(subject.value, subject.end),
    messageId: messageId === undefined ? newId : messageIdText(text.slice(messageId.value, messageId.end)),
    receivedCount,
  };
}

function withoutBlind(text: string, scan: HeaderScan): string {
  return scan.fields
    .filter((field) => !BLIND.has(field.name))
    .map((field) => text.slice(field.start, field.end))
    .join('');
}

/** Text of ours as the bytes that it has on the wire, one in each character. */
function onWire(text: string): string {
  return needsUtf8(text) ? Buffer.from(text).toString('latin1') : text;
}

function needsUtf8(text: string): boolean {
  return /[^\0-\x7f]/.test(text);
}

function messageIdText(value: string): string {
  const text = decodeLatin1(
    value
      .replace(/[\0-\x20\x7f]+/g, ' ')
      .trim()
      .slice(0, MAX_MESSAGE_ID),
  );
  return ownText(text);
}

/** A Subject for lists: decoded, on one line, without control characters. */
function subjectText(value: string): string {
  const text = decodeEncodedWords(decodeLatin1(value.slice(0, 8192).replace(/\r\n/g, '')));
  const line = text.replace(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, ' ').trim();
  return ownText(line.slice(0, MAX_SUBJECT));
}

function headerRefusal(): IntakeRefusal {
  const limit = `${MAX_HEADER_SIZE / 1024} KiB`;
  return new IntakeRefusal(552, '5.3.4', `The header of the message is larger than ${limit}`);
}

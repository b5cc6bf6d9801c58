/*
 * Makes a message fit for a server without 8BITMIME (RFC 6152 section 3): walks its MIME structure and encodes the parts
 * that need it, text as quoted-printable, anything else as base64. Parts that are fit already keep every byte. Where a
 * message is converted, lines over 998 octets are too; a message that is all ASCII is returned as it is.
 *
 * What may not be touched is not: signed content would lose its signature (RFC 1847 section 2.1), and an address beyond
 * ASCII has no other form. Then the answer is undefined, and the caller refuses with 5.6.3. A DKIM signature over the body
 * does break; RFC 6376 section 5.3 tells signers to convert first for that reason.
 *
 * Pure; depth and number of parts are bounded, the size is bounded by the caller.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { isAsciiText, parameter, parseParameters } from './content-type.ts';
import { downgradeField } from './downgrade-fields.ts';
import { MAX_HEADER_SIZE } from './envelope.ts';
import { scanHeaderBytes } from './header-scan.ts';
import {
  createField,
  fieldValue,
  findField,
  type HeaderField,
  parseHeader,
  replaceField,
} from './headers.ts';
import { splitMultipart } from './multipart.ts';
import { encodeBase64, encodeQuotedPrintable, hasLongLine, isSevenBit } from './transfer-encoding.ts';

const MAX_DEPTH = 20;
const MAX_PARTS = 1000;
/** With the misspellings of devices. */
const IDENTITIES = new Set(['', '7bit', '8bit', 'binary', '7-bit', '8-bit']);

/** The message with nothing but ASCII in it; undefined where that is impossible. */
export function downgrade(message: Buffer): Buffer | undefined {
  if (isAscii(message)) return message;
  const walk: Walk = { parts: 0, output: [] };
  return convertEntity(message, { depth: 0, message: true, type: 'text/plain' }, walk)
    ? Buffer.concat(walk.output)
    : undefined;
}

interface Walk {
  parts: number;
  readonly output: Buffer[];
}

interface Place {
  readonly depth: number;
  /** A whole message, not a part of one. */
  readonly message: boolean;
  /** Content type where none is given (RFC 2046 section 5.1.5). */
  readonly type: string;
}

interface Entity {
  readonly fields: readonly HeaderField[];
  readonly body: Buffer;
  readonly type: string;
  readonly encoding: string;
  readonly boundary: string | undefined;
}

/** Writes the entity; false where it cannot be converted. */
function convertEntity(content: Buffer, place: Place, walk: Walk): boolean {
  walk.parts += 1;
  if (place.depth > MAX_DEPTH || walk.parts > MAX_PARTS) return false;
  const entity = readEntity(content, place);
  if (entity === undefined) return false;
  if (entity.type === 'multipart/signed' || entity.type === 'multipart/encrypted') {
    if (!isAscii(entity.body)) return false;
    return writeHeader(entity, entity.encoding, walk) && write(walk, entity.body);
  }
  if (entity.type.startsWith('multipart/')) return convertMultipart(entity, place, walk);
  if (entity.type === 'message/rfc822') {
    if (!isIdentity(entity.encoding)) return isSevenBit(entity.body) && writeWhole(entity, walk);
    return (
      writeHeader(entity, '7bit', walk) &&
      convertEntity(entity.body, { depth: place.depth + 1, message: true, type: 'text/plain' }, walk)
    );
  }
  return convertLeaf(entity, place, walk);
}

function convertMultipart(entity: Entity, place: Place, walk: Walk): boolean {
  if (!isIdentity(entity.encoding)) return isSevenBit(entity.body) && writeWhole(entity, walk);
  const split = splitMultipart(entity.body, entity.boundary ?? '', MAX_PARTS);
  if (split === undefined) return isSevenBit(entity.body) && writeWhole(entity, walk);
  if (!writeHeader(entity, '7bit', walk)) return false;
  const type = entity.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
  write(walk, readable(split.preamble));
  for (const part of split.parts) {
    write(walk, part.delimiter);
    if (!convertEntity(part.content, { depth: place.depth + 1, message: false, type }, walk)) return false;
  }
  return write(walk, readable(split.epilogue));
}

function convertLeaf(entity: Entity, place: Place, walk: Walk): boolean {
  const { body, encoding, type } = entity;
  if (isSevenBit(body))
    return writeHeader(entity, isIdentity(encoding) ? '7bit' : encoding, walk) && write(walk, body);
  if (encoding === 'base64')
    return writeHeader(entity, encoding, walk) && write(walk, encodeBase64(decodeBase64(body)));
  if (encoding === 'quoted-printable') {
    const repaired = Buffer.from(body.toString('latin1').replace(/[^\0-\x7f]/g, hexOf), 'latin1');
    return !hasLongLine(repaired) && writeHeader(entity, encoding, walk) && write(walk, repaired);
  }
  if (!isIdentity(encoding) || (type.startsWith('message/') && !type.startsWith('message/global')))
    return false;
  const text = type.startsWith('text/');
  return (
    writeHeader(declared(entity, place), text ? 'quoted-printable' : 'base64', walk) &&
    write(walk, text ? encodeQuotedPrintable(body) : encodeBase64(body))
  );
}

function readEntity(content: Buffer, place: Place): Entity | undefined {
  const found = scanHeaderBytes(content, { complete: true, limit: MAX_HEADER_SIZE * 2 });
  if (found === undefined) return undefined;
  const { fields } = parseHeader(content.subarray(0, found.scan.end));
  const contentType = valueOf(fields, 'content-type');
  const parsed = parseParameters(contentType ?? place.type);
  const known = /^[!-.0-~]+\/[!-.0-~]+$/.test(parsed.value);
  return {
    fields,
    body: content.subarray(found.scan.body),
    type: known ? parsed.value : place.type,
    encoding: parseParameters(valueOf(fields, 'content-transfer-encoding') ?? '7bit').value,
    boundary: parameter(parsed, 'boundary'),
  };
}

/** The header in ASCII with its encoding named, and the blank line. */
function writeHeader(entity: Entity, encoding: string, walk: Walk): boolean {
  const fields: HeaderField[] = [];
  for (const field of entity.fields) {
    const written = downgradeField(field);
    if (written === undefined) return false;
    fields.push(written);
  }
  const header = { fields, rest: '' };
  const present = findField(header, 'content-transfer-encoding');
  const keep = encoding === entity.encoding && (present !== undefined || encoding === '7bit');
  const named = createField('Content-Transfer-Encoding', encoding);
  const all = keep
    ? fields
    : present === undefined
      ? [...fields, named]
      : replaceField(header, named.name, [named]).fields;
  return write(walk, Buffer.from(`${all.map((field) => endedField(field)).join('')}\r\n`, 'latin1'));
}

/** The last field of a part without a body may lack its line end, which belongs to the delimiter behind it. */
function endedField(field: HeaderField): string {
  return field.raw.endsWith('\r\n') ? field.raw : `${field.raw}\r\n`;
}

function writeWhole(entity: Entity, walk: Walk): boolean {
  return writeHeader(entity, entity.encoding, walk) && write(walk, entity.body);
}

function write(walk: Walk, bytes: Buffer): boolean {
  walk.output.push(bytes);
  return true;
}

/** An encoding counts only in a MIME message, and text that named no charset says now what it is (RFC 1428 section 3). */
function declared(entity: Entity, place: Place): Entity {
  const added: HeaderField[] = [];
  if (place.message && valueOf(entity.fields, 'mime-version') === undefined)
    added.push(createField('MIME-Version', '1.0'));
  if (valueOf(entity.fields, 'content-type') === undefined) {
    const charset = isAscii(entity.body) ? 'us-ascii' : isUtf8(entity.body) ? 'utf-8' : 'unknown-8bit';
    added.push(createField('Content-Type', `text/plain; charset=${charset}`));
  }
  return { ...entity, fields: [...entity.fields, ...added] };
}

function valueOf(fields: readonly HeaderField[], name: string): string | undefined {
  const field = fields.find((each) => each.name === name);
  return field === undefined ? undefined : fieldValue(field);
}

/** The encodings that are none (RFC 2045 section 6.2). */
function isIdentity(encoding: string): boolean {
  return IDENTITIES.has(encoding);
}

/** Nobody reads what stands around the parts; letters in it may go, lines may break. */
function readable(around: Buffer): Buffer {
  if (isSevenBit(around)) return around;
  const text = around.toString('latin1').replace(/[^\0-\x7f]/g, '?');
  return Buffer.from(text.replace(/[^\r\n]{900}/g, '$&\r\n'), 'latin1');
}

function decodeBase64(body: Buffer): Buffer {
  const text = body.toString('latin1');
  return Buffer.from(isAsciiText(text) ? text : text.replace(/[^\0-\x7f]/g, ''), 'base64');
}

function hexOf(character: string): string {
  return `=${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

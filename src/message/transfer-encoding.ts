/*
 * The two encodings that make any bytes fit for a 7-bit way (RFC 2045 sections 6.7 and 6.8). Lines of the output are at
 * most 76 characters long. Pure and linear.
 */

import { isAscii } from 'node:buffer';

const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;
const EQUALS = 61;
const MAX_LINE = 76;
const MAX_OCTETS = 998;
const HEX = Buffer.from('0123456789ABCDEF');

/** Text with CRLF line ends as quoted-printable; the line ends stay, CR and LF that stand alone are encoded. */
export function encodeQuotedPrintable(input: Buffer): Buffer {
  // Each byte makes at most three characters, and each 73 of them one soft line break of three.
  const output = Buffer.allocUnsafe(input.length * 3 + Math.ceil((input.length * 3) / 73) * 3 + 3);
  let size = 0;
  let column = 0;
  for (let index = 0; index < input.length; index += 1) {
    const byte = input[index] ?? 0;
    if (byte === CR && input[index + 1] === LF) {
      output[size++] = CR;
      output[size++] = LF;
      column = 0;
      index += 1;
      continue;
    }
    const plain = isPlain(byte, input[index + 1], input[index + 2]);
    const width = plain ? 1 : 3;
    if (column + width > MAX_LINE - 1) {
      output[size++] = EQUALS;
      output[size++] = CR;
      output[size++] = LF;
      column = 0;
    }
    if (plain) output[size++] = byte;
    else {
      output[size++] = EQUALS;
      output[size++] = HEX[byte >> 4] ?? 0;
      output[size++] = HEX[byte & 15] ?? 0;
    }
    column += width;
  }
  return output.subarray(0, size);
}

/** White space may not end a line. */
function isPlain(byte: number, next: number | undefined, second: number | undefined): boolean {
  if (byte === SPACE || byte === TAB) return !(next === undefined || (next === CR && second === LF));
  return byte > SPACE && byte < 127 && byte !== EQUALS;
}

/** Any bytes as base64 in lines of 76 characters; ends in CRLF unless it is empty. */
export function encodeBase64(input: Buffer): Buffer {
  const lines: string[] = [];
  // 57 bytes make 76 characters.
  for (let start = 0; start < input.length; start += 57) {
    lines.push(input.toString('base64', start, start + 57), '\r\n');
  }
  return Buffer.from(lines.join(''), 'latin1');
}

/** Whether content can go over a 7-bit way as it is: ASCII, and no line over 998 octets (RFC 5321 section 4.5.3.1.6). */
export function isSevenBit(content: Buffer): boolean {
  return isAscii(content) && !hasLongLine(content);
}

/** Whether a line is longer than 998 octets, its CRLF not counted. */
export function hasLongLine(content: Buffer): boolean {
  let start = 0;
  while (content.length - start > MAX_OCTETS) {
    // The last line end within reach: a line that has none is too long.
    const end = content.subarray(start, start + MAX_OCTETS + 2).lastIndexOf(LF);
    if (end === -1) return true;
    start += end + 1;
  }
  return false;
}

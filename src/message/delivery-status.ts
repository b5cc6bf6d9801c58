/*
 * Writes the reports of RFC 3464: first plain words for the person who sent the message, then the same for programs, then
 * the header of the message. Only ASCII leaves here but for an address of the reader that is not: the words are encoded
 * where they have to be, and addresses for programs take the form of RFC 6533 section 3. What the report quotes is bounded,
 * so that a report is always smaller than one piece of a stored body; the content of the message is never returned.
 * Pure: time and names are passed in.
 */
import { headerAddress } from './address.ts';
import { formatDate } from './date.ts';
import type { DeliveryReport } from './delivery-report.ts';
import { recipientFields, xtextValue } from './delivery-status-fields.ts';
import { reportSubject, reportText } from './delivery-status-text.ts';
import { encodeWords } from './encoded-words.ts';
import { createField } from './headers.ts';
import { encodeQuotedPrintable, isSevenBit } from './transfer-encoding.ts';

/** Bytes of the message's header that are quoted. */
const MAX_HEADER = 16 * 1024;
/** Bytes of the part for programs: in full up to the first, only what is obligatory up to the second. */
const FULL_STATUS = 24 * 1024;
const MAX_STATUS = 120 * 1024;

/** Stored mail has none of these, and a report must not depend on that. */
const UNCLEAN = /\0|\r(?!\n)|(?<!\r)\n/;

/** The whole report with CRLF line ends. */
export function writeDeliveryReport(report: DeliveryReport): Buffer {
  const parts = [
    textPart(report),
    part('message/delivery-status', Buffer.from(statusText(report), 'latin1')),
    part('text/rfc822-headers; charset=utf-8', quotedHeader(report.header)),
  ];
  const boundary = freeBoundary(`=_${report.reportId.replace(/[^A-Za-z0-9.]/g, '.').slice(0, 50)}`, parts);
  const pieces: Buffer[] = [headerBlock(report, boundary)];
  for (const content of parts) pieces.push(Buffer.from(`--${boundary}\r\n`), content, Buffer.from('\r\n'));
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return Buffer.concat(pieces);
}

function headerBlock(report: DeliveryReport, boundary: string): Buffer {
  const original = /^<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>$/.test(report.headerMessageId)
    ? report.headerMessageId
    : undefined;
  const fields = [
    createField('Date', formatDate(report.now)),
    createField('From', `Mail Delivery System <${headerAddress(report.from)}>`),
    createField('To', `<${headerAddress(report.to)}>`),
    createField('Subject', encodeWords(reportSubject(report))),
    createField('Message-ID', `<${report.reportId}>`),
    ...(original === undefined
      ? []
      : [createField('In-Reply-To', original), createField('References', original)]),
    createField('Auto-Submitted', 'auto-replied'),
    createField('MIME-Version', '1.0'),
    createField('Content-Type', `multipart/report; report-type=delivery-status; boundary="${boundary}"`),
  ];
  return Buffer.from(`${fields.map((field) => field.raw).join('')}\r\n`, 'latin1');
}

function textPart(report: DeliveryReport): Buffer {
  return part('text/plain; charset=utf-8', Buffer.from(reportText(report)));
}

function statusText(report: DeliveryReport): string {
  const envelopeId = report.envelopeId === undefined ? undefined : xtextValue(report.envelopeId);
  const message = [
    createField('Reporting-MTA', `dns; ${report.hostname}`),
    ...(envelopeId === undefined ? [] : [createField('Original-Envelope-Id', envelopeId)]),
    createField('Arrival-Date', formatDate(report.acceptedAt)),
  ];
  let text = message.map((field) => field.raw).join('');
  for (const recipient of report.recipients) {
    const group = recipientFields(report, recipient, text.length < FULL_STATUS);
    if (text.length + group.length > MAX_STATUS) break;
    text += `\r\n${group}`;
  }
  return text;
}

/** Whole fields from the top, up to a size. */
function quotedHeader(header: Buffer): Buffer {
  const blank = header.indexOf('\r\n\r\n');
  const block = blank === -1 ? header : header.subarray(0, blank + 2);
  if (block.length <= MAX_HEADER) return block;
  const text = block.toString('latin1', 0, MAX_HEADER);
  const ends = [...text.matchAll(/\r\n(?![ \t])/g)].map((match) => match.index + 2);
  return block.subarray(0, ends.at(-1) === MAX_HEADER ? (ends.at(-2) ?? 0) : (ends.at(-1) ?? 0));
}

function part(type: string, content: Buffer): Buffer {
  const plain = isSevenBit(content) && !UNCLEAN.test(content.toString('latin1'));
  const header = `Content-Type: ${type}\r\nContent-Transfer-Encoding: ${plain ? '7bit' : 'quoted-printable'}\r\n\r\n`;
  return Buffer.concat([Buffer.from(header), plain ? content : encodeQuotedPrintable(content)]);
}

/** A boundary that no part contains: the quoted header was written by a stranger. */
function freeBoundary(seed: string, parts: readonly Buffer[]): string {
  let boundary = seed;
  for (let count = 0; parts.some((content) => content.includes(boundary)); count += 1)
    boundary = `${seed}.${count}`;
  return boundary;
}

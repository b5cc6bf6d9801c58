/*
 * Messages as Graph takes them: MIME in base64, or JSON that becomes a message here. Pure.
 */
import { randomBytes } from 'node:crypto';
import { parseHeader, removeFields, writeHeader } from '../../message/headers.ts';
import { isRecord, textOr } from '../json-web-token.ts';

export interface GraphAttachment {
  readonly name: string;
  readonly contentType: string;
  readonly content: Buffer;
}

/** Undefined where it is no base64. Line ends inside are allowed. */
export function mimeOf(body: Buffer): Buffer | undefined {
  const text = body.toString('latin1').replaceAll(/[\r\n]/g, '');
  if (text === '' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}

/** The bytes of a JSON message (resource type message); undefined where it is none. */
export function messageOfJson(body: Buffer, sender: string): Buffer | undefined {
  const value = jsonOf(body);
  const message = isRecord(value) && isRecord(value['message']) ? value['message'] : value;
  if (!isRecord(message)) return undefined;
  const content = isRecord(message['body']) ? message['body'] : {};
  const html = textOr(content['contentType'], 'text').toLowerCase() === 'html';
  const from = addressOf(message['from']) ?? sender;
  const custom = Array.isArray(message['internetMessageHeaders']) ? message['internetMessageHeaders'] : [];
  const lines = [
    `From: ${from}`,
    ...['To', 'Cc', 'Bcc'].flatMap((name) => listLine(name, message[`${name.toLowerCase()}Recipients`])),
    ...listLine('Reply-To', message['replyTo']),
    `Subject: ${encoded(textOr(message['subject'], ''))}`,
    ...(typeof message['internetMessageId'] === 'string'
      ? [`Message-ID: ${message['internetMessageId']}`]
      : []),
    ...custom.flatMap((each) =>
      isRecord(each) ? [`${textOr(each['name'], 'X-Nameless')}: ${encoded(textOr(each['value'], ''))}`] : [],
    ),
    'MIME-Version: 1.0',
    `Content-Type: text/${html ? 'html' : 'plain'}; charset=utf-8`,
    'Content-Transfer-Encoding: base64',
  ].map((line) => line.replaceAll(/[\r\n]+/g, ' '));
  const text = wrapped(Buffer.from(textOr(content['content'], '')));
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text}`);
}

/** Attachments inside a JSON message. */
export function attachmentsOfJson(body: Buffer): readonly GraphAttachment[] {
  const value = jsonOf(body);
  const message = isRecord(value) && isRecord(value['message']) ? value['message'] : value;
  const list: readonly unknown[] =
    isRecord(message) && Array.isArray(message['attachments']) ? message['attachments'] : [];
  return list.flatMap((each) => {
    const attachment = attachmentOf(each);
    return attachment === undefined ? [] : [attachment];
  });
}

/** Resource type fileAttachment. */
export function attachmentOf(value: unknown): GraphAttachment | undefined {
  if (!isRecord(value) || typeof value['contentBytes'] !== 'string') return undefined;
  return {
    name: textOr(value['name'], 'attachment'),
    contentType: textOr(value['contentType'], 'application/octet-stream'),
    content: Buffer.from(value['contentBytes'], 'base64'),
  };
}

/** The message as it goes out: without Bcc, and with its attachments. */
export function outgoing(message: Buffer, attachments: readonly GraphAttachment[]): Buffer {
  const stripped = writeHeader(removeFields(parseHeader(message), ['bcc']));
  if (attachments.length === 0) return stripped;
  const boundary = `simulated-${randomBytes(12).toString('hex')}`;
  const header = parseHeader(stripped);
  const outer = writeHeader({
    ...removeFields(header, ['content-type', 'content-transfer-encoding', 'mime-version']),
    rest: '',
  });
  const inner = header.fields
    .filter(({ name }) => name === 'content-type' || name === 'content-transfer-encoding')
    .map(({ raw }) => raw)
    .join('');
  const parts = attachments.map(
    ({ name, contentType, content }) =>
      `\r\n--${boundary}\r\nContent-Type: ${oneLine(contentType)}\r\nContent-Disposition: attachment; filename="${oneLine(name).replaceAll('"', "'")}"\r\nContent-Transfer-Encoding: base64\r\n\r\n${wrapped(content)}`,
  );
  return Buffer.concat([
    outer,
    Buffer.from(`MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n`),
    Buffer.from(`--${boundary}\r\n${inner}`, 'latin1'),
    Buffer.from(header.rest, 'latin1'),
    ...parts.map((part) => Buffer.from(part)),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}

/** Undefined where it is no JSON. */
export function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function listLine(name: string, value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  const addresses = list.map(addressOf).filter((each) => each !== undefined);
  return addresses.length === 0 ? [] : [`${name}: ${addresses.join(', ')}`];
}

/** Resource type recipient. */
function addressOf(value: unknown): string | undefined {
  const holder = isRecord(value) ? value['emailAddress'] : undefined;
  const address = isRecord(holder) ? holder['address'] : undefined;
  return typeof address === 'string' ? oneLine(address) : undefined;
}

const oneLine = (text: string) => text.replaceAll(/[\r\n]+/g, ' ');

function encoded(text: string): string {
  // oxlint-disable-next-line no-control-regex -- everything beyond printable ASCII has to be encoded
  return /^[\x20-\x7e]*$/.test(text) ? text : `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;
}

function wrapped(content: Buffer): string {
  return content.toString('base64').replaceAll(/.{76}/g, '$&\r\n');
}

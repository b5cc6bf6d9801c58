import { downgrade } from '../../../message/downgrade.ts';
import { CHUNK_SIZE, type MessageBody } from '../../../message/envelope.ts';
import type { RecipientOutcome } from '../../outcome.ts';
import type { OutgoingMessage } from '../../transport.ts';
import { refusal, type ServerAbilities } from './command-lines.ts';

/** The largest message that is converted, in bytes: conversion needs the whole of it in memory. */
const LARGEST_CONVERTED = 16 * 1024 * 1024;

/** The message as this server can take it, or the refusal for all recipients where it cannot. */
export interface FittedContent {
  readonly message: OutgoingMessage;
  readonly refused?: RecipientOutcome;
}

/**
 * Fits size, 8-bit content and internationalised headers to what the server said that it takes (RFC 1870 section 6.1,
 * RFC 6152 section 3, RFC 6531 section 3.1). A promise only where the content has to be read.
 */
export function fitContent(
  message: OutgoingMessage,
  abilities: ServerAbilities,
): FittedContent | Promise<FittedContent> {
  const refused = tooLarge(message, abilities);
  if (refused) return { message, refused };
  if (!message.eightBit) return { message };
  if (!abilities.extensions.includes('8BITMIME')) {
    return convertInTurn(
      message,
      abilities,
      refusal('5.6.3', 'the upstream takes no 8-bit content', 'content', 554),
    );
  }
  if (message.smtpUtf8 && !abilities.extensions.includes('SMTPUTF8')) return fitHeader(message, abilities);
  return { message };
}

function tooLarge({ body }: OutgoingMessage, { sizeLimit }: ServerAbilities): RecipientOutcome | undefined {
  if (sizeLimit === 0 || body.size <= sizeLimit) return undefined;
  const text = `the message has ${body.size} bytes, and the upstream takes at most ${sizeLimit}`;
  return refusal('5.3.4', text, 'content', 552);
}

/** SMTPUTF8 was asked for; it is needed only where the header has more than ASCII. */
async function fitHeader(message: OutgoingMessage, abilities: ServerAbilities): Promise<FittedContent> {
  if (await isAsciiHeader(message.body)) return { message };
  const text = 'the upstream takes no headers outside of ASCII (SMTPUTF8)';
  return await convertInTurn(message, abilities, refusal('5.6.9', text, 'content', 554));
}

async function isAsciiHeader(body: MessageBody): Promise<boolean> {
  for await (const chunk of body.chunks()) {
    const end = chunk.indexOf('\r\n\r\n');
    return chunk.subarray(0, end === -1 ? chunk.length : end).every((byte) => byte < 0x80);
  }
  return true;
}

/** Conversions wait for each other, so that only one message at a time is in memory as a whole. */
let turn: Promise<unknown> = Promise.resolve();

function convertInTurn(
  message: OutgoingMessage,
  abilities: ServerAbilities,
  otherwise: RecipientOutcome,
): Promise<FittedContent> {
  const converted = turn.then(() => convert(message, abilities, otherwise));
  turn = converted.catch(() => undefined);
  return converted;
}

async function convert(
  message: OutgoingMessage,
  abilities: ServerAbilities,
  otherwise: RecipientOutcome,
): Promise<FittedContent> {
  if (message.body.size > LARGEST_CONVERTED) return { message, refused: otherwise };
  const pieces: Buffer[] = [];
  for await (const piece of message.body.chunks()) pieces.push(piece);
  const content = downgrade(Buffer.concat(pieces));
  if (content === undefined) return { message, refused: otherwise };
  const fitted = { ...message, eightBit: false, smtpUtf8: false, body: bodyOf(content) };
  const refused = tooLarge(fitted, abilities);
  return { message: fitted, ...(refused ? { refused } : {}) };
}

function bodyOf(content: Buffer): MessageBody {
  return {
    size: content.length,
    async *chunks() {
      for (let at = 0; at < content.length; at += CHUNK_SIZE) yield content.subarray(at, at + CHUNK_SIZE);
    },
  };
}

import type { MessageBody } from '../../../message/envelope.ts';
import type { RecipientOutcome } from '../../outcome.ts';
import type { OutgoingMessage } from '../../transport.ts';
import { refusal, type ServerAbilities } from './command-lines.ts';

/** The message as this server can take it, or the refusal for all recipients where it cannot. */
export interface FittedContent {
  readonly message: OutgoingMessage;
  readonly refused?: RecipientOutcome;
}

/**
 * Checks size, 8-bit content and internationalised headers against what the server said that it takes (RFC 1870 section
 * 6.1, RFC 6152 section 3, RFC 6531 section 3.1). A promise only where the header has to be looked at.
 */
export function fitContent(
  message: OutgoingMessage,
  abilities: ServerAbilities,
): FittedContent | Promise<FittedContent> {
  const { sizeLimit } = abilities;
  if (sizeLimit > 0 && message.body.size > sizeLimit) {
    const text = `the message has ${message.body.size} bytes, and the upstream takes at most ${sizeLimit}`;
    return { message, refused: refusal('5.3.4', text, 'content', 552) };
  }
  if (!message.eightBit) return { message };
  if (!abilities.extensions.includes('8BITMIME')) {
    return { message, refused: refusal('5.6.3', 'the upstream takes no 8-bit content', 'content', 554) };
  }
  if (message.smtpUtf8 && !abilities.extensions.includes('SMTPUTF8')) return fitHeader(message);
  return { message };
}

/** SMTPUTF8 was asked for; it is needed only where the header has more than ASCII. */
async function fitHeader(message: OutgoingMessage): Promise<FittedContent> {
  if (await isAsciiHeader(message.body)) return { message };
  return {
    message,
    refused: refusal('5.6.9', 'the upstream takes no headers outside of ASCII (SMTPUTF8)', 'content', 554),
  };
}

async function isAsciiHeader(body: MessageBody): Promise<boolean> {
  for await (const chunk of body.chunks()) {
    const end = chunk.indexOf('\r\n\r\n');
    return chunk.subarray(0, end === -1 ? chunk.length : end).every((byte) => byte < 0x80);
  }
  return true;
}

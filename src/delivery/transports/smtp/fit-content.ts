import type { RecipientOutcome } from '../../outcome.ts';
import type { OutgoingMessage } from '../../transport.ts';
import { refusal, type ServerAbilities } from './command-lines.ts';

/** The message as this server can take it, or the refusal for all recipients where it cannot. */
export interface FittedContent {
  readonly message: OutgoingMessage;
  readonly refused?: RecipientOutcome;
}

/** Checks size and 8-bit content against what the server said that it takes (RFC 1870 section 6.1, RFC 6152 section 3). */
export async function fitContent(
  message: OutgoingMessage,
  abilities: ServerAbilities,
): Promise<FittedContent> {
  const { sizeLimit } = abilities;
  if (sizeLimit > 0 && message.body.size > sizeLimit) {
    const text = `the message has ${message.body.size} bytes, and the upstream takes at most ${sizeLimit}`;
    return { message, refused: refusal('5.3.4', text, 'content', 552) };
  }
  if (message.eightBit && !abilities.extensions.includes('8BITMIME')) {
    return {
      message,
      refused: refusal(
        '5.6.3',
        'the upstream takes no 8-bit content and the message cannot be converted',
        'content',
        554,
      ),
    };
  }
  return await Promise.resolve({ message });
}

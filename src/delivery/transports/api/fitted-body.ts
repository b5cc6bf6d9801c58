import type { EnvelopeRecipient, MessageBody } from '../../../message/envelope.ts';
import { rewrittenBody } from '../../rewritten-body.ts';
import { fitRecipients } from './fit-recipients.ts';

/** The message with a header that names these recipients and nobody else. */
export function fittedBody(
  body: MessageBody,
  recipients: readonly EnvelopeRecipient[],
  more: (header: Buffer) => Buffer = (header) => header,
): Promise<MessageBody> {
  const addresses = recipients.map((recipient) => recipient.address);
  return rewrittenBody(body, (header) => fitRecipients(more(header), addresses));
}

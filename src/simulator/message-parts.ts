/*
 * What the simulator reads of a message: its header fields with addresses. Anything that it cannot read is as if it were not there.
 */
import { fieldValue, findFields, parseHeaderText } from '../message/headers.ts';
import { parseMailboxes } from '../message/mailbox.ts';

export interface MessageParts {
  /** Addresses of From and Sender. */
  readonly from: readonly string[];
  /** Display name of the first From. */
  readonly fromName: string;
  /** Addresses of To, Cc and Bcc, each once. */
  readonly recipients: readonly string[];
}

/** Bytes of a header that are looked at. */
const MAX_HEADER = 256 * 1024;

/** Reads the header of a whole message, whatever its line ends. */
export function messageParts(content: Buffer): MessageParts {
  const text = content.subarray(0, MAX_HEADER).toString('latin1').replaceAll(/\r?\n/g, '\r\n');
  const header = parseHeaderText(text);
  const mailboxes = (name: string) =>
    findFields(header, name).flatMap((field) => parseMailboxes(fieldValue(field)));
  const addresses = (name: string) => mailboxes(name).map(({ address }) => address);
  const recipients = new Map(
    ['to', 'cc', 'bcc'].flatMap(addresses).map((address) => [address.toLowerCase(), address]),
  );
  return {
    from: [...addresses('from'), ...addresses('sender')],
    fromName: mailboxes('from')[0]?.name ?? '',
    recipients: [...recipients.values()],
  };
}

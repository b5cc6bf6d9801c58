import type { MessageRecord } from '../queue/message.ts';

/** A message as the API shows it: with a word on whether what it says can still be read. */
export function shownMessage<R extends Pick<MessageRecord, 'chunks'>>(
  record: R,
): R & { readonly hasContent: boolean } {
  return { ...record, hasContent: record.chunks > 0 };
}

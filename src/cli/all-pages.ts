import { type Message, messagePageSchema } from '../admin/contract.ts';
import type { Client } from './client.ts';

/** Answers of a search that a list is put together from at most: each looks at thousands of messages. */
const MOST_PAGES = 2_000;

/** Messages that match, up to `limit`, however often the search has to be taken up again; `next` as in the API. */
export async function readPages(
  client: Pick<Client, 'ask'>,
  query: URLSearchParams,
  limit: number,
): Promise<{ readonly messages: readonly Message[]; readonly next?: string }> {
  const messages: Message[] = [];
  let next: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    query.set('limit', String(limit - messages.length));
    const page = await client.ask(`/api/v1/queue?${query.toString()}`, messagePageSchema);
    messages.push(...page.messages);
    next = page.next;
    if (next === undefined || messages.length >= limit) break;
    query.set('before', next);
  }
  return { messages, ...(next === undefined ? {} : { next }) };
}

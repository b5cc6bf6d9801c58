import { countsSchema, type Message, upstreamsSchema } from '../admin/contract.ts';
import { readPages } from './all-pages.ts';
import { createClient } from './client.ts';
import { type Command, type Typed, wholeNumber } from './command.ts';
import { forecastLine } from './forecast.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { outOfOrderLines } from './out-of-order.ts';
import { byteSize, counted, localTime, safe, safeJson, table } from './output.ts';
import { conditionFlags, conditionsOf } from './queue-conditions.ts';

export const queueList: Command = {
  flags: {
    ...conditionFlags,
    all: { help: 'Finished messages too' },
    limit: { value: 'N', help: 'Most messages that are shown (100; at most 1000)' },
    from: { value: 'ID', help: 'Read on behind this message' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [0, 0],
  details: 'Shows what is queued or held, the newest first. All conditions have to match.',
  async run(typed) {
    const client = createClient(typed);
    const limit = wholeNumber(typed.text('limit') ?? '100', '--limit', 1, 1000);
    const page = await readPages(client, queryOf(typed), limit);
    if (typed.on('json')) {
      typed.terminal.out(`${safeJson(page)}\n`);
      return 0;
    }
    const { counts, waiting } = await client.ask('/api/v1/queue/counts', countsSchema);
    if (page.messages.length > 0) typed.terminal.out(messageTable(page.messages));
    if (page.next !== undefined) typed.terminal.out(`More: --from ${page.next}\n`);
    const inAll = counts.filter(({ count }) => count > 0).map(({ state, count }) => `${count} ${state}`);
    const shown =
      page.messages.length === 0 ? 'No message matches' : counted(page.messages.length, 'message');
    typed.terminal.out(`${shown}. In all: ${inAll.length === 0 ? 'none' : inAll.join(', ')}.\n`);
    const { upstreams } = await client.ask('/api/v1/upstreams', upstreamsSchema);
    for (const line of waiting.map((one) => forecastLine(one, upstreams)))
      if (line !== undefined) typed.terminal.out(`${safe(line)}\n`);
    for (const upstream of upstreams.filter(({ circuit }) => circuit !== 'closed'))
      for (const line of outOfOrderLines(upstream)) typed.terminal.out(`${safe(line)}\n`);
    return 0;
  },
};

function queryOf(typed: Typed): URLSearchParams {
  const { states, ...conditions } = conditionsOf(typed);
  const query = new URLSearchParams();
  for (const state of states ?? (typed.on('all') ? [] : ['queued', 'held'])) query.append('state', state);
  for (const [name, value] of Object.entries(conditions)) query.set(name, String(value));
  const from = typed.text('from');
  if (from !== undefined) query.set('before', from);
  return query;
}

function messageTable(messages: readonly Message[]): string {
  const rows = messages.map((message) => [
    message.id,
    message.state,
    localTime(message.acceptedAt),
    byteSize(message.size),
    message.origin.client,
    message.envelope.sender === '' ? '<>' : message.envelope.sender,
    recipientsText(message),
    message.subject,
  ]);
  return table([['ID', 'STATE', 'ACCEPTED', 'SIZE', 'CLIENT', 'FROM', 'TO', 'SUBJECT'], ...rows]);
}

function recipientsText({ recipients }: Message): string {
  const first = recipients[0]?.address ?? '';
  return recipients.length > 1 ? `${first} +${recipients.length - 1}` : first;
}

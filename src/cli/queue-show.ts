import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { type JournalEntry, type Message, messageDetailSchema } from '../admin/contract.ts';
import { errorCode, RelayError } from '../shared/errors.ts';
import { createClient } from './client.ts';
import type { Command, Typed } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { outOfOrderLines } from './out-of-order.ts';
import { byteSize, localTime, safe, safeJson, table } from './output.ts';
import { eventLines, replyOf } from './timeline.ts';

export const queueShow: Command = {
  flags: {
    content: { help: 'Print the message itself, what would steer the terminal made visible' },
    save: { value: 'FILE', help: 'Write the message itself into a new file, byte for byte' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [1, 1],
  async run(typed) {
    const id = typed.positionals[0] ?? '';
    const file = typed.text('save');
    if (file !== undefined || typed.on('content')) return showContent(typed, id, file);
    const detail = await createClient(typed).ask(
      `/api/v1/queue/${encodeURIComponent(id)}`,
      messageDetailSchema,
    );
    const { out } = typed.terminal;
    if (typed.on('json')) {
      out(`${safeJson(detail)}\n`);
      return 0;
    }
    out(summary(detail.message));
    if (detail.waitingFor !== undefined) {
      out('\nWaits\n');
      for (const line of outOfOrderLines(detail.waitingFor)) out(`  ${safe(line)}\n`);
    }
    out('\nRecipients\n');
    out(table(detail.message.recipients.map((one) => recipientRow(one, detail.message))));
    out('\nJournal\n');
    out(journalTable(detail.journal));
    return 0;
  },
};

/** Piece by piece, so that a large message costs no memory; lines are made safe one by one. */
async function showContent(typed: Typed, id: string, file: string | undefined): Promise<number> {
  const { out } = typed.terminal;
  const content = await createClient(typed).download(`/api/v1/queue/${encodeURIComponent(id)}/content`);
  if (file !== undefined) {
    await pipeline(content, createWriteStream(file, { flags: 'wx', mode: 0o600 })).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
      throw new RelayError('not-allowed', `${file} is there already; name another file.`);
    });
    out(`Written to ${safe(file)}.\n`);
    return 0;
  }
  for await (const line of createInterface({ input: content, crlfDelay: Number.POSITIVE_INFINITY })) {
    out(`${safe(line)}\n`);
  }
  return 0;
}

function summary(message: Message): string {
  const { origin, envelope } = message;
  const via = [
    origin.address,
    origin.greeting === '' ? '' : `HELO ${origin.greeting}`,
    origin.listener === '' ? '' : `listener ${origin.listener}`,
    origin.user === undefined ? '' : `user ${origin.user}`,
    origin.tls ?? '',
  ].filter((part) => part !== '');
  const rows = [
    ['Message', message.id],
    ['State', message.state],
    ['From', envelope.sender === '' ? '<>' : envelope.sender],
    ['Subject', message.subject],
    ['Message-ID', message.headerMessageId],
    ['Size', byteSize(message.size)],
    ['Client', origin.client + (via.length === 0 ? '' : ` (${via.join(', ')})`)],
    ['Accepted', localTime(message.acceptedAt)],
    ['Attempts', String(message.attempts)],
  ];
  if (message.state === 'queued') {
    const due = message.nextAttemptAt <= Date.now();
    rows.push(['Next attempt', due ? 'as soon as the upstream takes it' : localTime(message.nextAttemptAt)]);
  }
  if (message.upstream !== undefined) rows.push(['Upstream', message.upstream]);
  if (message.finishedAt !== undefined) rows.push(['Finished', localTime(message.finishedAt)]);
  return table(rows);
}

function recipientRow(recipient: Message['recipients'][number], { state }: Message): string[] {
  const undone = recipient.state === 'pending' || recipient.state === 'held';
  const by = recipient.upstream === undefined ? '' : `${recipient.upstream}: `;
  return [
    `  ${recipient.address}`,
    undone && state === 'deleted' ? 'deleted' : recipient.state,
    recipient.reply ? by + replyOf(recipient.reply) : '',
  ];
}

/** One row for each line; the time stands beside the first. */
export function journalTable(journal: readonly JournalEntry[]): string {
  return table(
    journal.flatMap(({ at, event }) =>
      eventLines(event).map((line, index) => [index === 0 ? `  ${localTime(at)}` : '', line]),
    ),
  );
}

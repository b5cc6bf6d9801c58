import { type JournalEntry, type Message, messageDetailSchema } from '../admin/contract.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { outOfOrderLines } from './out-of-order.ts';
import { byteSize, localTime, safe, safeJson, table } from './output.ts';
import { eventLines, replyOf } from './timeline.ts';

export const queueShow: Command = {
  flags: { ...jsonFlag, ...nodeFlags },
  positionals: [1, 1],
  async run(typed) {
    const id = typed.positionals[0] ?? '';
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

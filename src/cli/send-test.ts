import { type JournalEntry, messageDetailSchema, sendTestAnswerSchema } from '../admin/contract.ts';
import { ownCommand } from '../shared/own-commands.ts';
import { type Client, createClient } from './client.ts';
import { type Command, type Typed, wholeNumber } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { outOfOrderLines } from './out-of-order.ts';
import { safe, safeJson } from './output.ts';
import { pause } from './pause.ts';
import { eventLines } from './timeline.ts';
import { UsageError } from './usage-error.ts';

/** Milliseconds between two looks at the journal. */
const EVERY = 200;

export const sendTest: Command = {
  flags: {
    to: { value: 'ADDRESS', help: 'Who gets it' },
    from: {
      value: 'ADDRESS',
      help: 'Sender (notices.from of the settings, else the address of the upstream)',
    },
    upstream: { value: 'NAME', help: 'Upstream that it goes to, whatever the routes say' },
    timeout: { value: 'SECONDS', help: 'How long to watch it (60)' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [0, 0],
  details:
    'Exits with 0 when an upstream took it (or the test relay holds it), with 1 when it was refused or still waits.',
  async run(typed) {
    const to = typed.text('to');
    if (to === undefined) throw new UsageError('--to ADDRESS is missing');
    const seconds = wholeNumber(typed.text('timeout') ?? '60', '--timeout', 1, 86_400);
    const client = createClient(typed);
    const optional = (name: 'from' | 'upstream') => {
      const text = typed.text(name);
      return text === undefined ? {} : { [name]: text };
    };
    const body = { to, ...optional('from'), ...optional('upstream') };
    const { id } = await client.ask('/api/v1/send-test', sendTestAnswerSchema, { method: 'POST', body });
    return follow(client, id, performance.now() + seconds * 1000, typed);
  },
};

/** Says each thing that happens to the message when it happens, until it is settled or time is up. */
async function follow(client: Client, id: string, deadline: number, typed: Typed): Promise<number> {
  const { out, err } = typed.terminal;
  const json = typed.on('json');
  let told = 0;
  let explained = false;
  // Sending it makes the node try an upstream that is out of order once more, which may work now.
  const explainAt = Math.min(performance.now() + 1000, deadline - 2 * EVERY);
  for (;;) {
    const detail = await client.ask(`/api/v1/queue/${id}`, messageDetailSchema);
    const { message, journal } = detail;
    if (!json) for (const entry of journal.slice(told)) tell(entry, out);
    told = journal.length;
    explained ||= journal.some(({ event }) => event.type === 'waiting');
    if (detail.waitingFor?.circuit === 'open' && !json && !explained && performance.now() >= explainAt) {
      for (const line of outOfOrderLines(detail.waitingFor)) out(`${safe(line)}\n`);
      explained = true;
    }
    const late = performance.now() + EVERY >= deadline;
    if (message.state === 'queued' && !late) {
      await pause(EVERY);
      continue;
    }
    if (json) out(`${safeJson(detail)}\n`);
    if (message.state === 'delivered') {
      if (!json) out(`Delivered: ${id}\n`);
      return 0;
    }
    if (message.state === 'held') {
      if (!json)
        out(
          `Held and not sent: ${id}. Set an upstream in the settings, then: ${ownCommand(`queue release ${id}`)}\n`,
        );
      return 0;
    }
    const ended =
      message.state === 'queued'
        ? 'Still waiting'
        : `It ${message.state === 'failed' ? 'failed' : 'was deleted'}`;
    err(`${ended}: ${id}. See: ${ownCommand(`queue show ${id}`)}\n`);
    return 1;
  }
}

function tell({ event }: JournalEntry, out: (text: string) => void): void {
  for (const line of eventLines(event)) out(`${safe(line)}\n`);
}

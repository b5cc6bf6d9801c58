import { waitAnswerSchema } from '../admin/contract-messages.ts';
import { createClient } from './client.ts';
import { type Command, wholeNumber } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { safe, safeJson } from './output.ts';
import { conditionsOf } from './queue-conditions.ts';

const PARTS = ['recipient', 'sender', 'subject'] as const;

/** `queue wait`: for scripts that send something and want to see that it came. */
export const queueWait: Command = {
  flags: {
    recipient: { value: 'TEXT', help: 'Part of a recipient address' },
    sender: { value: 'TEXT', help: 'Part of the sender address' },
    subject: { value: 'TEXT', help: 'Part of the subject' },
    after: {
      value: 'TIME',
      help: 'Accepted after: 2026-11-21T08:00, or how long ago: 30s, 5m; from now on if absent',
    },
    timeout: { value: 'S', help: 'Seconds to wait (30; at most 120)' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [0, 0],
  details:
    'Prints the id of the oldest message that matches as soon as there is one; exit code 1 when none comes in time.',
  async run(typed) {
    const query = new URLSearchParams();
    for (const name of PARTS) {
      const text = typed.text(name);
      if (text !== undefined) query.set(name, text);
    }
    const { acceptedAfter } = conditionsOf(typed);
    if (acceptedAfter !== undefined) query.set('since', String(Math.floor(acceptedAfter)));
    const timeout = typed.text('timeout');
    if (timeout !== undefined) query.set('timeout', String(wholeNumber(timeout, '--timeout', 0, 120)));
    const answer = await createClient(typed).ask(
      `/api/v1/messages/wait?${query.toString()}`,
      waitAnswerSchema,
    );
    typed.terminal.out(typed.on('json') ? `${safeJson(answer)}\n` : `${safe(answer.message.id)}\n`);
    return 0;
  },
};

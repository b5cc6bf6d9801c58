import { copyAnswerSchema } from '../admin/contract-messages.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { safe, safeJson } from './output.ts';
import { UsageError } from './usage-error.ts';

/** `queue copy ID --to ADDRESS`: a message to somebody who wants to look at it. */
export const queueCopy: Command = {
  flags: {
    to: { value: 'ADDRESS', help: 'Who gets it' },
    upstream: { value: 'NAME', help: 'Send it over this upstream' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [1, 1],
  details: 'The message itself stays as it is: what is held stays held, and its recipients get nothing.',
  async run(typed) {
    const to = typed.text('to');
    if (to === undefined) throw new UsageError('--to is missing');
    const upstream = typed.text('upstream');
    const id = encodeURIComponent(typed.positionals[0] ?? '');
    const answer = await createClient(typed).ask(`/api/v1/queue/${id}/copy`, copyAnswerSchema, {
      method: 'POST',
      body: { to, ...(upstream === undefined ? {} : { upstream }) },
    });
    typed.terminal.out(
      typed.on('json')
        ? `${safeJson(answer)}\n`
        : `A copy goes to ${safe(to)} as message ${safe(answer.id)}.\n`,
    );
    return 0;
  },
};

import { alertsSchema } from '../admin/contract-attention.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { localTime, safe, safeJson } from './output.ts';

/** `postern alerts`: what needs a person now, with its remedy. */
export const alerts: Command = {
  flags: { ...jsonFlag, ...nodeFlags },
  positionals: [0, 0],
  details: 'What this node has told and what is not over yet, with the remedy; critical alerts first.',
  async run(typed) {
    const answer = await createClient(typed).ask('/api/v1/alerts', alertsSchema);
    const { out } = typed.terminal;
    if (typed.on('json')) out(`${safeJson(answer)}\n`);
    else if (answer.alerts.length === 0) out('Nothing needs you.\n');
    for (const { level, since, text, remedy } of typed.on('json') ? [] : answer.alerts) {
      out(`${level} since ${localTime(since)}: ${safe(text)}\n`);
      if (remedy !== undefined) out(`  ${safe(remedy)}\n`);
    }
    return 0;
  },
};

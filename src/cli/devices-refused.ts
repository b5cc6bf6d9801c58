import { deniedSchema } from '../admin/contract.ts';
import { ownCommand } from '../shared/own-commands.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { counted, localTime, safe, safeJson } from './output.ts';

/** `postern devices refused`: who was refused and would be refused again, with the sentence that it was told. */
export const devicesRefused: Command = {
  flags: { ...jsonFlag, ...nodeFlags },
  positionals: [0, 0],
  details: 'Let one of them send with "devices allow ADDRESS".',
  async run(typed) {
    const answer = await createClient(typed).ask('/api/v1/denied', deniedSchema);
    const { out } = typed.terminal;
    if (typed.on('json')) {
      out(`${safeJson(answer)}\n`);
      return 0;
    }
    for (const { address, greeting, sender, recipient, reason, count, lastSeen } of answer.denied) {
      out(`${safe(address)} (${safe(greeting)}), ${counted(count, 'time')}, last ${localTime(lastSeen)}\n`);
      out(`  from <${safe(sender)}> to <${safe(recipient)}>\n  ${safe(reason)}\n`);
    }
    if (answer.denied.length === 0) out('Nobody was refused.\n');
    else out(`Let one send: ${ownCommand('devices allow ADDRESS')}\n`);
    return 0;
  },
};

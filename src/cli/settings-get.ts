import { stringify } from 'yaml';
import { settingsAnswerSchema } from '../admin/contract-settings.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { safe, safeJson } from './output.ts';

export const settingsGet: Command = {
  flags: { ...jsonFlag, ...nodeFlags },
  positionals: [0, 0],
  details:
    'Prints YAML that can be changed and given to "settings apply"; { set: true } stands for a secret that is kept.',
  async run(typed) {
    const answer = await createClient(typed).ask('/api/v1/settings', settingsAnswerSchema);
    const { out } = typed.terminal;
    if (typed.on('json')) {
      out(`${safeJson(answer)}\n`);
      return 0;
    }
    const lock = answer.locked ? ', can be changed only there' : '';
    out(`# revision ${answer.revision}, from ${safe(answer.source)}${lock}\n`);
    out(stringify(answer.document).split('\n').map(safe).join('\n'));
    return 0;
  },
};

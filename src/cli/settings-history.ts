import { historySchema } from '../admin/contract-settings.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { localTime, safeJson, table } from './output.ts';

/** `postern settings history`: who changed the settings when, newest first; for files, whose history we do not keep, says so. */
export const settingsHistory: Command = {
  flags: { ...jsonFlag, ...nodeFlags },
  positionals: [0, 0],
  async run(typed) {
    const answer = await createClient(typed).ask('/api/v1/settings/history?limit=1000', historySchema);
    const { out } = typed.terminal;
    if (typed.on('json')) {
      out(`${safeJson(answer)}\n`);
    } else if (answer.revisions.length === 0) {
      out('There is no history: the settings come from a file.\n');
    } else {
      const rows = answer.revisions.map(({ revision, at, by, summary }) => [
        String(revision),
        localTime(at),
        by,
        summary,
      ]);
      out(table([['REVISION', 'AT', 'BY', 'WHAT'], ...rows]));
    }
    return 0;
  },
};

import { appliedSchema } from '../admin/contract-settings.ts';
import { createClient } from './client.ts';
import { type Command, wholeNumber } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { safeJson } from './output.ts';

export const settingsRollback: Command = {
  flags: { ...jsonFlag, ...nodeFlags },
  positionals: [1, 1],
  details: 'The old document comes into force as a new revision, so that this can be taken back too.',
  async run(typed) {
    const revision = wholeNumber(typed.positionals[0] ?? '', 'N', 1, 2 ** 31);
    const options = { method: 'POST', body: { revision } } as const;
    const applied = await createClient(typed).ask('/api/v1/settings/rollback', appliedSchema, options);
    typed.terminal.out(
      typed.on('json')
        ? `${safeJson(applied)}\n`
        : `Revision ${applied.revision} is in force, as revision ${revision} was.\n`,
    );
    return 0;
  },
};

import { userChangedSchema } from '../admin/contract-access.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { findUser } from './find-user.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { safe, safeJson } from './output.ts';

/** `postern users reset NAME`: a new password for who lost theirs. */
export const usersReset: Command = {
  flags: {
    'second-factor': { help: 'Take the second factor away too' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [1, 1],
  details:
    'The new password is printed once, and has to be changed at the next sign-in. All sessions of the user end.',
  async run(typed) {
    const [name = ''] = typed.positionals;
    const client = createClient(typed);
    const user = await findUser(client, name);
    const body = { resetPassword: true, ...(typed.on('second-factor') ? { resetSecondFactor: true } : {}) };
    const path = `/api/v1/users/${encodeURIComponent(user.id)}`;
    const changed = await client.ask(path, userChangedSchema, { method: 'PATCH', body });
    const { out, err } = typed.terminal;
    if (typed.on('json')) {
      out(`${safeJson(changed)}\n`);
      return 0;
    }
    err(`The new password of ${safe(user.name)}:\n`);
    out(`${safe(changed.password ?? '')}\n`);
    if (changed.user.secondFactor) err('The second factor stays; --second-factor takes it away too.\n');
    return 0;
  },
};

import { type User, usersSchema } from '../admin/contract-access.ts';
import { ownCommand } from '../shared/own-commands.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { localTime, safeJson, table } from './output.ts';

/** `postern users list`: who may sign in at the admin page. */
export const usersList: Command = {
  flags: { ...jsonFlag, ...nodeFlags },
  positionals: [0, 0],
  async run(typed) {
    const answer = await createClient(typed).ask('/api/v1/users', usersSchema);
    const { out } = typed.terminal;
    if (typed.on('json')) out(`${safeJson(answer)}\n`);
    else if (answer.users.length === 0)
      out(`There is no user yet; ${ownCommand('setup-link')} makes the first one.\n`);
    else {
      const rows = answer.users.map((user) => [
        user.name,
        user.role,
        user.email ?? '-',
        user.secondFactor ? 'yes' : 'no',
        user.lastSignInAt === undefined ? 'never' : localTime(user.lastSignInAt),
        stateOf(user),
      ]);
      out(table([['NAME', 'ROLE', 'E-MAIL', 'SECOND FACTOR', 'LAST SIGN-IN', 'STATE'], ...rows]));
    }
    return 0;
  },
};

function stateOf({ disabled, mustChangePassword }: User): string {
  if (disabled) return 'may not sign in';
  return mustChangePassword ? 'has to choose a password' : 'active';
}

import { ownCommand } from '../shared/own-commands.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { findUser } from './find-user.ts';
import { nodeFlags } from './node-flags.ts';
import { safe } from './output.ts';

/** `postern users remove NAME`: ends the user and all of their sessions. */
export const usersRemove: Command = {
  flags: nodeFlags,
  positionals: [1, 1],
  details: `API tokens that the user made stay; ${ownCommand('tokens list')} tells who made which.`,
  async run(typed) {
    const [name = ''] = typed.positionals;
    const client = createClient(typed);
    const user = await findUser(client, name);
    await client.request(`/api/v1/users/${encodeURIComponent(user.id)}`, { method: 'DELETE' });
    typed.terminal.out(`Removed ${safe(user.name)}.\n`);
    return 0;
  },
};

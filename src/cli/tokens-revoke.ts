import { tokensSchema } from '../admin/contract-access.ts';
import { RelayError } from '../shared/errors.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { nodeFlags } from './node-flags.ts';
import { safe } from './output.ts';

/** `postern tokens revoke NAME`: ends an API token at once. */
export const tokensRevoke: Command = {
  flags: nodeFlags,
  positionals: [1, 1],
  async run(typed) {
    const [name = ''] = typed.positionals;
    const client = createClient(typed);
    const { tokens } = await client.ask('/api/v1/tokens', tokensSchema);
    const token = tokens.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (token === undefined) {
      throw new RelayError('not-found', `There is no API token ${name}.`, {
        hint:
          tokens.length === 0
            ? 'There is none at all.'
            : `There are ${tokens.map((each) => each.name).join(', ')}.`,
      });
    }
    await client.request(`/api/v1/tokens/${encodeURIComponent(token.id)}`, { method: 'DELETE' });
    typed.terminal.out(`Revoked ${safe(token.name)}.\n`);
    return 0;
  },
};

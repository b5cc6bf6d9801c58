import { tokensSchema } from '../admin/contract-access.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { localTime, safeJson, table } from './output.ts';

/** `postern tokens list`: API tokens with what they may do; what is sent is known to nobody. */
export const tokensList: Command = {
  flags: { ...jsonFlag, ...nodeFlags },
  positionals: [0, 0],
  async run(typed) {
    const answer = await createClient(typed).ask('/api/v1/tokens', tokensSchema);
    const { out } = typed.terminal;
    if (typed.on('json')) out(`${safeJson(answer)}\n`);
    else if (answer.tokens.length === 0) out('There is no API token.\n');
    else {
      const rows = answer.tokens.map(({ name, createdBy, usedAt, expiresAt, scopes }) => [
        name,
        createdBy,
        usedAt === undefined ? 'never' : localTime(usedAt),
        expiresAt === undefined ? 'never' : localTime(expiresAt),
        scopes.join(' '),
      ]);
      out(table([['NAME', 'MADE BY', 'LAST USED', 'ENDS', 'SCOPES'], ...rows]));
    }
    return 0;
  },
};

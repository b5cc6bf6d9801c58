import { setupLinkSchema } from '../admin/contract-access.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { localTime, safe, safeJson } from './output.ts';

/** Prints a link that makes an administrator: the first one, or another one for who lost their way in. */
export const setupLink: Command = {
  flags: { ...jsonFlag, ...nodeFlags },
  positionals: [0, 0],
  details:
    'Whoever opens the link chooses a name and a password, and is an administrator. It is good once; while there are users, for an hour. It changes none of them, and the audit trail tells of it.',
  async run(typed) {
    const made = await createClient(typed).ask('/api/v1/setup/link', setupLinkSchema, { method: 'POST' });
    const { out, err } = typed.terminal;
    if (typed.on('json')) {
      out(`${safeJson(made)}\n`);
      return 0;
    }
    out(`${safe(made.link)}\n`);
    err(
      made.expiresAt === undefined
        ? 'Open it in a browser. It is good once, and links from before are void.\n'
        : `Open it in a browser before ${localTime(made.expiresAt)}. It is good once, and links from before are void.\n`,
    );
    return 0;
  },
};

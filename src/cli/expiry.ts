import { expirySchema } from '../admin/contract-attention.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { safe, safeJson } from './output.ts';

/** `postern expiry`: when secrets, certificates and authorizations end, and where they are renewed. */
export const expiry: Command = {
  flags: { ...jsonFlag, ...nodeFlags },
  positionals: [0, 0],
  details: [
    'When secrets, certificates and authorizations end, the soonest first, and where they are renewed.',
    'The day of a client secret is known only where clientSecretExpires names it.',
  ].join('\n'),
  async run(typed) {
    const answer = await createClient(typed).ask('/api/v1/expiry', expirySchema);
    const { out } = typed.terminal;
    if (typed.on('json')) out(`${safeJson(answer)}\n`);
    else if (answer.expiry.length === 0) out('Nothing is known to end.\n');
    for (const { level, text, remedy } of typed.on('json') ? [] : answer.expiry) {
      out(`${level === 'ok' ? '' : `${level}: `}${safe(text)}\n`);
      if (level !== 'ok' && remedy !== undefined) out(`  ${safe(remedy)}\n`);
    }
    return 0;
  },
};

import { trustAnchorSchema, trustAnchorsSchema } from '../admin/contract-certificates.ts';
import { RelayError } from '../shared/errors.ts';
import { ownCommand } from '../shared/own-commands.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { safe, safeJson } from './output.ts';
import { UsageError } from './usage-error.ts';

const SHORTEST = 6;

/** `postern certs remove ID`: trusts a certificate no more. */
export const certsRemove: Command = {
  flags: { ...jsonFlag, ...nodeFlags },
  positionals: [1, 1],
  details:
    'The ID as "certs list" shows it, or the SHA-256 fingerprint. Counts from the next connection on; upstreams that only this certificate vouches for are out of order then, and their mail waits.',
  async run(typed) {
    const [word = ''] = typed.positionals;
    const wanted = word.toLowerCase().replaceAll(':', '');
    if (!/^[0-9a-f]+(?:@.*)?$/.test(wanted) || wanted.length < SHORTEST) {
      throw new UsageError(
        `"${safe(word.slice(0, 80))}" is not an ID; "${ownCommand('certs list')}" shows them`,
      );
    }
    const client = createClient(typed);
    const { trustAnchors } = await client.ask('/api/v1/trust-anchors', trustAnchorsSchema);
    const found = trustAnchors.filter(({ id }) => id.startsWith(wanted));
    const exact = found.find(({ id }) => id === wanted);
    if (found.length > 1 && exact === undefined) {
      throw new RelayError('bad-request', `${found.length} trust anchors begin with ${word}.`, {
        hint: `Name one in full: ${found.map(({ id }) => id).join(', ')}`,
      });
    }
    const id = (exact ?? found[0])?.id;
    if (id === undefined) {
      throw new RelayError('not-found', `There is no trust anchor ${word}.`, {
        hint: `"${ownCommand('certs list')}" shows them.`,
      });
    }
    const removed = await client.ask(`/api/v1/trust-anchors/${encodeURIComponent(id)}`, trustAnchorSchema, {
      method: 'DELETE',
    });
    const { out } = typed.terminal;
    if (typed.on('json')) out(`${safeJson(removed)}\n`);
    else {
      const only = removed.host === undefined ? '' : ` for ${removed.host}`;
      out(`Trusted no more${only}: ${safe(removed.name)} (${safe(removed.fingerprint256)})\n`);
    }
    return 0;
  },
};

import { serverCertificatesSchema, trustAnchorsSchema } from '../admin/contract-certificates.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { localTime, safe, safeJson, table } from './output.ts';

/** Characters of an id that are shown; enough to tell certificates apart, and to remove one by. */
const SHOWN = 12;

/** `postern certs list`: what Postern trusts, and what it shows. */
export const certsList: Command = {
  flags: { ...jsonFlag, ...nodeFlags },
  positionals: [0, 0],
  details: [
    'Certificates of servers and authorities that Postern trusts beside those of the system, and those that it shows',
    'itself. What has expired or cannot be used says so.',
  ].join('\n'),
  async run(typed) {
    const client = createClient(typed);
    const { trustAnchors, unusable } = await client.ask('/api/v1/trust-anchors', trustAnchorsSchema);
    const { certificates } = await client.ask('/api/v1/server-certificates', serverCertificatesSchema);
    const { out } = typed.terminal;
    if (typed.on('json')) {
      out(`${safeJson({ trustAnchors, unusable, certificates })}\n`);
      return 0;
    }
    if (trustAnchors.length === 0) out('Trusted: none beside those of the system.\n');
    else {
      const rows = trustAnchors.map(({ id, name, host, validTo, file, fixed }) => [
        id.slice(0, SHOWN),
        name,
        host ?? 'any host',
        localTime(validTo),
        fixed ? `${file} (removed by hand)` : file,
      ]);
      out(`Trusted:\n${table([['ID', 'NAME', 'FOR', 'VALID UNTIL', 'FILE'], ...rows])}`);
    }
    for (const { file, reason, remedy } of unusable) {
      out(`Not used: ${safe(file)}: ${safe(reason)}${remedy === undefined ? '' : ` (${safe(remedy)})`}\n`);
    }
    if (certificates.length === 0) out('Shown by Postern: none.\n');
    else {
      const rows = certificates.map(({ name, certificate, own, usedBy, problem }) => [
        name,
        certificate?.hosts.slice(0, 3).join(', ') ?? '-',
        certificate === undefined ? '-' : localTime(certificate.validTo),
        usedBy.length === 0 ? 'nobody' : usedBy.join(', '),
        problem ?? (own ? 'renewed by itself' : ''),
      ]);
      out(`Shown by Postern:\n${table([['NAME', 'FOR', 'VALID UNTIL', 'USED BY', ''], ...rows])}`);
    }
    return 0;
  },
};

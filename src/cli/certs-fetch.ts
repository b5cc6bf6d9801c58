import {
  type FetchedChain,
  fetchAnswerSchema,
  trustAnchorAnswerSchema,
} from '../admin/contract-certificates.ts';
import { ownCommand, shellWord } from '../shared/own-commands.ts';
import { certificateLines } from './certificate-lines.ts';
import { createClient } from './client.ts';
import type { Command, Typed } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { safe, safeJson } from './output.ts';
import { UsageError } from './usage-error.ts';

/** Ports whose way of encrypting everybody agrees on. */
const USUAL: Readonly<Record<string, 'starttls' | 'tls'>> = {
  25: 'starttls',
  587: 'starttls',
  2525: 'starttls',
  465: 'tls',
  443: 'tls',
};

/** `postern certs fetch HOST:PORT`: what certificates a server shows, what is wrong with them, and trusts one where told to. */
export const certsFetch: Command = {
  flags: {
    starttls: { help: 'SMTP that changes over to TLS (ports 25, 587 and 2525)' },
    tls: { help: 'TLS from the first byte, SMTP or HTTPS (ports 465 and 443)' },
    trust: { help: 'Trust the recommended certificate; compare its fingerprint first' },
    'only-for-host': { help: 'With --trust: for this host only, whatever names it has' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [1, 1],
  details: [
    'Connects from the node, as mail does. Nothing is trusted without --trust: show the certificates first, compare the',
    'SHA-256 fingerprint with the one that the server’s owner sees, then repeat it with --trust. Exits with 0 when the',
    'server is trusted, with 1 when it is not.',
  ].join('\n'),
  async run(typed) {
    const request = requestOf(typed);
    if (typed.on('only-for-host') && !typed.on('trust'))
      throw new UsageError('--only-for-host goes with --trust');
    const client = createClient(typed);
    const shown = await client.ask('/api/v1/certificates/fetch', fetchAnswerSchema, {
      method: 'POST',
      body: request,
    });
    const { out, err } = typed.terminal;
    if (!typed.on('json')) out(shownText(shown));
    const chosen = shown.chain[shown.recommended ?? -1];
    if (!typed.on('trust') || shown.trusted || chosen === undefined) {
      if (typed.on('json')) out(`${safeJson(shown)}\n`);
      else out(verdict(shown, typed));
      if (typed.on('trust') && !shown.trusted) err('Nothing was trusted: it would not help.\n');
      return shown.trusted ? 0 : 1;
    }
    const only = typed.on('only-for-host') || !shown.nameMatches;
    const { imported } = await client.ask('/api/v1/trust-anchors', trustAnchorAnswerSchema, {
      method: 'POST',
      body: { certificate: chosen.pem, ...(only ? { host: request.host } : {}) },
    });
    if (typed.on('json')) out(`${safeJson({ ...shown, imported })}\n`);
    const where = only ? `${request.host} only` : 'any host that it names';
    if (!typed.on('json')) out(`Trusted from now on, for ${safe(where)}: ${safe(chosen.name)}\n`);
    return 0;
  },
};

function requestOf(typed: Typed) {
  const [address = ''] = typed.positionals;
  const [, bracketed, name, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = bracketed ?? name;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new UsageError(`"${safe(address.slice(0, 100))}" is not HOST:PORT, such as mail.example.com:587`);
  }
  if (typed.on('starttls') && typed.on('tls')) throw new UsageError('say --starttls or --tls, not both');
  const security = typed.on('tls') ? 'tls' : typed.on('starttls') ? 'starttls' : USUAL[String(port)];
  if (security !== undefined) return { host, port, security };
  throw new UsageError(`say --starttls or --tls; port ${port} does not tell`);
}

function shownText({ chain, protocol, problems }: FetchedChain): string {
  const cards = chain.map(
    (one, index) => `${index + 1}. ${safe(one.name)} (${one.kind})\n${certificateLines(one, '   ')}`,
  );
  const lines = problems.map(
    ({ text, remedy }) => `! ${safe(text)}\n${remedy === undefined ? '' : `  ${safe(remedy)}\n`}`,
  );
  return `${cards.join('')}${protocol === undefined ? '' : `${safe(protocol)}\n`}${lines.join('')}`;
}

function verdict({ trusted, recommended, chain, nameMatches }: FetchedChain, typed: Typed): string {
  if (trusted) return 'Trusted.\n';
  const one = chain[recommended ?? -1];
  if (one === undefined) return 'Not trusted, and trusting it would not help.\n';
  const [address = ''] = typed.positionals;
  const word = /^[\w.:-]+$/.test(address) ? address : shellWord(address);
  const way = typed.on('tls') ? ' --tls' : typed.on('starttls') ? ' --starttls' : '';
  const only = nameMatches ? '' : ' --only-for-host';
  return `Not trusted. When the fingerprint of ${(recommended ?? 0) + 1} is right: ${ownCommand(`certs fetch ${word}${way} --trust${only}`)}\n`;
}

import { type AuditEntryAnswer, auditSchema } from '../admin/contract-access.ts';
import { createClient } from './client.ts';
import { type Command, wholeNumber } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { localTime, safe, safeJson } from './output.ts';

/** `postern audit`: the audit trail, newest first, each entry with what differs below it. */
export const audit: Command = {
  flags: {
    by: { value: 'NAME', help: 'Only what somebody of this name did; a part of it will do' },
    action: { value: 'ACTION', help: 'Only this, such as settings.changed, or settings for all of its kind' },
    subject: { value: 'TEXT', help: 'Only what was done to this; a part of it will do' },
    limit: { value: 'N', help: 'Most entries that are shown (50; at most 500)' },
    from: { value: 'ID', help: 'Read on behind this entry' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [0, 0],
  details: 'Entries are kept for a year. All conditions have to match.',
  async run(typed) {
    const limit = wholeNumber(typed.text('limit') ?? '50', '--limit', 1, 500);
    const query = new URLSearchParams({ limit: String(limit) });
    for (const name of ['by', 'action', 'subject']) {
      const value = typed.text(name);
      if (value !== undefined) query.set(name, value);
    }
    const from = typed.text('from');
    if (from !== undefined) query.set('before', from);
    const answer = await createClient(typed).ask(`/api/v1/audit?${query.toString()}`, auditSchema);
    const { out } = typed.terminal;
    if (typed.on('json')) {
      out(`${safeJson(answer)}\n`);
      return 0;
    }
    if (answer.entries.length === 0) out('No entry matches.\n');
    for (const entry of answer.entries) for (const line of linesOf(entry)) out(`${safe(line)}\n`);
    if (answer.next !== undefined) out(`More: --from ${answer.next}\n`);
    return 0;
  },
};

function linesOf({ at, by, kind, address, action, text, changes = [] }: AuditEntryAnswer): readonly string[] {
  const who = kind === 'user' ? by : `${by} (${kind})`;
  return [
    `${localTime(at)}  ${who} from ${address}: ${text} [${action}]`,
    ...changes.map(({ path, before, after }) => `    ${path}: ${before ?? '–'} → ${after ?? '–'}`),
  ];
}

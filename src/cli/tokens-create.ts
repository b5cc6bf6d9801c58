import { ALL_PERMISSIONS, isPermission, PERMISSIONS } from '../access/permissions.ts';
import { newTokenAnswerSchema } from '../admin/contract-access.ts';
import { createClient } from './client.ts';
import { type Command, wholeNumber } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { localTime, safe, safeJson } from './output.ts';
import { UsageError } from './usage-error.ts';

const LONGEST = 3650;
const scopeLines = ALL_PERMISSIONS.map((scope) => `  ${scope.padEnd(26)}${PERMISSIONS[scope]}`).join('\n');

/** `postern tokens create NAME`: prints a token for a program, once. */
export const tokensCreate: Command = {
  flags: {
    scope: { value: 'SCOPE', multiple: true, help: 'What it may do' },
    days: { value: 'N', help: 'Days until it ends; without it never' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [1, 1],
  details: `The token is printed once, alone on standard output. Scopes:\n${scopeLines}`,
  async run(typed) {
    const [name = ''] = typed.positionals;
    const scopes = typed.texts('scope');
    if (scopes.length === 0)
      throw new UsageError('--scope is missing; a token without scopes may do nothing');
    const unknown = scopes.find((scope) => !isPermission(scope));
    if (unknown !== undefined) throw new UsageError(`--scope ${unknown} is none`);
    const days = typed.text('days');
    const body = {
      name,
      scopes,
      ...(days === undefined ? {} : { days: wholeNumber(days, '--days', 1, LONGEST) }),
    };
    const made = await createClient(typed).ask('/api/v1/tokens', newTokenAnswerSchema, {
      method: 'POST',
      body,
    });
    const { out, err } = typed.terminal;
    if (typed.on('json')) {
      out(`${safeJson(made)}\n`);
      return 0;
    }
    const { expiresAt } = made.token;
    err(
      `The token ${safe(made.token.name)}, ${expiresAt === undefined ? 'without an end' : `good until ${localTime(expiresAt)}`}; it is shown now and never again:\n`,
    );
    out(`${safe(made.secret)}\n`);
    return 0;
  },
};

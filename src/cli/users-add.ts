import { ROLES, type Role } from '../access/permissions.ts';
import { newUserAnswerSchema } from '../admin/contract-access.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { safe, safeJson } from './output.ts';
import { UsageError } from './usage-error.ts';

/** `postern users add NAME`: prints the password that was made, which is changed at the first sign-in. */
export const usersAdd: Command = {
  flags: {
    role: { value: 'ROLE', help: `${ROLES.join(', ')} (viewer)` },
    email: { value: 'ADDRESS', help: 'Where Postern writes to them' },
    welcome: { help: 'Write them where the page is and what they are called' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [1, 1],
  details: 'The password is printed once, and has to be changed at the first sign-in. No mail holds it.',
  async run(typed) {
    const [name = ''] = typed.positionals;
    const email = typed.text('email');
    if (typed.on('welcome') && email === undefined) throw new UsageError('--welcome needs --email ADDRESS');
    const body = {
      name,
      role: roleOf(typed.text('role') ?? 'viewer'),
      ...(email === undefined ? {} : { email }),
      ...(typed.on('welcome') ? { welcome: true } : {}),
    };
    const added = await createClient(typed).ask('/api/v1/users', newUserAnswerSchema, {
      method: 'POST',
      body,
    });
    const { out, err } = typed.terminal;
    if (typed.on('json')) {
      out(`${safeJson(added)}\n`);
      return 0;
    }
    err(`Added ${safe(added.user.name)} as ${added.user.role}. The password for the first sign-in:\n`);
    out(`${safe(added.password ?? '')}\n`);
    if (typed.on('welcome')) {
      err(
        added.welcome === undefined
          ? 'The welcome mail could not be queued; the log says why.\n'
          : `The welcome mail is queued as ${safe(added.welcome)}.\n`,
      );
    }
    return 0;
  },
};

/** Throws UsageError. */
function roleOf(text: string): Role {
  const role = ROLES.find((each) => each === text);
  if (role === undefined) throw new UsageError(`--role has to be one of ${ROLES.join(', ')}`);
  return role;
}

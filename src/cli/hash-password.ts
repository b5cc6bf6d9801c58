import { PASSWORD_HASH_VARIABLE } from '../config/serve-options.ts';
import { hashPassword } from '../settings/passwords.ts';
import { RelayError } from '../shared/errors.ts';
import { Secret } from '../shared/secret.ts';
import type { Command } from './command.ts';
import { UsageError } from './usage-error.ts';

const SHORTEST = 12;
const LONGEST = 256;

/** Prints the argon2id hash of a password that is typed unseen, or comes on standard input. Nothing is asked of a node. */
export const hashPasswordCommand: Command = {
  flags: {},
  positionals: [0, 0],
  details: `For ${PASSWORD_HASH_VARIABLE}, which makes the administrator "admin", and for "hash" of a password in the settings. The password is typed unseen, or is the first line of standard input.`,
  async run({ terminal }) {
    const { hiddenLine, out, err } = terminal;
    if (hiddenLine === undefined) throw new UsageError('there is nobody to type a password');
    const password = (await hiddenLine('Password: ')) ?? '';
    if (password.length < SHORTEST || password.length > LONGEST) {
      throw new RelayError('bad-request', `The password has to have ${SHORTEST} to ${LONGEST} characters.`);
    }
    out(`${await hashPassword(new Secret(password.normalize('NFC')))}\n`);
    err(`In a shell write it in single quotes, in a compose file with $$ for each $.\n`);
    return 0;
  },
};

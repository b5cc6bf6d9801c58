import { createHash } from 'node:crypto';
import { PASSWORD_HASH_VARIABLE } from '../config/serve-options.ts';
import { hashFault } from '../settings/passwords.ts';
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import { ownCommand } from '../shared/own-commands.ts';
import type { Random } from '../shared/random.ts';
import type { Secret } from '../shared/secret.ts';
import type { AccessStorage } from './storage.ts';

const NAME = 'admin';

/**
 * Makes the administrator `admin` with the password hash of the environment, or gives them that password, when the variable is new or
 * has another value than at the last start; a password that was changed on the page stays until then. Answers whether anything was
 * changed. Throws RelayError `configuration` for what is no such hash.
 */
export async function applyPasswordHash(
  hash: Secret,
  deps: { readonly storage: AccessStorage; readonly clock: Clock; readonly random: Random },
): Promise<boolean> {
  const { storage, clock, random } = deps;
  const passwordHash = hash.reveal().trim();
  const fault = hashFault(passwordHash);
  if (fault !== undefined) {
    throw new RelayError('configuration', `${PASSWORD_HASH_VARIABLE} ${fault}.`, {
      hint: `${ownCommand('hash-password')} makes one. In a shell and in compose files each $ has to be protected: by single quotes there, as $$ here.`,
    });
  }
  const digest = createHash('sha256').update(passwordHash).digest('base64url');
  const found = await storage.findUserByName(NAME);
  if (found !== undefined && (await storage.appliedHash()) === digest) return false;
  if (found === undefined) {
    await storage.addUser({
      id: random.bytes(12).toString('base64url'),
      name: NAME,
      role: 'administrator',
      passwordHash,
      disabled: false,
      createdAt: clock.now(),
      createdBy: PASSWORD_HASH_VARIABLE,
      mustChangePassword: false,
    });
  } else {
    const change = {
      passwordHash,
      role: 'administrator',
      disabled: false,
      mustChangePassword: false,
    } as const;
    await storage.changeUser(found.id, change, { endSessions: true });
  }
  await storage.setAppliedHash(digest);
  return true;
}

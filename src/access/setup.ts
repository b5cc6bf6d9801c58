/**
 * The link that makes an administrator. Promises that nobody becomes one without having been able to read the machine's terminal or
 * files: the token is 256 random bits in the part of the address that browsers keep to themselves, good once, its digest alone is in the
 * store, and the newest link is the only one. A link that was made while there are users lasts an hour, and touches none of them.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../shared/clock.ts';
import { errorText, RelayError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { ownCommand } from '../shared/own-commands.ts';
import type { Random } from '../shared/random.ts';
import { Secret } from '../shared/secret.ts';
import type { Attempts } from './attempts.ts';
import { digestOf } from './digest.ts';
import type { Hashing } from './hashing.ts';
import { ACCESS_LIMITS } from './limits.ts';
import { passwordFault } from './password-rules.ts';
import type { NewSession, SessionOrigin, Sessions } from './sessions.ts';
import type { AccessStorage, StoredUser } from './storage.ts';
import { faultyPassword, nameTaken } from './users.ts';

/** Name of the file with the link in the data directory. */
export const SETUP_LINK_FILE = 'setup.link';

/** A link that was made; it is shown to whoever is on the machine and to nobody else. */
export interface SetupLink {
  readonly link: Secret;
  /** Absent: as long as there is no user. */
  readonly expiresAt?: number;
}

export interface SetupRequest {
  readonly token: string;
  readonly name: string;
  readonly email?: string | undefined;
  readonly password: string;
}

export interface Setup {
  /** Nobody is there who could sign in. */
  needed(): Promise<boolean>;
  /** Makes a new link; the one before is void. While there is no user the link is written into its file too. */
  makeLink(): Promise<SetupLink>;
  /** Makes an administrator and signs them in. Throws RelayError `forbidden`, `bad-request`, `not-allowed`; TooManyAttempts. */
  redeem(request: SetupRequest, origin: SessionOrigin): Promise<NewSession>;
  /** Removes the file once there are users. */
  clean(): Promise<void>;
}

export function createSetup(deps: {
  readonly storage: AccessStorage;
  readonly sessions: Sessions;
  readonly hashing: Hashing;
  readonly attempts: Attempts;
  /** Where the page is, without a slash at the end. */
  readonly pageUrl: () => string;
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): Setup {
  const { storage, sessions, hashing, attempts, pageUrl, dataDirectory, clock, random, log } = deps;
  const file = join(dataDirectory, SETUP_LINK_FILE);

  const needed = async () => (await storage.users()).length === 0;

  async function removeFile(): Promise<void> {
    await rm(file, { force: true }).catch((error: unknown) => {
      log.warn({ file, error: errorText(error) }, 'A setup link that is void could not be removed');
    });
  }

  async function isGood(hash: string): Promise<boolean> {
    const setup = await storage.setup();
    if (setup?.hash !== hash || (setup.expiresAt ?? Number.POSITIVE_INFINITY) <= clock.now()) return false;
    return setup.kind === 'again' || needed();
  }

  return {
    needed,

    async makeLink() {
      const first = await needed();
      const token = random.bytes(32).toString('base64url');
      const expiresAt = first ? undefined : clock.now() + ACCESS_LIMITS.setupLink;
      await storage.setSetup({
        hash: digestOf(token),
        kind: first ? 'first' : 'again',
        ...(expiresAt === undefined ? {} : { expiresAt }),
      });
      const link = new Secret(`${pageUrl()}/setup#${token}`);
      await removeFile();
      if (first) await writeFile(file, `${link.reveal()}\n`, { mode: 0o600, flag: 'wx' });
      return { link, ...(expiresAt === undefined ? {} : { expiresAt }) };
    },

    async redeem({ token, name, email, password }, origin) {
      const attempt = attempts.setup(origin.address);
      const hash = digestOf(token);
      if (!(await isGood(hash))) throw voidLink();
      attempt.forget();
      const fault = passwordFault(password, { name, email });
      if (fault !== undefined) throw faultyPassword(fault);
      const user: StoredUser = {
        id: random.bytes(12).toString('base64url'),
        name,
        ...(email === undefined ? {} : { email }),
        role: 'administrator',
        passwordHash: await hashing.hash(password),
        disabled: false,
        createdAt: clock.now(),
        createdBy: 'setup link',
        lastSignInAt: clock.now(),
        mustChangePassword: false,
      };
      const redeemed = await storage.redeemSetup(hash, clock.now(), user);
      if (redeemed === 'invalid') throw voidLink();
      if (redeemed === 'name-taken') throw nameTaken(name);
      await removeFile();
      const begun = await sessions.begin(user, origin);
      if (begun === undefined) throw new RelayError('unauthenticated', 'The user was made; sign in.');
      return begun;
    },

    async clean() {
      if (!(await needed())) await removeFile();
    },
  };
}

function voidLink(): RelayError {
  return new RelayError('forbidden', 'This setup link is not good any more, or is not complete.', {
    hint: `The newest link is the only one: while there is no user, each start of Postern, on any of its nodes, makes a new one in setup.link of its data directory; ${ownCommand('setup-link')} prints one at any time.`,
  });
}

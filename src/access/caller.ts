import type { Permission } from './permissions.ts';

/** Who makes a request, as far as it has been proved. */
export interface Caller {
  /** `machine`: whoever can read the token file of this machine, such as the command line. */
  readonly kind: 'nobody' | 'user' | 'token' | 'machine';
  /** The user's or token's name, for the journal, the history and the audit trail. */
  readonly name: string;
  readonly permissions: ReadonlySet<Permission>;
  /** Id of the user behind a session. */
  readonly user?: string;
  /** Id of the session, which is not what its cookie holds. */
  readonly session?: string;
  /** Id of the API token, which is not what is sent. */
  readonly token?: string;
  /** Has to choose a password before anything else. */
  readonly mustChangePassword?: true;
}

export const NOBODY: Caller = { kind: 'nobody', name: 'nobody', permissions: new Set() };

/** Whether a caller who is known may call a route, and who can help where they may not. Pure. */
import type { Caller } from '../access/caller.ts';
import { PERMISSIONS, type Permission, permissionsOf, ROLES } from '../access/permissions.ts';
import { RelayError } from '../shared/errors.ts';
import type { Route } from './route.ts';

/** All that is left to those who have to choose a password first: see that, do it, or leave. */
const BEFORE_NEW_PASSWORD: ReadonlySet<string> = new Set(['/api/v1/session', '/api/v1/session/password']);

/** Throws RelayError `forbidden`. Public routes ask nobody. */
export function authorize({ path, access }: Pick<Route, 'path' | 'access'>, caller: Caller): void {
  if (access === 'public') return;
  if (caller.mustChangePassword === true && !BEFORE_NEW_PASSWORD.has(path)) {
    throw new RelayError(
      'forbidden',
      'Choose a password of your own first; the one that you have was given to you.',
      {
        hint: 'PUT /api/v1/session/password, or the page that asks for it.',
      },
    );
  }
  if (access === 'signed-in') {
    if (caller.user !== undefined) return;
    throw new RelayError('forbidden', 'This belongs to people who are signed in; a token has no profile.');
  }
  if (caller.permissions.has(access)) return;
  throw new RelayError('forbidden', `This needs the permission ${access}: to ${PERMISSIONS[access]}.`, {
    hint: caller.kind === 'token' ? `Make a token with the scope ${access}.` : helpOf(access),
  });
}

function helpOf(permission: Permission): string {
  const roles = ROLES.filter((role) => permissionsOf(role).includes(permission));
  if (roles.length === 0) {
    return 'No role has it: it is for the command line on the machine itself, and for tokens that are made there.';
  }
  return `An administrator can give it to you, with the role ${roles.toReversed().join(' or ')}.`;
}

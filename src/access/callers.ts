import type { Caller } from './caller.ts';
import { ALL_PERMISSIONS, isPermission, permissionsOf } from './permissions.ts';
import type { LiveSession, Sessions } from './sessions.ts';
import type { AccessStorage, StoredToken } from './storage.ts';

/** Whoever has a session. Until they have chosen a password of their own they may do nothing else. */
export function callerOfSession({ id, user }: LiveSession): Caller {
  const { name, role, mustChangePassword } = user;
  const permissions = new Set(mustChangePassword ? [] : permissionsOf(role));
  return {
    kind: 'user',
    name,
    permissions,
    user: user.id,
    session: id,
    ...(mustChangePassword ? { mustChangePassword } : {}),
  };
}

/** A program with an API token. Scopes that this version does not know allow nothing. */
export function callerOfToken({ id, name, scopes }: StoredToken): Caller {
  return { kind: 'token', name, permissions: new Set(scopes.filter(isPermission)), token: id };
}

/** Whoever can read the token file of this machine; `name` as they say. */
export function callerOfMachine(name: string): Caller {
  return { kind: 'machine', name, permissions: new Set(ALL_PERMISSIONS) };
}

/** Who a caller is by now, for answers that go on for long; undefined once their session, token or user is gone. */
export async function callerNow(
  caller: Caller,
  {
    sessions,
    storage,
    now,
  }: { readonly sessions: Sessions; readonly storage: AccessStorage; readonly now: number },
): Promise<Caller | undefined> {
  if (caller.kind === 'machine') return caller;
  if (caller.token !== undefined) {
    const token = (await storage.tokens()).find(({ id }) => id === caller.token);
    return token === undefined || (token.expiresAt ?? Number.POSITIVE_INFINITY) <= now
      ? undefined
      : callerOfToken(token);
  }
  if (caller.user === undefined) return undefined;
  const session = (await sessions.list(caller.user)).find(({ id }) => id === caller.session);
  const user = session === undefined ? undefined : await storage.findUser(caller.user);
  if (session === undefined || user === undefined || user.disabled) return undefined;
  return callerOfSession({ id: session.id, user, idleEndsAt: session.expiresAt, endsAt: session.expiresAt });
}

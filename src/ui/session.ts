/** Who is signed in, and what they may do. */
import type { Permission } from '../access/permissions.ts';
import type { Session } from '../admin/contract-access.ts';
import { ApiError, get, send } from './api.ts';
import { createStore, useStore } from './store.ts';

/** `setup`: nobody may sign in yet; `unknown`: not asked yet. */
export type SessionState =
  | { readonly state: 'unknown' | 'signed-out' | 'setup' }
  | { readonly state: 'failed'; readonly error: ApiError }
  | { readonly state: 'signed-in'; readonly session: Session };

export const sessionStore = createStore<SessionState>({ state: 'unknown' });

/** Asks who is signed in. */
export async function loadSession(): Promise<void> {
  try {
    sessionStore.set({
      state: 'signed-in',
      session: await get<Session>('/api/v1/session', { anonymous: true }),
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    sessionStore.set(error.status === 401 ? await withoutSession() : { state: 'failed', error });
  }
}

async function withoutSession(): Promise<SessionState> {
  try {
    const { needed } = await get<{ needed: boolean }>('/api/v1/setup', { anonymous: true });
    return { state: needed ? 'setup' : 'signed-out' };
  } catch {
    return { state: 'signed-out' };
  }
}

/** Called with the answer of a sign-in. */
export function signedIn(session: Session): void {
  sessionStore.set({ state: 'signed-in', session });
}

/** Ends the session and everything that the page remembers of it. */
export async function signOut(): Promise<void> {
  await send('DELETE', '/api/v1/session', undefined, { anonymous: true }).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
  });
  location.assign('/');
}

/** The session; only inside of pages that need one. */
export function useSession(): Session | undefined {
  const current = useStore(sessionStore);
  return current.state === 'signed-in' ? current.session : undefined;
}

/** Whether whoever is signed in may do this. */
export function useMay(permission: Permission | undefined): boolean {
  const session = useSession();
  return permission === undefined || (session?.permissions.includes(permission) ?? false);
}

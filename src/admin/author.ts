import type { Caller } from '../access/caller.ts';

/** Whose settings they would be, for the settings to know: only with the permission may they read secrets of this machine. */
export function authorOf({ permissions }: Pick<Caller, 'permissions'>): { readonly confined: boolean } {
  return { confined: !permissions.has('settings.machine-secrets') };
}

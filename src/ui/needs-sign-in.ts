/** What the consent behind an upstream means for people. */
import type { Authorization } from '../admin/contract-authorizations.ts';

type Standing = Pick<Authorization, 'flow' | 'state'>;

/** An application signs in by itself, with the first mail. */
export function isApplication({ flow }: Standing): boolean {
  return flow === 'client-credentials' || flow === 'service-account';
}

/** Whether only a person can mend it: mail waits until somebody signs in. */
export function needsSignIn(authorization: Standing | undefined): boolean {
  if (authorization === undefined) return false;
  const { state } = authorization;
  return (state === 'none' && !isApplication(authorization)) || state === 'void' || state === 'stale';
}

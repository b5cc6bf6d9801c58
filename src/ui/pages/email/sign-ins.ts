/** Sign-ins that were begun in this tab, waited for whatever page is shown meanwhile. */
import type { SignInStartAnswer, SignInStateAnswer } from '../../../admin/contract-authorizations.ts';
import { ApiError, get } from '../../api.ts';
import { createStore, useStore } from '../../store.ts';
import { t } from '../../words/words.ts';

/** How one stands, or how it ended. */
export interface SignIn {
  readonly start?: SignInStartAnswer | undefined;
  /** The browser opened no tab for it. */
  readonly blocked?: boolean | undefined;
  readonly ended?: Pick<SignInStateAnswer, 'state' | 'account' | 'text' | 'remedy'> | undefined;
}

/** Seconds that one question about a sign-in waits for its end. */
const WAIT = 20;

const store = createStore<ReadonlyMap<string, SignIn>>(new Map());

export function useSignIn(upstream: string): SignIn | undefined {
  return useStore(store).get(upstream);
}

/** What is shown of an upstream's sign-in from now on; nothing where `undefined`. */
export function setSignIn(upstream: string, signIn: SignIn | undefined): void {
  const next = new Map(store.get());
  if (signIn === undefined) next.delete(upstream);
  else next.set(upstream, signIn);
  store.set(next);
}

/** Shows that it has failed, with the words of the API. */
export function failSignIn(upstream: string, error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  const remedy = error instanceof ApiError ? error.hint : undefined;
  setSignIn(upstream, { ended: { state: 'failed', text, ...(remedy === undefined ? {} : { remedy }) } });
}

/** Asks until it is over, its time is, or another one was begun. */
export async function awaitSignIn(
  upstream: string,
  start: SignInStartAnswer,
  blocked: boolean,
): Promise<void> {
  setSignIn(upstream, { start, blocked });
  const isOurs = () => store.get().get(upstream)?.start === start;
  try {
    while (isOurs()) {
      const ended = await get<SignInStateAnswer>(
        `/api/v1/sign-ins/${encodeURIComponent(start.id)}?wait=${WAIT}`,
        { background: true },
      );
      if (!isOurs()) return;
      if (ended.state === 'authorized' || ended.state === 'failed') setSignIn(upstream, { ended });
      else if (Date.now() > ended.expiresAt) {
        setSignIn(upstream, { ended: { state: 'failed', text: t('email.signInExpired') } });
      }
    }
  } catch (error) {
    if (isOurs()) failSignIn(upstream, error);
  }
}

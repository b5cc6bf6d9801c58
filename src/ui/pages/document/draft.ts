/**
 * What was typed and is not saved. It outlives the page, so that a look at the history loses nothing; it is kept in memory only, since
 * secrets may stand in it, and belongs to whoever typed it.
 */
import { useSession } from '../../session.ts';
import { createStore, useStore } from '../../store.ts';
import { useAskBeforeLeaving } from '../../use-ask-before-leaving.ts';

export interface Draft {
  readonly text: string;
  /** ETag and text of the settings that it began with. */
  readonly base: string;
  readonly baseText: string;
  /** Id of the user. */
  readonly user: string;
}

const store = createStore<Draft | undefined>(undefined);

/** The draft of whoever is signed in, and how to change it. The browser asks before it leaves with one. */
export function useDraft(): readonly [Draft | undefined, (draft: Omit<Draft, 'user'> | undefined) => void] {
  const user = useSession()?.user.id ?? '';
  const kept = useStore(store);
  const draft = kept?.user === user ? kept : undefined;
  useAskBeforeLeaving(draft !== undefined);
  return [draft, (next) => store.set(next === undefined ? undefined : { ...next, user })];
}

/** Whether the last request reached Postern. */
import { createStore } from './store.ts';

export const reachable = createStore(true);

/** Notes how a request went. */
export function reached(yes: boolean): void {
  reachable.set(yes);
}

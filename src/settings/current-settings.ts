import { errorText } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Settings } from './schema.ts';

type Callback = (settings: Settings, previous: Settings) => void;

/** What is in force now, frozen, and who wants to hear of changes. */
export interface CurrentSettings {
  get(): Settings;
  /** Puts new settings in force and tells everybody; one that throws is logged and harms nobody else. */
  swap(settings: Settings): void;
  onChange(callback: Callback): () => void;
}

/** Begins with `initial`, which is frozen too. `onChange` answers the function that ends the subscription. */
export function createCurrentSettings(initial: Settings, log: Log): CurrentSettings {
  let current = freeze(initial);
  const callbacks = new Set<{ readonly call: Callback }>();
  return {
    get: () => current,
    swap(settings) {
      const previous = current;
      const next = freeze(settings);
      current = next;
      for (const { call } of callbacks) {
        try {
          call(next, previous);
        } catch (error) {
          log.error({ err: error }, `A part did not take over the new settings: ${errorText(error)}`);
        }
      }
    },
    onChange(callback) {
      const entry = { call: callback };
      callbacks.add(entry);
      return () => callbacks.delete(entry);
    },
  };
}

/** Everybody shares one object; a slip of one room must not change what the others read. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) freeze(part);
  }
  return value;
}

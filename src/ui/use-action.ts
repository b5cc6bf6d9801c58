/** Something that a button does: whether it is under way, and how it ended. */
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type ApiError, apiErrorOf } from './api.ts';

export interface Action {
  readonly busy: boolean;
  /** What to say beside the button after it went well. */
  readonly answer: ComponentChildren;
  readonly error: ApiError | undefined;
  /** Does it; nothing happens while it is under way. Resolves with whether it went well. */
  readonly run: () => Promise<boolean>;
  /** Forgets the answer and the error, e.g. when something is typed. */
  readonly clear: () => void;
}

interface State {
  readonly busy: boolean;
  readonly answer?: ComponentChildren;
  readonly error?: ApiError;
}

/**
 * Wraps what a button does. What it resolves with is shown beside the button; an ApiError that it throws too, with its faults and
 * its remedy. The signal aborts when the page is left.
 */
export function useAction(act: (signal: AbortSignal) => Promise<ComponentChildren | void>): Action {
  const [state, setState] = useState<State>({ busy: false });
  const latest = useRef(act);
  latest.current = act;
  const under = useRef(false);
  const gone = useRef<AbortController>(undefined);

  useEffect(() => {
    const controller = new AbortController();
    gone.current = controller;
    return () => controller.abort();
  }, []);

  const run = useCallback(async () => {
    if (under.current) return false;
    under.current = true;
    const { signal } = (gone.current ??= new AbortController());
    setState({ busy: true });
    try {
      const answer = await latest.current(signal);
      setState(answer === undefined ? { busy: false } : { busy: false, answer });
      return true;
    } catch (error) {
      if (!signal.aborted) setState({ busy: false, error: apiErrorOf(error) });
      return false;
    } finally {
      under.current = false;
    }
  }, []);
  const clear = useCallback(() => setState((before) => (before.busy ? before : { busy: false })), []);
  return { busy: state.busy, answer: state.answer, error: state.error, run, clear };
}

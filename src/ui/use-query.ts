/** What the API shows under a path, kept up to date. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Topic } from '../admin/contract-overview.ts';
import { ApiError, getTagged } from './api.ts';
import { onChanged } from './live.ts';
import { sessionStore } from './session.ts';

export interface Query<T> {
  /** The last answer; stays while a newer one is asked for, also after a failure. */
  readonly data: T | undefined;
  readonly etag: string | undefined;
  readonly error: ApiError | undefined;
  /** Nothing has been answered yet. */
  readonly loading: boolean;
  /** Asks again. */
  readonly reload: () => void;
}

interface Answer {
  readonly data: unknown;
  readonly etag: string | undefined;
}

interface State {
  readonly path: string | undefined;
  readonly answer?: Answer;
  readonly error?: ApiError | undefined;
}

/** Answers of earlier visits, so that going back shows something at once. */
const remembered = new Map<string, Answer>();
const MAX_REMEMBERED = 40;
/** Changes that come quickly after one another are asked for once, ms. */
const TOGETHER = 300;
/** While changes come all the time, a page that is open asks no more often than this, ms; the first change is seen at once. */
const APART = 2000;

/**
 * GET of `path`, and again when one of `topics` changes. Without a path nothing is asked. What was shown for another path
 * goes away, unless `keep` says that it stays until the new answer is there.
 */
export function useQuery<T>(
  path: string | undefined,
  options: { readonly topics?: readonly Topic[]; readonly keep?: boolean } = {},
): Query<T> {
  const { topics = [], keep = false } = options;
  const [state, setState] = useState<State>(() => ({
    path,
    ...recalled(path),
  }));
  const [turn, setTurn] = useState({ background: false });
  const reload = useCallback(() => setTurn({ background: false }), []);
  const wanted = useRef(topics);
  wanted.current = topics;

  useEffect(() => {
    if (path === undefined) return undefined;
    const gone = new AbortController();
    void ask(path, turn.background, gone.signal, (next) =>
      setState((before) => ({ ...(before.path === path ? before : { path }), ...next })),
    );
    return () => gone.abort();
  }, [path, turn]);

  useEffect(() => {
    let timer: number | undefined;
    let askedAt = Number.NEGATIVE_INFINITY;
    const stop = onChanged((changed) => {
      const ours =
        changed === 'all' ? wanted.current.length > 0 : changed.some((each) => wanted.current.includes(each));
      if (!ours || timer !== undefined) return;
      const pause = Math.max(TOGETHER, askedAt + APART - performance.now());
      timer = window.setTimeout(() => {
        timer = undefined;
        askedAt = performance.now();
        setTurn({ background: true });
      }, pause);
    });
    return () => {
      window.clearTimeout(timer);
      stop();
    };
  }, []);

  const current: State = state.path === path || keep ? state : { path, ...recalled(path) };
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the caller names the type that the contract has for this path
    data: current.answer?.data as T | undefined,
    etag: current.answer?.etag,
    error: current.error,
    loading: path !== undefined && current.answer === undefined && current.error === undefined,
    reload,
  };
}

/** Shows the answer, or the error beside what was answered before; nothing when it is not wanted any more. */
async function ask(
  path: string,
  background: boolean,
  signal: AbortSignal,
  show: (next: Pick<State, 'answer' | 'error'>) => void,
): Promise<void> {
  try {
    const answer = await askOnce(path, background);
    if (signal.aborted) return;
    show({ answer, error: undefined });
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ApiError)) throw error;
    show({ ...recalled(path), error });
  }
}

/** What is being asked: two parts of a page that show the same share one request. */
const asked = new Map<string, Promise<Answer>>();
/** A later change needs a later request, ms. */
const SHARED = 100;

async function askOnce(path: string, background: boolean): Promise<Answer> {
  const known = asked.get(path);
  if (known !== undefined) return known;
  const answer = getTagged<unknown>(path, { background }).then(({ value, etag }) => ({ data: value, etag }));
  asked.set(path, answer);
  window.setTimeout(() => asked.delete(path), SHARED);
  remember(path, await answer);
  return answer;
}

// Whoever signs in next must not see what was shown to the one before.
sessionStore.watch(({ state }) => {
  if (state !== 'signed-in') remembered.clear();
});

function recalled(path: string | undefined): { answer?: Answer } {
  const answer = path === undefined ? undefined : remembered.get(path);
  return answer === undefined ? {} : { answer };
}

function remember(path: string, answer: Answer): void {
  remembered.delete(path);
  remembered.set(path, answer);
  const oldest = remembered.keys().next().value;
  if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
}

/** The messages that match, as far as they were asked for: more behind the last one by cursor, new ones in front when they are wanted. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { MessagesAnswer } from '../../../admin/contract.ts';
import { type ApiError, apiErrorOf, get } from '../../api.ts';
import { onChanged } from '../../live.ts';
import { type Conditions, queryOf } from './filters.ts';
import { type Row, refreshed, rowOf } from './rows.ts';

export interface Messages {
  readonly rows: readonly Row[];
  /** There are older ones, or there may be. */
  readonly more: boolean;
  readonly busy: boolean;
  /** So far back the search has looked, ms since 1970, while it looks or has stopped before the end. */
  readonly searchedTo: number | undefined;
  readonly error: ApiError | undefined;
  /** Messages that came since; not in the list yet. */
  readonly fresh: number;
  readonly loadMore: () => void;
  readonly showFresh: () => void;
  /** Asks again for what is shown. */
  readonly refresh: () => void;
}

interface State {
  readonly rows: readonly Row[];
  readonly next: string | undefined;
  readonly searchedTo: number | undefined;
  readonly busy: boolean;
  readonly error: ApiError | undefined;
  readonly fresh: readonly Row[];
}

const EMPTY: State = { rows: [], next: '', searchedTo: undefined, busy: true, error: undefined, fresh: [] };
const PAGE = 100;
/** New messages that are counted. */
export const MOST_FRESH = 100;
/** Answers that one wish for more asks for: a search looks at some ten thousand messages in each. */
const MOST_SEARCHES = 40;
/** Changes that come quickly after one another are asked for once, ms. */
const TOGETHER = 400;

/** What was shown last, so that going back to the list finds it where it was left. */
let left: { readonly key: string; readonly state: State } | undefined;

/**
 * @param key says when the conditions are others
 * @param shownRange the rows that are seen, to be asked for again when something changes
 * @param atTop nothing is being read: new messages go into the list by themselves
 */
export function useMessages(
  key: string,
  conditions: Conditions,
  shownRange: { readonly current: readonly [first: number, last: number] },
  atTop: () => boolean,
): Messages {
  const [state, setState] = useState<State>(() => (left?.key === key ? left.state : EMPTY));
  const latest = useRef(state);
  const wanted = useRef(conditions);
  wanted.current = conditions;
  const gone = useRef(new AbortController());
  const under = useRef(false);

  const change = useCallback((next: State) => {
    latest.current = next;
    setState(next);
  }, []);

  const ask = useCallback(
    async (before: string, limit: number, background: boolean): Promise<MessagesAnswer> => {
      const query = queryOf(wanted.current);
      query.set('limit', String(limit));
      if (before !== '') query.set('before', before);
      return get<MessagesAnswer>(`/api/v1/queue?${query.toString()}`, {
        signal: gone.current.signal,
        background,
      });
    },
    [],
  );

  const loadMore = useCallback(async () => {
    if (under.current || latest.current.next === undefined) return;
    under.current = true;
    const { signal } = gone.current;
    const enough = latest.current.rows.length + PAGE / 2;
    change({ ...latest.current, busy: true, error: undefined });
    try {
      for (let searches = 0; searches < MOST_SEARCHES; searches += 1) {
        const { next } = latest.current;
        if (next === undefined || latest.current.rows.length >= enough) break;
        const page = await ask(next, PAGE, false);
        if (signal.aborted) return;
        const rows = [...latest.current.rows, ...page.messages.map(rowOf)];
        change({ ...latest.current, rows, next: page.next, searchedTo: page.searchedTo });
      }
      change({ ...latest.current, busy: false });
    } catch (error) {
      if (!signal.aborted) change({ ...latest.current, busy: false, error: apiErrorOf(error) });
    } finally {
      if (!signal.aborted) under.current = false;
    }
  }, [ask, change]);

  /** What is new in front, and what has become of what is seen; the page asks for it by itself. */
  const refresh = useCallback(async () => {
    const { signal } = gone.current;
    try {
      const head = await ask('', MOST_FRESH + 1, true);
      const newest = head.messages.map(rowOf);
      const oldest = coveredBy(head);
      const [from, to] = shownRange.current;
      const [above, first] = [latest.current.rows[from - 1]?.id, latest.current.rows[from]?.id];
      const page =
        above === undefined || first === undefined || above >= oldest
          ? undefined
          : await ask(above, Math.max(1, to - from), true);
      if (signal.aborted) return;
      // Only now: more may have come while these were asked for.
      const { rows } = latest.current;
      let seen = refreshed(rows, newest, '~', oldest);
      if (page !== undefined && first !== undefined) {
        seen = refreshed(seen, page.messages.map(rowOf), first, coveredBy(page));
      }
      const begin = rows[0]?.id ?? '';
      const fresh = newest.filter(({ id }) => id > begin);
      const all = fresh.length <= MOST_FRESH && (atTop() || rows.length === 0);
      change({
        ...latest.current,
        rows: all ? [...fresh, ...seen] : seen,
        fresh: all ? [] : fresh,
        error: undefined,
      });
    } catch (error) {
      if (!signal.aborted) change({ ...latest.current, error: apiErrorOf(error) });
    }
  }, [ask, change, shownRange, atTop]);

  const showFresh = useCallback(() => {
    const { fresh, rows } = latest.current;
    if (fresh.length <= MOST_FRESH) {
      change({ ...latest.current, rows: [...fresh, ...rows], fresh: [] });
      return;
    }
    // More than were counted: from the beginning.
    change(EMPTY);
    void loadMore();
  }, [change, loadMore]);

  useEffect(() => {
    const controller = new AbortController();
    gone.current = controller;
    under.current = false;
    if (left?.key === key) {
      change(left.state);
      void refresh();
    } else {
      change(EMPTY);
      void loadMore();
    }
    return () => {
      controller.abort();
      if (latest.current.rows.length > 0) left = { key, state: { ...latest.current, busy: false } };
    };
  }, [key]);

  useEffect(() => {
    let timer: number | undefined;
    const stop = onChanged((topics) => {
      if ((topics !== 'all' && !topics.includes('messages')) || timer !== undefined) return;
      timer = window.setTimeout(() => {
        timer = undefined;
        if (!under.current) void refresh();
      }, TOGETHER);
    });
    return () => {
      window.clearTimeout(timer);
      stop();
    };
  }, [refresh]);

  return {
    rows: state.rows,
    more: state.next !== undefined,
    busy: state.busy,
    searchedTo: state.searchedTo,
    error: state.error,
    fresh: state.fresh.length,
    loadMore: () => void loadMore(),
    showFresh,
    refresh: () => void refresh(),
  };
}

/** The oldest id that an answer says something about; a search that ran out of time may say nothing of any. */
function coveredBy(page: MessagesAnswer): string {
  return page.next === undefined ? '' : (page.messages.at(-1)?.id ?? '~');
}

/** Queue and journal in one list, with the search above it. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { Overview } from '../../../admin/contract-overview.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { Loading } from '../../components/loading.tsx';
import { Page } from '../../components/page.tsx';
import { absoluteTime } from '../../format.ts';
import { useMay } from '../../session.ts';
import { useQuery } from '../../use-query.ts';
import { t } from '../../words/words.ts';
import { BulkBar } from './bulk-bar.tsx';
import { FilterForm } from './filter-form.tsx';
import { conditionsOf, type Filters, filtersOf, isEmpty, searchOf } from './filters.ts';
import { type Chosen, MessageTable } from './message-table.tsx';
import { type Messages, MOST_FRESH, useMessages } from './use-messages.ts';

const NONE: Chosen = { all: false, ids: new Set() };
/** Scrolled so little, in pixels, that the beginning of the list is seen. */
const TOP = 40;

/** Where the list was left, by its address. */
let leftAt: { readonly key: string; readonly top: number } | undefined;

export function MessageList() {
  const { url, route } = useLocation();
  const filters = filtersOf(url.slice(url.indexOf('?') + 1 || url.length));
  const key = searchOf(filters);
  const conditions = useMemo(() => conditionsOf(filters, Date.now()), [key]);
  const overview = useQuery<Overview>('/api/v1/overview', { topics: ['settings'] });
  const mode = overview.data?.mode ?? 'live';
  const mayAct = useMay('messages.act');
  const mayRead = useMay('messages.content');
  const [chosen, setChosen] = useState<Chosen>(NONE);
  useEffect(() => setChosen(NONE), [key]);
  const range = useRef<readonly [number, number]>([0, 0]);
  const reading = useRef(chosen);
  reading.current = chosen;
  const atTop = useCallback(() => {
    const inList =
      document.activeElement?.closest('.messages tbody') !== null && document.activeElement !== null;
    return window.scrollY < TOP && !inList && !reading.current.all && reading.current.ids.size === 0;
  }, []);
  const messages = useMessages(key, conditions, range, atTop);
  useScrollPlace(key, messages.rows.length > 0);

  const search = (next: Filters): void => route(`/messages${searchOf(next)}`, true);
  return (
    <Page title={t('messages.title')} lead={t(mode === 'test-relay' ? 'messages.leadTest' : 'messages.lead')}>
      <FilterForm filters={filters} onChange={search} />
      <section class="card message-list">
        {messages.error !== undefined && <ErrorNotice error={messages.error} retry={messages.refresh} />}
        <Fresh messages={messages} />
        {mayAct && (
          <BulkBar chosen={chosen} conditions={conditions} onChoose={setChosen} onDone={messages.refresh} />
        )}
        {messages.rows.length > 0 ? (
          <MessageTable
            rows={messages.rows}
            chosen={chosen}
            onChoose={setChosen}
            choosing={mayAct}
            previews={mode !== 'live' && mayRead}
            onRange={(first, last) => {
              range.current = [first, last];
            }}
            onEnd={
              messages.more && !messages.busy && messages.error === undefined ? messages.loadMore : undefined
            }
          />
        ) : messages.busy ? (
          <Loading lines={8} />
        ) : (
          !messages.more && messages.error === undefined && <Empty searched={!isEmpty(filters)} />
        )}
        <Foot messages={messages} searched={!isEmpty(filters)} />
      </section>
    </Page>
  );
}

function Fresh({ messages }: { readonly messages: Messages }) {
  const { fresh, showFresh } = messages;
  return (
    <div class="fresh" role="status">
      {fresh > 0 && (
        <button
          type="button"
          onClick={() => {
            showFresh();
            window.scrollTo({ top: 0 });
          }}
        >
          {fresh > MOST_FRESH
            ? t('messages.freshMany', { count: MOST_FRESH })
            : t('messages.fresh', { count: fresh })}
        </button>
      )}
    </div>
  );
}

function Empty({ searched }: { readonly searched: boolean }) {
  return searched ? (
    <EmptyState title={t('messages.noMatch')}>{t('messages.noMatchHow')}</EmptyState>
  ) : (
    <EmptyState title={t('messages.none')}>{t('messages.noneHow')}</EmptyState>
  );
}

/** How much there is, how far the search has come, and more by a button for whoever does not scroll. */
function Foot({ messages, searched }: { readonly messages: Messages; readonly searched: boolean }) {
  const { rows, more, busy, searchedTo, loadMore } = messages;
  const count = rows.length;
  const back = searchedTo === undefined ? undefined : absoluteTime(searchedTo);
  return (
    <div class="list-foot">
      <p role="status">
        {searched && busy && back !== undefined && more
          ? t('messages.searching', { time: back })
          : count > 0 && (more ? t('messages.loaded', { count }) : t('messages.end', { count }))}
        {!busy && more && count === 0 && back !== undefined && t('messages.searchedTo', { time: back })}
      </p>
      {more && !busy && (
        <button type="button" onClick={loadMore}>
          {t(count === 0 ? 'messages.searchOn' : 'messages.more')}
        </button>
      )}
    </div>
  );
}

/** Going back to the list finds it where it was left. */
function useScrollPlace(key: string, ready: boolean): void {
  const restored = useRef(false);
  useEffect(() => {
    if (!ready || restored.current) return;
    restored.current = true;
    if (leftAt?.key === key) window.scrollTo({ top: leftAt.top });
  }, [ready]);
  useEffect(() => {
    let top = 0;
    const note = (): void => {
      top = window.scrollY;
    };
    window.addEventListener('scroll', note, { passive: true });
    return () => {
      window.removeEventListener('scroll', note);
      leftAt = { key, top };
    };
  }, [key]);
}

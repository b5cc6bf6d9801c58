/** Who changed what, when and from where. */
import { useEffect, useState } from 'preact/hooks';
import type { AuditAnswer } from '../../admin/contract-access.ts';
import { get } from '../api.ts';
import { ActionButton } from '../components/action-button.tsx';
import { Card } from '../components/card.tsx';
import { DataTable } from '../components/data-table.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Page } from '../components/page.tsx';
import { useAction } from '../use-action.ts';
import { useQuery } from '../use-query.ts';
import { t } from '../words/words.ts';
import { entryColumns } from './audit/entry-columns.tsx';
import { Filters } from './audit/filters.tsx';
import { type Trail, withLatest, withOlder } from './audit/trail.ts';
import { useFilter } from './audit/use-filter.ts';

const PATH = '/api/v1/audit';

export function AuditPage() {
  const { filter, change, query, narrowed } = useFilter();
  return (
    <Page title={t('shell.audit')} lead={t('audit.lead')}>
      <Card>
        <Filters filter={filter} onChange={change} />
        <Entries key={query} query={query} narrowed={narrowed} onAll={() => change({})} />
      </Card>
    </Page>
  );
}

function Entries(props: {
  readonly query: string;
  /** Some condition is given. */
  readonly narrowed: boolean;
  readonly onAll: () => void;
}) {
  const { query, narrowed, onAll } = props;
  const latest = useQuery<AuditAnswer>(`${PATH}?${query}`, { topics: ['access'] });
  const [trail, setTrail] = useState<Trail>();
  const { data } = latest;
  useEffect(() => {
    if (data !== undefined) setTrail((before) => withLatest(before, query, data));
  }, [data, query]);
  return (
    <Loaded query={latest} lines={10}>
      {(first) => {
        const shown = trail ?? { query, ...first };
        return (
          <>
            <DataTable
              caption={t('audit.entries')}
              columns={entryColumns()}
              rows={shown.entries}
              rowKey={({ id }) => id}
              empty={narrowed ? <NothingMatches onAll={onAll} /> : <NothingYet />}
            />
            {shown.next !== undefined && (
              <More
                query={query}
                before={shown.next}
                onMore={(page) => setTrail(withOlder(shown, query, page))}
              />
            )}
          </>
        );
      }}
    </Loaded>
  );
}

function NothingYet() {
  return <EmptyState title={t('audit.none')}>{t('audit.noneHow')}</EmptyState>;
}

function NothingMatches({ onAll }: { readonly onAll: () => void }) {
  return (
    <EmptyState
      title={t('audit.noMatch')}
      actions={
        <button type="button" class="quiet" onClick={onAll}>
          {t('audit.showAll')}
        </button>
      }
    >
      {t('audit.noMatchWhy')}
    </EmptyState>
  );
}

function More(props: {
  readonly query: string;
  readonly before: string;
  readonly onMore: (page: AuditAnswer) => void;
}) {
  const { query, before, onMore } = props;
  const more = useAction(async (signal) => {
    onMore(await get<AuditAnswer>(`${PATH}?${query}&before=${before}`, { signal }));
  });
  return (
    <div class="buttons audit-more">
      <ActionButton action={more} look="quiet">
        {t('common.more')}
      </ActionButton>
    </div>
  );
}

/** Every revision: when, by whom and what, the latest first. */
import { useState } from 'preact/hooks';
import type { History as Answer } from '../../../admin/contract-settings.ts';
import { get } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Card } from '../../components/card.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useAction } from '../../use-action.ts';
import { useQuery } from '../../use-query.ts';
import { t } from '../../words/words.ts';

type Row = Answer['revisions'][number];

const PATH = '/api/v1/settings/history?limit=50';

export function History() {
  const query = useQuery<Answer>(PATH, { topics: ['settings'] });
  const [older, setOlder] = useState<Answer>({ revisions: [] });
  return (
    <Card title={t('document.history')}>
      <p class="card-lead">{t('document.historyLead')}</p>
      <Loaded query={query} lines={8}>
        {(first) => {
          const last = first.revisions.at(-1)?.revision ?? 0;
          // What has moved from the first page to the next is not shown twice.
          const rest = older.revisions.filter(({ revision }) => revision < last);
          const next = rest.length > 0 ? older.next : first.next;
          return (
            <>
              <Revisions rows={[...first.revisions, ...rest]} />
              {next !== undefined && (
                <More
                  before={next}
                  onMore={(page) => setOlder({ ...page, revisions: [...rest, ...page.revisions] })}
                />
              )}
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}

function Revisions({ rows }: { readonly rows: readonly Row[] }) {
  const latest = rows[0]?.revision;
  return (
    <DataTable
      caption={t('document.history')}
      rows={rows}
      rowKey={({ revision }) => String(revision)}
      empty={<EmptyState title={t('document.noHistory')}>{t('document.noHistoryWhy')}</EmptyState>}
      columns={[
        {
          key: 'revision',
          head: t('document.revision'),
          cell: ({ revision }) => (
            <a class="nowrap" href={`/settings/history/${revision}`}>
              {t('document.number', { revision })}
            </a>
          ),
        },
        {
          key: 'at',
          head: t('document.when'),
          cell: ({ at }) => (
            <span class="nowrap">
              <TimeText at={at} />
            </span>
          ),
        },
        { key: 'by', head: t('document.who'), cell: ({ by }) => <span class="nowrap">{by}</span> },
        {
          key: 'summary',
          head: t('document.what'),
          wide: true,
          cell: ({ summary }) => <span title={summary}>{summary}</span>,
        },
        {
          key: 'state',
          head: t('document.state'),
          cell: ({ revision }) =>
            revision === latest && <StateBadge tone="good">{t('document.inForce')}</StateBadge>,
        },
      ]}
    />
  );
}

function More({ before, onMore }: { readonly before: string; readonly onMore: (page: Answer) => void }) {
  const more = useAction(async (signal) => {
    onMore(await get<Answer>(`${PATH}&before=${encodeURIComponent(before)}`, { signal }));
  });
  return (
    <div class="buttons">
      <ActionButton action={more} look="quiet">
        {t('common.more')}
      </ActionButton>
    </div>
  );
}

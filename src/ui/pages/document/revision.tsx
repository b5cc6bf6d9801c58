/** One revision: what it changed, what going back to it would change, and going back. */
import { useState } from 'preact/hooks';
import type { SettingsDifferences } from '../../../admin/contract-configuration.ts';
import type { Applied, History } from '../../../admin/contract-settings.ts';
import { send } from '../../api.ts';
import { Card } from '../../components/card.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Loading } from '../../components/loading.tsx';
import { RadioGroup } from '../../components/radio-group.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useAction } from '../../use-action.ts';
import { useQuery } from '../../use-query.ts';
import { rich, t } from '../../words/words.ts';

type Against = 'before' | 'current';

export function Revision({ revision }: { readonly revision: number }) {
  const [against, setAgainst] = useState<Against>('before');
  const latest = useQuery<History>('/api/v1/settings/history?limit=1', { topics: ['settings'] });
  const own = useQuery<History>(`/api/v1/settings/history?limit=1&before=${revision + 1}`);
  const current = latest.data?.revisions[0]?.revision;
  const inForce = current === revision;
  const shown = own.data?.revisions.find((one) => one.revision === revision);
  const back = useAction(async (signal) => {
    const applied = await send<Applied>('POST', '/api/v1/settings/rollback', { revision }, { signal });
    return t('document.wentBack', { revision: applied.revision });
  });
  return (
    <Card
      title={t('document.number', { revision })}
      actions={
        <ConfirmButton
          action={back}
          needs="settings.write"
          question={t('document.backQuestion', { revision })}
          confirm={t('document.goBackTo', { revision })}
          disabled={inForce && t('document.isInForce')}
        >
          {t('document.goBack')}
        </ConfirmButton>
      }
    >
      {(latest.loading || own.loading) && <Loading lines={4} />}
      {shown !== undefined && (
        <p class="lead">
          {rich('document.madeBy', {
            by: <b>{shown.by}</b>,
            time: <TimeText at={shown.at} />,
            summary: shown.summary,
          })}
        </p>
      )}
      {current !== undefined && !inForce && (
        <RadioGroup
          label={t('document.compare')}
          value={against}
          onChange={setAgainst}
          choices={[
            { value: 'before', label: t('document.againstBefore') },
            { value: 'current', label: t('document.againstCurrent', { revision: current }) },
          ]}
        />
      )}
      <Differences revision={revision} against={against === 'current' && !inForce ? current : undefined} />
    </Card>
  );
}

function Differences({
  revision,
  against,
}: {
  readonly revision: number;
  readonly against: number | undefined;
}) {
  const path = `/api/v1/settings/history/${revision}/differences`;
  const query = useQuery<SettingsDifferences>(against === undefined ? path : `${path}?against=${against}`);
  return (
    <Loaded query={query} lines={4}>
      {({ differences }) => (
        <DataTable
          caption={t('document.differences')}
          rows={differences}
          rowKey={(row) => row.path}
          empty={<EmptyState title={t('document.same')} />}
          columns={[
            { key: 'path', head: t('document.setting'), cell: (row) => <code>{row.path}</code> },
            {
              key: 'before',
              head: t('document.before'),
              cell: ({ before }) => <Value text={before} tone="old" />,
            },
            {
              key: 'after',
              head: t('document.after'),
              cell: ({ after }) => <Value text={after} tone="new" />,
            },
          ]}
        />
      )}
    </Loaded>
  );
}

function Value({ text, tone }: { readonly text: string | undefined; readonly tone: 'old' | 'new' }) {
  if (text === undefined) return <span class="muted">{t('document.absent')}</span>;
  return <span class={`difference ${tone}`}>{text}</span>;
}

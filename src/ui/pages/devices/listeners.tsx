/** Addresses and ports on which devices reach Postern. */
import type { Listeners as Answer } from '../../../admin/contract-overview.ts';
import { Card } from '../../components/card.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { useQuery } from '../../use-query.ts';
import { t } from '../../words/words.ts';
import { Add } from './clients.tsx';
import { entryLink } from './seen.tsx';

type Listener = Answer['listeners'][number];

export function Listeners() {
  const query = useQuery<Answer>('/api/v1/listeners', { topics: ['settings', 'devices'] });
  return (
    <Card
      title={t('devices.section-listeners')}
      actions={<Add kind="listener" label={t('devices.addListener')} />}
    >
      <p class="card-lead">{t('devices.listenersLead')}</p>
      <Loaded query={query}>
        {({ listeners }) => (
          <DataTable
            caption={t('devices.section-listeners')}
            columns={columns()}
            rows={listeners}
            rowKey={({ name }) => name}
          />
        )}
      </Loaded>
    </Card>
  );
}

function columns(): readonly Column<Listener>[] {
  return [
    {
      key: 'name',
      head: t('devices.name'),
      cell: ({ name }) => <a href={entryLink('listeners', name)}>{name}</a>,
    },
    {
      key: 'address',
      head: t('devices.address'),
      cell: ({ address, port }) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`),
    },
    {
      key: 'encryption',
      head: t('devices.encryption'),
      cell: ({ security }) => t(`devices.security-${security}`),
    },
    {
      key: 'signingIn',
      head: t('devices.signingIn'),
      cell: ({ authentication }) => t(`devices.signIn-${authentication}`),
    },
    {
      key: 'state',
      head: t('devices.state'),
      cell: ({ open, failure }) => (
        <>
          {open ? (
            <StateBadge tone="good">{t('devices.isOpen')}</StateBadge>
          ) : (
            <StateBadge tone="bad">{t('devices.isClosed')}</StateBadge>
          )}
          {failure !== undefined && <small class="beneath">{failure}</small>}
        </>
      ),
    },
  ];
}

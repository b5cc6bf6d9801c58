/** Devices that have sent, the latest first. */
import type { Device } from '../../../admin/contract-overview.ts';
import { Card } from '../../components/card.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useQuery } from '../../use-query.ts';
import { number, t } from '../../words/words.ts';

export function Seen() {
  const query = useQuery<{ readonly devices: readonly Device[] }>('/api/v1/devices?limit=500', {
    topics: ['devices', 'messages'],
  });
  return (
    <Card title={t('devices.seen')}>
      <Loaded query={query} lines={6}>
        {({ devices }) => (
          <DataTable
            caption={t('devices.seen')}
            columns={columns()}
            rows={devices}
            most={50}
            rowKey={({ address, client }) => `${address} ${client}`}
            empty={<EmptyState title={t('devices.seenNone')}>{t('devices.seenNoneHow')}</EmptyState>}
          />
        )}
      </Loaded>
    </Card>
  );
}

function columns(): readonly Column<Device>[] {
  return [
    {
      key: 'device',
      head: t('devices.device'),
      cell: ({ address, greeting, listener, tls }) => (
        <>
          <span class="device-address">{address}</span>
          <small class="beneath">
            {greeting}
            {greeting === '' ? '' : ' · '}
            {t('devices.on', { listener })} ·{' '}
            {tls === undefined ? t('devices.inClear') : tls.split(' ', 1)[0]}
          </small>
        </>
      ),
    },
    {
      key: 'client',
      head: t('devices.countsAs'),
      cell: ({ client, user }) => (
        <a href={entryLink(user === undefined ? 'clients' : 'users', client)}>{client}</a>
      ),
    },
    {
      key: 'last',
      head: t('devices.lastMail'),
      cell: ({ lastMessage, lastSeen }) => (
        <a href={`/messages/${lastMessage}`}>
          <TimeText at={lastSeen} />
        </a>
      ),
    },
    {
      key: 'sender',
      head: t('devices.lastSender'),
      cell: ({ lastSender }) => (lastSender === '' ? '<>' : lastSender),
    },
    {
      key: 'messages',
      head: t('devices.messages'),
      number: true,
      cell: ({ address, messages }) => (
        <a href={`/messages?device=${encodeURIComponent(address)}`}>
          {number(messages)}
          <span class="hidden"> {t('devices.allMail', { address })}</span>
        </a>
      ),
    },
  ];
}

/** The form of a client, user or listener. */
export function entryLink(kind: 'clients' | 'users' | 'listeners', name: string): string {
  return `/devices/${kind}/${encodeURIComponent(name)}`;
}

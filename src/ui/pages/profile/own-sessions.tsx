/** Where one is signed in. */
import type { OwnSession } from '../../../admin/contract-access.ts';
import { send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Card } from '../../components/card.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useAction } from '../../use-action.ts';
import type { Query } from '../../use-query.ts';
import { t } from '../../words/words.ts';
import { browserName } from './browser-name.ts';

export function OwnSessions({ query }: { readonly query: Query<{ sessions: readonly OwnSession[] }> }) {
  const { reload, data } = query;
  const endOthers = useAction(async (signal) => {
    const { ended } = await send<{ ended: number }>('DELETE', '/api/v1/sessions', undefined, { signal });
    reload();
    return t('profile.endedOthers', { count: ended });
  });
  const columns: readonly Column<OwnSession>[] = [
    {
      key: 'browser',
      head: t('profile.browser'),
      cell: ({ agent, current }) => (
        <>
          {nameOf(agent)} {current && <StateBadge tone="good">{t('profile.this')}</StateBadge>}
        </>
      ),
    },
    { key: 'address', head: t('profile.address'), cell: ({ address }) => <code>{address}</code> },
    { key: 'began', head: t('profile.began'), cell: ({ createdAt }) => <TimeText at={createdAt} /> },
    { key: 'seen', head: t('profile.seen'), cell: ({ seenAt }) => <TimeText at={seenAt} /> },
    {
      key: 'end',
      head: t('profile.end'),
      cell: (session) => (session.current ? null : <End session={session} onEnded={reload} />),
    },
  ];
  return (
    <Card title={t('profile.sessions')}>
      <p class="prose">{t('profile.sessionsLead')}</p>
      <Loaded query={query} lines={3}>
        {({ sessions }) => (
          <DataTable
            caption={t('profile.sessions')}
            columns={columns}
            rows={sessions}
            rowKey={({ id }) => id}
          />
        )}
      </Loaded>
      {(data?.sessions.length ?? 0) > 1 && (
        <ConfirmButton
          action={endOthers}
          question={t('profile.endOthersAsk')}
          confirm={t('profile.endOthers')}
        >
          {t('profile.endOthers')}
        </ConfirmButton>
      )}
    </Card>
  );
}

function End({ session, onEnded }: { readonly session: OwnSession; readonly onEnded: () => void }) {
  const { id, agent, address } = session;
  const end = useAction(async (signal) => {
    await send('DELETE', `/api/v1/sessions/${encodeURIComponent(id)}`, undefined, { signal });
    onEnded();
    return t('profile.ended');
  });
  return (
    <ActionButton action={end} look="quiet">
      {t('profile.end')}
      <span class="hidden">: {t('profile.endOf', { browser: nameOf(agent), address })}</span>
    </ActionButton>
  );
}

function nameOf(agent: string): string {
  const { browser, system } = browserName(agent);
  if (browser === undefined) return t('profile.unknownBrowser');
  return system === undefined ? browser : t('profile.browserOn', { browser, system });
}

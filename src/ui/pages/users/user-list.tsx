/** Users as a table; each is changed in a dialog. */
import { useState } from 'preact/hooks';
import type { User } from '../../../admin/contract-access.ts';
import { Card } from '../../components/card.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useSession } from '../../session.ts';
import { useQuery } from '../../use-query.ts';
import { t } from '../../words/words.ts';
import { AddUser } from './add-user.tsx';
import { ChangeUser } from './change-user.tsx';

export function UserList() {
  const query = useQuery<{ users: readonly User[] }>('/api/v1/users', { topics: ['access'] });
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<string>();
  const [said, setSaid] = useState('');
  const own = useSession()?.user.id;
  const user = query.data?.users.find(({ id }) => id === changing);
  const close = (text = '') => {
    setAdding(false);
    setChanging(undefined);
    setSaid(text);
    query.reload();
  };
  return (
    <Card
      title={t('users.section-users')}
      actions={
        <button type="button" onClick={() => setAdding(true)}>
          {t('users.add')}
        </button>
      }
    >
      <p role="status">{said}</p>
      <Loaded query={query} lines={5}>
        {({ users }) => (
          <DataTable
            caption={t('users.section-users')}
            columns={columns(own, setChanging)}
            rows={users}
            rowKey={({ id }) => id}
          />
        )}
      </Loaded>
      {adding && <AddUser onClose={close} />}
      {user !== undefined && <ChangeUser user={user} own={user.id === own} onClose={close} />}
    </Card>
  );
}

function columns(own: string | undefined, change: (id: string) => void): readonly Column<User>[] {
  return [
    {
      key: 'name',
      head: t('users.name'),
      cell: ({ id, name, email }) => (
        <>
          {name} {id === own && <StateBadge tone="info">{t('users.you')}</StateBadge>}
          {email !== undefined && <small class="below">{email}</small>}
        </>
      ),
    },
    { key: 'role', head: t('users.role'), cell: ({ role }) => t(`common.role-${role}`) },
    {
      key: 'factor',
      head: t('users.secondFactor'),
      cell: ({ secondFactor }) => (secondFactor ? t('users.on') : t('users.off')),
    },
    {
      key: 'seen',
      head: t('users.lastSignIn'),
      cell: ({ lastSignInAt }) =>
        lastSignInAt === undefined ? t('users.never') : <TimeText at={lastSignInAt} />,
    },
    { key: 'state', head: t('users.state'), cell: (user) => <UserState user={user} /> },
    {
      key: 'change',
      head: t('users.change'),
      cell: ({ id, name }) => (
        <button type="button" class="quiet" onClick={() => change(id)} title={t('users.changeOf', { name })}>
          {t('users.change')}
          <span class="hidden">: {name}</span>
        </button>
      ),
    },
  ];
}

function UserState({ user }: { readonly user: User }) {
  if (user.disabled) return <StateBadge tone="paused">{t('users.state-disabled')}</StateBadge>;
  if (user.mustChangePassword) {
    return <StateBadge tone="waiting">{t('users.state-new-password')}</StateBadge>;
  }
  return <StateBadge tone="good">{t('users.state-active')}</StateBadge>;
}

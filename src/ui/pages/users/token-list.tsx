/** API tokens as a table, with what each may do. */
import { useState } from 'preact/hooks';
import type { ApiToken, TokensAnswer } from '../../../admin/contract-access.ts';
import { send } from '../../api.ts';
import { Card } from '../../components/card.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useAction } from '../../use-action.ts';
import { useQuery } from '../../use-query.ts';
import { rich, t } from '../../words/words.ts';
import { NewToken } from './new-token.tsx';
import { SCOPE_WORDS } from './scope-words.ts';

/** Where the API is described. */
const DESCRIPTION = '/api/v1/openapi.json';

export function TokenList() {
  const query = useQuery<TokensAnswer>('/api/v1/tokens', { topics: ['access'] });
  const [making, setMaking] = useState(false);
  const [said, setSaid] = useState('');
  const close = () => {
    setMaking(false);
    query.reload();
  };
  const revoked = (name: string) => {
    setSaid(t('users.revoked', { name }));
    query.reload();
  };
  const empty = (
    <EmptyState title={t('users.noTokens')}>
      {rich('users.noTokensHow', { address: <a href={DESCRIPTION}>{DESCRIPTION}</a> })}
    </EmptyState>
  );
  return (
    <Card
      title={t('users.section-tokens')}
      actions={
        <button type="button" onClick={() => setMaking(true)}>
          {t('users.newToken')}
        </button>
      }
    >
      <p role="status">{said}</p>
      <Loaded query={query} lines={5}>
        {({ tokens }) => (
          <DataTable
            caption={t('users.section-tokens')}
            columns={columns(revoked)}
            rows={tokens}
            rowKey={({ id }) => id}
            empty={empty}
          />
        )}
      </Loaded>
      {making && <NewToken scopes={query.data?.scopes.map(({ name }) => name) ?? []} onClose={close} />}
    </Card>
  );
}

function columns(onRevoked: (name: string) => void): readonly Column<ApiToken>[] {
  return [
    { key: 'name', head: t('users.name'), cell: ({ name }) => name },
    {
      key: 'scopes',
      head: t('users.scopes'),
      cell: ({ scopes }) => (
        <Disclosure summary={t('users.scopesCount', { count: scopes.length })}>
          <ul>
            {scopes.map((scope) => (
              <li key={scope}>{t(SCOPE_WORDS[scope])}</li>
            ))}
          </ul>
        </Disclosure>
      ),
    },
    {
      key: 'made',
      head: t('users.made'),
      cell: ({ createdAt, createdBy }) => (
        <>
          <TimeText at={createdAt} />
          <small class="below">{t('users.madeBy', { name: createdBy })}</small>
        </>
      ),
    },
    {
      key: 'used',
      head: t('users.lastUsed'),
      cell: ({ usedAt }) => (usedAt === undefined ? t('users.never') : <TimeText at={usedAt} />),
    },
    {
      key: 'ends',
      head: t('users.ends'),
      cell: ({ expiresAt }) => (expiresAt === undefined ? t('users.never') : <TimeText at={expiresAt} />),
    },
    {
      key: 'revoke',
      head: t('users.revoke'),
      cell: (token) => <Revoke token={token} onRevoked={onRevoked} />,
    },
  ];
}

function Revoke(props: { readonly token: ApiToken; readonly onRevoked: (name: string) => void }) {
  const { id, name } = props.token;
  const revoke = useAction(async (signal) => {
    await send('DELETE', `/api/v1/tokens/${encodeURIComponent(id)}`, undefined, { signal });
    props.onRevoked(name);
  });
  return (
    <ConfirmButton
      action={revoke}
      look="quiet"
      question={t('users.revokeAsk', { name })}
      confirm={t('users.revoke')}
    >
      {t('users.revoke')}
      <span class="hidden">: {name}</span>
    </ConfirmButton>
  );
}

/** Who may sign in, and which programs use the API. */
import { useLocation } from 'preact-iso';
import { Page } from '../components/page.tsx';
import { SectionNav } from '../components/section-nav.tsx';
import { t } from '../words/words.ts';
import { TokenList } from './users/token-list.tsx';
import { UserList } from './users/user-list.tsx';

export function UsersPage() {
  const { path } = useLocation();
  return (
    <Page title={t('users.title')} lead={t('users.lead')}>
      <SectionNav
        label={t('users.sections')}
        sections={[
          { href: '/users', label: t('users.section-users') },
          { href: '/users/tokens', label: t('users.section-tokens') },
        ]}
      />
      {path === '/users/tokens' ? <TokenList /> : <UserList />}
    </Page>
  );
}

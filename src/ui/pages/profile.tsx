/** What people do with their own way in. */
import type { OwnSession } from '../../admin/contract-access.ts';
import { Card } from '../components/card.tsx';
import { Page } from '../components/page.tsx';
import { useSession } from '../session.ts';
import { useQuery } from '../use-query.ts';
import { t } from '../words/words.ts';
import { OwnSessions } from './profile/own-sessions.tsx';
import { PasswordForm } from './profile/password-form.tsx';
import { SecondFactor } from './profile/second-factor.tsx';

export function ProfilePage() {
  const session = useSession();
  const sessions = useQuery<{ sessions: readonly OwnSession[] }>('/api/v1/sessions');
  if (session === undefined) return null;
  const { name, role } = session.user;
  return (
    <Page title={t('profile.title')} lead={t('profile.lead', { name, role: t(`common.role-${role}`) })}>
      <Card title={t('profile.password')}>
        <p class="prose">{t('profile.passwordLead')}</p>
        <PasswordForm onChanged={sessions.reload} />
      </Card>
      <SecondFactor onChanged={sessions.reload} />
      <OwnSessions query={sessions} />
    </Page>
  );
}

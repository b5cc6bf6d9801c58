/** Is mail flowing, and what needs attention? */
import type { Overview } from '../../admin/contract-overview.ts';
import { Loaded } from '../components/loaded.tsx';
import { Page } from '../components/page.tsx';
import { useQuery } from '../use-query.ts';
import { t } from '../words/words.ts';

export function OverviewPage() {
  const query = useQuery<Overview>('/api/v1/overview', {
    topics: ['messages', 'upstreams', 'settings', 'alerts', 'authorizations', 'certificates', 'devices'],
  });
  return (
    <Page title={t('overview.title')}>
      <Loaded query={query}>{({ hostname }) => <p>{hostname}</p>}</Loaded>
    </Page>
  );
}

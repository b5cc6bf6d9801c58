/** Is mail flowing, and what needs attention? */
import type { Overview } from '../../admin/contract-overview.ts';
import { Loaded } from '../components/loaded.tsx';
import { Page } from '../components/page.tsx';
import { useQuery } from '../use-query.ts';
import { t } from '../words/words.ts';
import { Attention } from './overview/attention.tsx';
import { FirstSteps } from './overview/first-steps.tsx';
import { QueueCard } from './overview/queue-card.tsx';
import { TrafficCard } from './overview/traffic-card.tsx';
import { UpstreamList } from './overview/upstream-list.tsx';
import { Verdict } from './overview/verdict.tsx';

export function OverviewPage() {
  const query = useQuery<Overview>('/api/v1/overview', {
    topics: ['messages', 'upstreams', 'settings', 'alerts', 'authorizations', 'certificates', 'devices'],
  });
  return (
    <Page title={t('overview.title')}>
      <Loaded query={query} lines={8}>
        {(overview) => (
          <>
            <Verdict overview={overview} />
            <FirstSteps overview={overview} />
            <Attention overview={overview} />
            <UpstreamList overview={overview} />
            <div class="pair">
              <TrafficCard span="hour" />
              <TrafficCard span="day" />
            </div>
            <QueueCard overview={overview} />
            <p class="colophon">
              {t('overview.colophon', { version: overview.version, hostname: overview.hostname })}
            </p>
          </>
        )}
      </Loaded>
    </Page>
  );
}

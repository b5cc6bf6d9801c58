/** One sentence: is mail flowing? And one more that says how one knows. */
import type { Overview } from '../../../admin/contract-overview.ts';
import { Icon, type IconName } from '../../components/icon.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { rich, t } from '../../words/words.ts';

const LOOKS: Readonly<Record<Overview['state'], readonly [tone: string, icon: IconName]>> = {
  flowing: ['good', 'good'],
  idle: ['neutral', 'info'],
  'test-relay': ['warning', 'paused'],
  delayed: ['warning', 'warning'],
  stopped: ['bad', 'bad'],
  'not-accepting': ['bad', 'bad'],
};

export function Verdict({ overview }: { readonly overview: Overview }) {
  const { state } = overview;
  const [tone, icon] = LOOKS[state];
  return (
    <section class={`verdict ${tone}`} aria-label={t('overview.flowing?')}>
      <Icon name={icon} />
      <div>
        <p class="verdict-sentence" role="status">
          {t(`overview.state-${state}`)}
        </p>
        <p class="verdict-more">
          <Last overview={overview} /> {t(`overview.state-${state}-more`)}
        </p>
      </div>
    </section>
  );
}

function Last({ overview: { lastAcceptedAt, lastDeliveredAt } }: { readonly overview: Overview }) {
  if (lastAcceptedAt === undefined) return <>{t('overview.never')}</>;
  const accepted = <TimeText at={lastAcceptedAt} />;
  if (lastDeliveredAt === undefined) return <>{rich('overview.lastAccepted', { accepted })}</>;
  return <>{rich('overview.last', { accepted, delivered: <TimeText at={lastDeliveredAt} /> })}</>;
}

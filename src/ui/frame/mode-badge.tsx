/** Whether mail leaves, always in sight: nobody shall take a test relay for a live one, or the other way round. */
import type { Overview } from '../../admin/contract-overview.ts';
import { StateBadge, type Tone } from '../components/state-badge.tsx';
import { useQuery } from '../use-query.ts';
import { t } from '../words/words.ts';

const TONES: Readonly<Record<Overview['mode'], Tone>> = {
  live: 'good',
  'test-relay': 'paused',
  mixed: 'warning',
};

export function ModeBadge() {
  const { data } = useQuery<Overview>('/api/v1/overview', { topics: ['settings'] });
  if (data === undefined) return <span class="badge neutral mode" aria-hidden="true" />;
  const { mode } = data;
  return (
    <a class="mode" href="/" title={t(`shell.mode-${mode}-why`)}>
      <StateBadge tone={TONES[mode]}>{t(`shell.mode-${mode}`)}</StateBadge>
    </a>
  );
}

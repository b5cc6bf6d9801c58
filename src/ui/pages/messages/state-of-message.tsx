/** A message's state as a badge. */
import { StateBadge, type Tone } from '../../components/state-badge.tsx';
import { t } from '../../words/words.ts';
import type { State } from './filters.ts';

const TONES: Readonly<Record<State, Tone>> = {
  queued: 'waiting',
  held: 'paused',
  delivered: 'good',
  failed: 'bad',
  deleted: 'neutral',
};

export function StateOfMessage({ state }: { readonly state: State }) {
  return <StateBadge tone={TONES[state]}>{t(`messages.state-${state}`)}</StateBadge>;
}

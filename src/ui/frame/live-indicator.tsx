/** Whether what is shown keeps up by itself. */
import { liveState } from '../live.ts';
import { useStore } from '../store.ts';
import { t } from '../words/words.ts';

export function LiveIndicator() {
  const state = useStore(liveState);
  return (
    <span class={`live ${state}`} role="status" title={t(`shell.${state}-why`)}>
      <span class="dot" aria-hidden="true" />
      <span class="live-text">{t(`shell.${state}`)}</span>
    </span>
  );
}

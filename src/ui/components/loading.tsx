/** Holds the room of what will come. */
import { t } from '../words/words.ts';

export function Loading({ lines = 3 }: { readonly lines?: number }) {
  return (
    <div class="loading" aria-busy="true">
      <span class="hidden">{t('common.loading')}</span>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} class="loading-line" aria-hidden="true" />
      ))}
    </div>
  );
}

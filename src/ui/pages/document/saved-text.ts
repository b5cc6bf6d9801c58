/** How a saving ended, in a sentence. */
import type { Saved } from '../../../admin/contract-configuration.ts';
import { t } from '../../words/words.ts';

export function savedText({ revision, test }: Saved): string {
  const saved = t('document.saved', { revision });
  if (test === undefined) return saved;
  return `${saved} ${'why' in test ? test.why : t('document.tested', { to: test.to.join(', ') })}`;
}

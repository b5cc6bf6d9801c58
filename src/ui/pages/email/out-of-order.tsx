/** Why an upstream takes no mail for now, and what helps. */
import type { TestedUpstream } from '../../../admin/contract-configuration.ts';
import { Notice } from '../../components/notice.tsx';
import { t } from '../../words/words.ts';

/** `named`: the state in a word in front, where it does not stand beside it. */
export function OutOfOrder(props: { readonly status: TestedUpstream | undefined; readonly named?: boolean }) {
  const { status, named = false } = props;
  if (status?.circuit !== 'open' || status.text === undefined) return null;
  const { text, remedy } = status;
  return named ? (
    <Notice kind="warning" title={t('email.circuit-open')} remedy={remedy}>
      {text}
    </Notice>
  ) : (
    <Notice kind="warning" title={text} remedy={remedy} />
  );
}

/** Whether the provider lets us in: the consent behind an upstream. */
import type { Overview } from '../../../admin/contract-overview.ts';
import { StateBadge, type Tone } from '../../components/state-badge.tsx';
import { isApplication } from '../../needs-sign-in.ts';
import { t } from '../../words/words.ts';

type Authorization = NonNullable<Overview['upstreams'][number]['authorization']>;

const TONES: Readonly<Record<Authorization['state'], Tone>> = {
  authorized: 'good',
  failing: 'warning',
  none: 'bad',
  void: 'bad',
  stale: 'bad',
};

/** Its state in a word; who signed in, where somebody has. */
export function AuthorizationBadge({ authorization }: { readonly authorization: Authorization }) {
  const { state, account, text } = authorization;
  if (state === 'none' && isApplication(authorization)) {
    return <span class="muted">{t('overview.byItself')}</span>;
  }
  return (
    <StateBadge tone={TONES[state]} {...(text === undefined ? {} : { title: text })}>
      {state === 'authorized' && account !== undefined
        ? t('overview.authorizedAs', { account })
        : t(`overview.authorization-${state}`)}
    </StateBadge>
  );
}

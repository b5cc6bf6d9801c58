/** Tries an upstream that is out of order again, without waiting for the next time. */
import { send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';

export function ProbeButton({ name }: { readonly name: string }) {
  const probe = useAction(async (signal) => {
    await send('POST', `/api/v1/upstreams/${encodeURIComponent(name)}/probe`, undefined, { signal });
    return t('overview.probing');
  });
  return (
    <ActionButton action={probe} needs="upstreams.verify">
      {t('overview.probe')}
    </ActionButton>
  );
}

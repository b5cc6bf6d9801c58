/** Why nothing can be changed here, where that is so. */
import type { SettingsAnswer } from '../../../admin/contract-settings.ts';
import { Notice } from '../../components/notice.tsx';
import { useMay } from '../../session.ts';
import { t } from '../../words/words.ts';

export function LockedNotice({ settings }: { readonly settings: SettingsAnswer }) {
  const may = useMay('settings.write');
  if (settings.locked) {
    return (
      <Notice
        kind="info"
        title={t('email.locked')}
        remedy={t('email.lockedHow', { file: settings.source })}
      />
    );
  }
  return may ? null : <Notice kind="info" title={t('email.readOnly')} />;
}

/** What was saved on the page before, once. */
import { useEffect } from 'preact/hooks';
import { FaultList } from '../../components/faults.tsx';
import { Notice } from '../../components/notice.tsx';
import { useStore } from '../../store.ts';
import { t } from '../../words/words.ts';
import { saidStore } from './settings.ts';

export function Said() {
  const said = useStore(saidStore);
  useEffect(() => () => saidStore.set(undefined), []);
  return (
    <div role="status" class="said">
      {said !== undefined && (
        <Notice kind={said.warnings.length === 0 ? 'success' : 'warning'} title={said.text}>
          {said.warnings.length > 0 && <p>{t('devices.warnings')}</p>}
          <FaultList faults={said.warnings} />
        </Notice>
      )}
    </div>
  );
}

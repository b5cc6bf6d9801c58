/** Somebody else has changed the same thing: what it was, and whose shall stand. */
import { useState } from 'preact/hooks';
import type { SettingsDifferences } from '../../../admin/contract-configuration.ts';
import { Loaded } from '../../components/loaded.tsx';
import { Notice } from '../../components/notice.tsx';
import { useQuery } from '../../use-query.ts';
import { t } from '../../words/words.ts';

export function ConflictNotice(props: {
  readonly from: number;
  readonly to: number;
  readonly keep: () => void;
  readonly discard: () => void;
}) {
  const { from, to, keep, discard } = props;
  const [shown, setShown] = useState(false);
  const found = useQuery<SettingsDifferences>(
    shown ? `/api/v1/settings/history/${to}/differences?against=${from}` : undefined,
  );
  return (
    <Notice
      kind="warning"
      title={t('email.conflict')}
      actions={
        <>
          {!shown && (
            <button type="button" class="quiet" onClick={() => setShown(true)}>
              {t('email.showChanges')}
            </button>
          )}
          <button type="button" class="quiet" onClick={keep}>
            {t('email.keepMine')}
          </button>
          <button type="button" class="quiet" onClick={discard}>
            {t('email.takeTheirs')}
          </button>
        </>
      }
    >
      {shown && (
        <Loaded query={found}>
          {({ differences }) => (
            <ul>
              {differences.map(({ path, before, after }) => (
                <li key={path}>
                  <code>{path}</code> {before ?? '–'} → {after ?? '–'}
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      )}
    </Notice>
  );
}

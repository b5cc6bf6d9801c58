/** Somebody else has changed the settings while a text was being edited: who and what, and the two ways out. */
import type { History } from '../../../admin/contract-settings.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { Notice } from '../../components/notice.tsx';
import { TimeText } from '../../components/time-text.tsx';
import type { Action } from '../../use-action.ts';
import { useQuery } from '../../use-query.ts';
import { rich, t } from '../../words/words.ts';

export function Conflict(props: {
  /** The one in force. */
  readonly revision: number;
  readonly replace: Action;
  readonly discard: Action;
}) {
  const { revision, replace, discard } = props;
  const { data } = useQuery<History>('/api/v1/settings/history?limit=1', { topics: ['settings'] });
  const latest = data?.revisions[0];
  return (
    <Notice
      kind="warning"
      title={t('document.conflict')}
      actions={
        <>
          <a class="button" href={`/settings/history/${revision}`}>
            {t('document.seeChange')}
          </a>
          <ConfirmButton
            action={replace}
            question={t('document.replaceQuestion', { revision })}
            confirm={t('document.replace')}
            needs="settings.write"
          >
            {t('document.replace')}
          </ConfirmButton>
          <ConfirmButton
            action={discard}
            question={t('document.discardQuestion')}
            confirm={t('document.discard')}
          >
            {t('document.discard')}
          </ConfirmButton>
        </>
      }
    >
      {latest !== undefined &&
        rich('document.conflictBy', {
          revision: latest.revision,
          by: <b>{latest.by}</b>,
          time: <TimeText at={latest.at} />,
          summary: latest.summary,
        })}{' '}
      {t('document.conflictWays')}
    </Notice>
  );
}

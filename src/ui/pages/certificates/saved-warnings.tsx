/** What is odd about a certificate that was taken all the same. */
import { Dialog } from '../../components/dialog.tsx';
import { Notice } from '../../components/notice.tsx';
import { t } from '../../words/words.ts';

export function SavedWarnings(props: {
  readonly title: string;
  readonly warnings: readonly string[];
  readonly onClose: () => void;
}) {
  const { title, warnings, onClose } = props;
  const done = (
    <button type="button" onClick={onClose}>
      {t('certificates.done')}
    </button>
  );
  return (
    <Dialog title={title} onClose={onClose} actions={done}>
      <Notice kind="warning" title={t('certificates.savedWarnings')}>
        <ul>
          {warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      </Notice>
    </Dialog>
  );
}

/** What Postern trusts, and files that it cannot use. */
import { useState } from 'preact/hooks';
import type { TrustAnchorAnswer, TrustAnchorsAnswer } from '../../../admin/contract-certificates.ts';
import { send } from '../../api.ts';
import { Card } from '../../components/card.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Notice } from '../../components/notice.tsx';
import { useAction } from '../../use-action.ts';
import { useQuery } from '../../use-query.ts';
import { t } from '../../words/words.ts';
import { CertificateFacts } from './certificate-facts.tsx';
import { CertificateName } from './certificate-name.tsx';
import { Validity } from './validity.tsx';

export function TrustedList() {
  const query = useQuery<TrustAnchorsAnswer>('/api/v1/trust-anchors', { topics: ['certificates'] });
  const [said, setSaid] = useState('');
  const [shown, setShown] = useState<TrustAnchorAnswer>();
  const removed = (words: string) => {
    setSaid(words);
    query.reload();
  };
  return (
    <Card title={t('certificates.trusted')}>
      <p class="card-lead">{t('certificates.trustedLead')}</p>
      <p role="status" class="answer">
        {said}
      </p>
      <Loaded query={query} lines={4}>
        {({ trustAnchors, unusable }) => (
          <>
            <DataTable
              caption={t('certificates.trusted')}
              columns={columns(removed, setShown)}
              rows={trustAnchors}
              rowKey={({ id }) => id}
              empty={
                <EmptyState title={t('certificates.trustedNone')}>
                  {t('certificates.trustedNoneHow')}
                </EmptyState>
              }
            />
            {unusable.length > 0 && (
              <Notice kind="warning" title={t('certificates.unusable')}>
                <ul class="unusable">
                  {unusable.map(({ file, reason, remedy }) => (
                    <li key={file}>
                      <code>{file}</code>: {reason}
                      {remedy !== undefined && <span class="beneath">{remedy}</span>}
                    </li>
                  ))}
                </ul>
              </Notice>
            )}
          </>
        )}
      </Loaded>
      {shown !== undefined && (
        <Dialog
          title={t('certificates.detailsOf', { name: shown.name })}
          onClose={() => setShown(undefined)}
          wide
        >
          <CertificateFacts certificate={shown} />
        </Dialog>
      )}
    </Card>
  );
}

function columns(
  onRemoved: (said: string) => void,
  onDetails: (anchor: TrustAnchorAnswer) => void,
): readonly Column<TrustAnchorAnswer>[] {
  return [
    {
      key: 'certificate',
      head: t('certificates.certificate'),
      cell: (anchor) => (
        <>
          <CertificateName certificate={anchor} />
        </>
      ),
    },
    {
      key: 'for',
      head: t('certificates.trustedFor'),
      cell: ({ host, kind }) =>
        host === undefined
          ? t(kind === 'authority' ? 'certificates.anyHost' : 'certificates.anyHostNamed')
          : t('certificates.onlyHost', { host }),
    },
    { key: 'until', head: t('certificates.validity'), cell: (anchor) => <Validity {...anchor} /> },
    { key: 'file', head: t('certificates.file'), cell: ({ file }) => <code class="file-name">{file}</code> },
    {
      key: 'actions',
      head: t('certificates.actions'),
      cell: (anchor) => (
        <div class="buttons">
          <button type="button" class="quiet" onClick={() => onDetails(anchor)}>
            {t('certificates.details')}
            <span class="hidden"> {anchor.name}</span>
          </button>
          <RemoveButton anchor={anchor} onRemoved={onRemoved} />
        </div>
      ),
    },
  ];
}

function RemoveButton(props: {
  readonly anchor: TrustAnchorAnswer;
  readonly onRemoved: (said: string) => void;
}) {
  const { anchor, onRemoved } = props;
  const { id, name, fixed, file } = anchor;
  const remove = useAction(async (signal) => {
    await send('DELETE', `/api/v1/trust-anchors/${encodeURIComponent(id)}`, undefined, { signal });
    onRemoved(t('certificates.removed', { name }));
  });
  return (
    <ConfirmButton
      action={remove}
      look="quiet"
      needs="certificates.write"
      disabled={fixed && t('certificates.fixed', { file })}
      question={t('certificates.removeQuestion', { name })}
      confirm={t('certificates.removeConfirm')}
    >
      {t('certificates.remove')}
      <span class="hidden"> {name}</span>
    </ConfirmButton>
  );
}

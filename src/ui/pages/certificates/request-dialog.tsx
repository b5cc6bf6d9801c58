/** A request for an authority, to copy or to take along as a file. */
import { useEffect, useState } from 'preact/hooks';
import { send } from '../../api.ts';
import { CodeBlock } from '../../components/code-block.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { Loading } from '../../components/loading.tsx';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';

export function RequestDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const [request, setRequest] = useState<string>();
  const write = useAction(async (signal) => {
    const path = `/api/v1/server-certificates/${encodeURIComponent(name)}/request`;
    setRequest((await send<{ readonly request: string }>('POST', path, undefined, { signal })).request);
  });
  const copy = useAction(async () => {
    await navigator.clipboard.writeText(request ?? '');
    return t('common.copied');
  });
  useEffect(() => void write.run(), []);
  return (
    <Dialog title={t('certificates.requestTitle', { name })} onClose={onClose} wide>
      <p>{t('certificates.requestLead')}</p>
      {write.error !== undefined && <ErrorNotice error={write.error} />}
      {request === undefined && write.error === undefined && <Loading lines={8} />}
      {request !== undefined && (
        <>
          <CodeBlock text={request} label={t('certificates.requestText')} />
          <div class="buttons">
            <button type="button" class="main" onClick={() => download(`${name}.csr`, request)}>
              {t('certificates.download')}
            </button>
            <button type="button" onClick={() => void copy.run()}>
              {t('common.copy', { what: t('certificates.copyRequest') })}
            </button>
            <span role="status" class="answer">
              {copy.answer}
              {copy.error !== undefined && t('common.copyYourself')}
            </span>
          </div>
        </>
      )}
    </Dialog>
  );
}

function download(file: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/pkcs10' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = file;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 1000);
}

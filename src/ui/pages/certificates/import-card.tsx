/** Trusts the certificates of a file or of pasted text. */
import { useState } from 'preact/hooks';
import type { ImportedAnswer } from '../../../admin/contract-certificates.ts';
import { send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Card } from '../../components/card.tsx';
import { Form } from '../../components/form.tsx';
import { TextField } from '../../components/text-field.tsx';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';
import { FileDrop } from './file-drop.tsx';
import { uploaded } from './uploaded.ts';

export function ImportCard() {
  const [file, setFile] = useState<File>();
  const [text, setText] = useState('');
  const [host, setHost] = useState('');
  const [round, setRound] = useState(0);
  const save = useAction(async (signal) => {
    const certificate = file === undefined ? text : await uploaded(file);
    if (certificate === undefined) throw new Error(t('certificates.tooLarge', { file: file?.name ?? '' }));
    const name = file?.name.replaceAll(/[^\w.-]+/g, '-').slice(0, 64);
    const body = {
      certificate,
      ...(name === undefined || name === '' ? {} : { name }),
      ...(host.trim() === '' ? {} : { host: host.trim() }),
    };
    const { imported } = await send<ImportedAnswer>('POST', '/api/v1/trust-anchors', body, { signal });
    setFile(undefined);
    setText('');
    setRound((before) => before + 1);
    const names = imported.map((one) => one.name).join(', ');
    return imported.every(({ known }) => known)
      ? t('certificates.importKnown', { names })
      : t('certificates.imported', { names });
  });
  return (
    <Card title={t('certificates.import')}>
      <p class="card-lead">{t('certificates.importLead')}</p>
      <Form action={save}>
        <FileDrop
          key={round}
          label={t('certificates.importFile')}
          hint={t('certificates.importDrop')}
          accept=".pem,.crt,.cer,.der,.p7b,.p7c,application/x-x509-ca-cert"
          file={file}
          onFile={(chosen) => {
            setFile(chosen);
            save.clear();
          }}
        />
        {file === undefined && (
          <TextField
            label={t('certificates.importPaste')}
            hint={t('certificates.importPasteHint')}
            path="certificate"
            value={text}
            onChange={(value) => {
              setText(value);
              save.clear();
            }}
            rows={4}
            code
          />
        )}
        <TextField
          label={t('certificates.importHost')}
          hint={t('certificates.importHostHint')}
          path="host"
          value={host}
          onChange={setHost}
          optional
        />
        <ActionButton
          action={save}
          needs="certificates.write"
          disabled={file === undefined && text.trim() === '' && t('certificates.importNothing')}
          submit
        >
          {t('certificates.importButton')}
        </ActionButton>
      </Form>
    </Card>
  );
}

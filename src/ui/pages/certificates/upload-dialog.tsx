/** Stores a certificate with its key, in place of another or under a new name. */
import { useState } from 'preact/hooks';
import type { SavedServerCertificate } from '../../../admin/contract-certificates.ts';
import { send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Form } from '../../components/form.tsx';
import { TextField } from '../../components/text-field.tsx';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';
import { FileDrop } from './file-drop.tsx';
import { SavedWarnings } from './saved-warnings.tsx';
import { uploaded } from './uploaded.ts';

export function UploadDialog(props: {
  /** The one that is replaced. */
  readonly name?: string;
  readonly onClose: (said?: string) => void;
}) {
  const { onClose } = props;
  const [name, setName] = useState(props.name ?? '');
  const [certificate, setCertificate] = useState<File>();
  const [key, setKey] = useState<File>();
  const [password, setPassword] = useState('');
  const [warnings, setWarnings] = useState<readonly string[]>();
  const title =
    props.name === undefined
      ? t('certificates.addTitle')
      : t('certificates.replaceTitle', { name: props.name });
  const save = useAction(async (signal) => {
    if (certificate === undefined) return;
    const body = {
      certificate: await textOf(certificate),
      ...(key === undefined ? {} : { key: await textOf(key) }),
      ...(password === '' ? {} : { password }),
    };
    const path = `/api/v1/server-certificates/${encodeURIComponent(name.trim())}`;
    const saved = await send<SavedServerCertificate>('PUT', path, body, { signal });
    if (saved.warnings.length === 0) onClose(t('certificates.saved', { name: name.trim() }));
    else setWarnings(saved.warnings);
  });
  const said = t('certificates.saved', { name: name.trim() });
  if (warnings !== undefined)
    return <SavedWarnings title={title} warnings={warnings} onClose={() => onClose(said)} />;
  const chosen = (set: (file: File | undefined) => void) => (file: File | undefined) => {
    set(file);
    save.clear();
  };
  return (
    <Dialog title={title} onClose={() => onClose()}>
      <Form action={save}>
        {props.name === undefined && (
          <TextField
            label={t('certificates.name')}
            hint={t('certificates.nameHint')}
            path="name"
            value={name}
            onChange={setName}
            maxLength={64}
            autofocus
            required
          />
        )}
        <FileDrop
          label={t('certificates.certificateFile')}
          hint={t('certificates.certificateFileHint')}
          accept=".pem,.crt,.cer,.der,.p7b,.p12,.pfx"
          file={certificate}
          onFile={chosen(setCertificate)}
        />
        <FileDrop
          label={t('certificates.keyFile')}
          hint={t('certificates.keyFileHint')}
          accept=".key,.pem,.der"
          file={key}
          onFile={chosen(setKey)}
          optional
        />
        <TextField
          label={t('certificates.password')}
          hint={t('certificates.passwordHint')}
          path="password"
          type="password"
          autocomplete="new-password"
          value={password}
          onChange={(value) => {
            setPassword(value);
            save.clear();
          }}
          optional
        />
        <ActionButton
          action={save}
          look="main"
          needs="certificates.write"
          disabled={certificate === undefined && t('certificates.saveNothing')}
          submit
        >
          {t('certificates.save')}
        </ActionButton>
      </Form>
    </Dialog>
  );
}

async function textOf(file: File): Promise<string> {
  const text = await uploaded(file);
  if (text === undefined) throw new Error(t('certificates.tooLarge', { file: file.name }));
  return text;
}

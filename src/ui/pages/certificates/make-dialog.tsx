/** Makes a key and a self-signed certificate. */
import { useState } from 'preact/hooks';
import type { SavedServerCertificate } from '../../../admin/contract-certificates.ts';
import { send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { CheckField } from '../../components/check-field.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Form } from '../../components/form.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { TextField } from '../../components/text-field.tsx';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';
import { SavedWarnings } from './saved-warnings.tsx';

export function MakeDialog(props: {
  /** Names that are taken. */
  readonly names: readonly string[];
  readonly onClose: (said?: string) => void;
}) {
  const { names, onClose } = props;
  const [name, setName] = useState('');
  const [hosts, setHosts] = useState('');
  const [kind, setKind] = useState<'ec' | 'rsa'>('ec');
  const [replace, setReplace] = useState(false);
  const [warnings, setWarnings] = useState<readonly string[]>();
  const taken = names.includes(name.trim());
  const said = t('certificates.made', { name: name.trim() });
  const make = useAction(async (signal) => {
    const body = {
      name: name.trim(),
      hosts: hosts.split(/[\s,;]+/).filter((host) => host !== ''),
      key: kind,
      ...(taken && replace ? { replace } : {}),
    };
    const made = await send<SavedServerCertificate>('POST', '/api/v1/server-certificates', body, { signal });
    if (made.warnings.length === 0) onClose(said);
    else setWarnings(made.warnings);
  });
  const title = t('certificates.makeTitle');
  if (warnings !== undefined)
    return <SavedWarnings title={title} warnings={warnings} onClose={() => onClose(said)} />;
  return (
    <Dialog title={title} onClose={() => onClose()}>
      <p>{t('certificates.makeLead')}</p>
      <Form action={make}>
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
        <TextField
          label={t('certificates.hosts')}
          hint={t('certificates.hostsHint')}
          path="hosts"
          value={hosts}
          onChange={setHosts}
          required
        />
        <SelectField
          label={t('certificates.keyKind')}
          path="key"
          value={kind}
          choices={[
            { value: 'ec', label: t('certificates.key-ec') },
            { value: 'rsa', label: t('certificates.key-rsa') },
          ]}
          onChange={setKind}
        />
        {taken && (
          <CheckField
            label={t('certificates.replaceToo')}
            path="replace"
            value={replace}
            onChange={setReplace}
          />
        )}
        <ActionButton action={make} look="main" needs="certificates.write" submit>
          {t('certificates.makeButton')}
        </ActionButton>
      </Form>
    </Dialog>
  );
}

/** Adds a user, and shows the password for their first sign-in. */
import { useState } from 'preact/hooks';
import type { Role } from '../../../access/permissions.ts';
import type { NewUserAnswer } from '../../../admin/contract-access.ts';
import { send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { CheckField } from '../../components/check-field.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Form } from '../../components/form.tsx';
import { TextField } from '../../components/text-field.tsx';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';
import { RoleField } from './role-field.tsx';
import { ShownOnce } from './shown-once.tsx';

export function AddUser({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [welcome, setWelcome] = useState(true);
  const [added, setAdded] = useState<NewUserAnswer>();
  const hasAddress = email.trim() !== '';
  const add = useAction(async (signal) => {
    const body = { name, role, ...(hasAddress ? { email: email.trim(), welcome } : {}) };
    setAdded(await send<NewUserAnswer>('POST', '/api/v1/users', body, { signal }));
  });
  if (added !== undefined) {
    return (
      <Dialog title={t('users.addTitle')} onClose={onClose} actions={<Done onClose={onClose} />}>
        <ShownOnce
          title={t('users.added', { name: added.user.name })}
          label={t('users.firstPassword')}
          secret={added.password ?? ''}
        >
          {t('users.shownOnce')}
        </ShownOnce>
        {hasAddress && welcome && <WelcomeSaid id={added.welcome} />}
      </Dialog>
    );
  }
  return (
    <Dialog title={t('users.addTitle')} onClose={onClose}>
      <Form action={add}>
        <TextField
          label={t('users.name')}
          hint={t('users.nameHint')}
          path="name"
          value={name}
          onChange={setName}
          maxLength={64}
          autofocus
          required
        />
        <TextField
          label={t('users.email')}
          hint={t('users.emailHint')}
          path="email"
          type="email"
          value={email}
          onChange={setEmail}
          optional
        />
        {hasAddress && (
          <CheckField
            label={t('users.welcome')}
            hint={t('users.welcomeHint')}
            path="welcome"
            value={welcome}
            onChange={setWelcome}
          />
        )}
        <RoleField value={role} onChange={setRole} />
        <ActionButton action={add} look="main" submit>
          {t('users.add')}
        </ActionButton>
      </Form>
    </Dialog>
  );
}

function WelcomeSaid({ id }: { readonly id: string | undefined }) {
  if (id === undefined) return <p>{t('users.welcomeFailed')}</p>;
  return (
    <p>
      {t('users.welcomeQueued')} <a href={`/messages/${id}`}>{t('users.welcomeSee')}</a>
    </p>
  );
}

function Done({ onClose }: { readonly onClose: () => void }) {
  return (
    <button type="button" onClick={onClose}>
      {t('users.done')}
    </button>
  );
}

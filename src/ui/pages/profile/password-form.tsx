/** Changes one's own password. */
import { useState } from 'preact/hooks';
import type { Session } from '../../../admin/contract-access.ts';
import { send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Form } from '../../components/form.tsx';
import { NewPasswordField } from '../../components/new-password-field.tsx';
import { TextField } from '../../components/text-field.tsx';
import { signedIn, useSession } from '../../session.ts';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';

export function PasswordForm(props: {
  /** It has to be done before anything else. */
  readonly first?: boolean;
  readonly onChanged?: () => void;
}) {
  const { first = false, onChanged } = props;
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const session = useSession();
  const change = useAction(async (signal) => {
    const next = await send<Session>('PUT', '/api/v1/session/password', { current, password }, { signal });
    setCurrent('');
    setPassword('');
    signedIn(next);
    onChanged?.();
    return t('profile.changed');
  });
  return (
    <Form action={change}>
      {/* Password managers look for the name beside the password. */}
      <input type="text" autocomplete="username" value={session?.user.name ?? ''} readOnly hidden />
      <TextField
        label={first ? t('profile.currentFirst') : t('profile.current')}
        path="current"
        type="password"
        value={current}
        onChange={setCurrent}
        autocomplete="current-password"
        autofocus={first}
        required
      />
      <NewPasswordField
        label={t('profile.next')}
        hint={t('profile.nextHint')}
        show={t('profile.show')}
        value={password}
        onChange={setPassword}
      />
      <ActionButton action={change} look={first ? 'main' : 'plain'} submit>
        {first ? t('profile.choose') : t('profile.change')}
      </ActionButton>
    </Form>
  );
}

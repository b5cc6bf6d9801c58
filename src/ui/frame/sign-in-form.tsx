/** Name, password and, where it is asked for, the code of the second factor. */
import { useState } from 'preact/hooks';
import type { Session, SignInAnswer } from '../../admin/contract-access.ts';
import { send } from '../api.ts';
import { ActionButton } from '../components/action-button.tsx';
import { Form } from '../components/form.tsx';
import { TextField } from '../components/text-field.tsx';
import { useAction } from '../use-action.ts';
import { t } from '../words/words.ts';

/** The page below may have fields of the same names. */
const PREFIX = 'sign-in.';

export function SignInForm(props: {
  /** Who was signed in before; their name is filled in. */
  readonly name?: string;
  readonly onSignedIn: (session: Session) => void;
}) {
  const [name, setName] = useState(props.name ?? '');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState<string>();
  const signIn = useAction(async (signal) => {
    const body = { name, password, ...(code === undefined ? {} : { code }) };
    const answer = await send<SignInAnswer>('POST', '/api/v1/session', body, { signal, anonymous: true });
    if (answer.state === 'code-needed') setCode('');
    else props.onSignedIn(answer.session);
  });
  return (
    <Form class="sign-in" action={signIn} prefix={PREFIX}>
      <TextField
        label={t('shell.userName')}
        path={`${PREFIX}name`}
        value={name}
        onChange={setName}
        autocomplete="username"
        autofocus={props.name === undefined}
        required
      />
      <TextField
        label={t('shell.password')}
        path={`${PREFIX}password`}
        type="password"
        value={password}
        onChange={setPassword}
        autocomplete="current-password"
        autofocus={props.name !== undefined}
        required
      />
      {code !== undefined && (
        <TextField
          label={t('shell.code')}
          hint={t('shell.codeHint')}
          path={`${PREFIX}code`}
          value={code}
          onChange={setCode}
          autocomplete="one-time-code"
          inputMode="numeric"
          maxLength={8}
          code
          autofocus
          required
        />
      )}
      <ActionButton action={signIn} look="main" submit>
        {t('shell.signIn')}
      </ActionButton>
    </Form>
  );
}

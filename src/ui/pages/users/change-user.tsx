/** Changes a user: what they are called and may do, a new way in for who lost theirs, and their end. */
import { useState } from 'preact/hooks';
import type { User, UserChanged } from '../../../admin/contract-access.ts';
import { send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { CheckField } from '../../components/check-field.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Form } from '../../components/form.tsx';
import { TextField } from '../../components/text-field.tsx';
import { loadSession } from '../../session.ts';
import { useAction } from '../../use-action.ts';
import { rich, t } from '../../words/words.ts';
import { RoleField } from './role-field.tsx';
import { ShownOnce } from './shown-once.tsx';

export function ChangeUser(props: {
  readonly user: User;
  /** It is whoever changes it. */
  readonly own: boolean;
  readonly onClose: (said?: string) => void;
}) {
  const { user, own, onClose } = props;
  return (
    <Dialog title={t('users.changeOf', { name: user.name })} onClose={() => onClose()}>
      <ChangeForm user={user} own={own} onSaved={() => onClose(t('users.saved'))} />
      <h3>{t('users.lostWay')}</h3>
      {own ? (
        <p>{rich('users.ownWay', { profile: <a href="/profile">{t('users.ownProfile')}</a> })}</p>
      ) : (
        <LostWay user={user} />
      )}
      <Remove user={user} onRemoved={() => onClose(t('users.removed', { name: user.name }))} />
    </Dialog>
  );
}

function ChangeForm(props: { readonly user: User; readonly own: boolean; readonly onSaved: () => void }) {
  const { user, own, onSaved } = props;
  const [name, setName] = useState(user.name);
  const [email, setEmail] = useState(user.email ?? '');
  const [role, setRole] = useState(user.role);
  const [disabled, setDisabled] = useState(user.disabled);
  const save = useAction(async (signal) => {
    const wanted = { name, email: email.trim(), role, disabled };
    const before = { name: user.name, email: user.email ?? '', role: user.role, disabled: user.disabled };
    const body = Object.fromEntries(
      Object.entries(wanted).filter(([key, value]) => !isSame(before, key, value)),
    );
    if (Object.keys(body).length > 0) await change(user, body, signal);
    if (own) await loadSession();
    onSaved();
  });
  return (
    <Form action={save}>
      <TextField
        label={t('users.name')}
        path="name"
        value={name}
        onChange={setName}
        maxLength={64}
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
      <RoleField value={role} onChange={setRole} />
      <CheckField
        label={t('users.disabled')}
        hint={t('users.disabledHint')}
        path="disabled"
        value={disabled}
        onChange={setDisabled}
      />
      <ActionButton action={save} look="main" submit>
        {t('common.save')}
      </ActionButton>
    </Form>
  );
}

function LostWay({ user }: { readonly user: User }) {
  const { name } = user;
  const [password, setPassword] = useState<string>();
  const reset = useAction(async (signal) => {
    const changed = await change(user, { resetPassword: true }, signal);
    setPassword(changed.password);
  });
  const resetFactor = useAction(async (signal) => {
    await change(user, { resetSecondFactor: true }, signal);
    return t('users.secondFactorRemoved');
  });
  return (
    <>
      <div class="buttons">
        <ConfirmButton
          action={reset}
          question={t('users.resetPasswordAsk', { name })}
          confirm={t('users.resetPassword')}
        >
          {t('users.resetPassword')}
        </ConfirmButton>
        {user.secondFactor && (
          <ConfirmButton
            action={resetFactor}
            question={t('users.resetSecondFactorAsk', { name })}
            confirm={t('users.resetSecondFactor')}
          >
            {t('users.resetSecondFactor')}
          </ConfirmButton>
        )}
      </div>
      {password !== undefined && (
        <ShownOnce title={t('users.saved')} label={t('users.newPasswordOf', { name })} secret={password}>
          {t('users.shownOnce')}
        </ShownOnce>
      )}
    </>
  );
}

function Remove({ user, onRemoved }: { readonly user: User; readonly onRemoved: () => void }) {
  const { id, name } = user;
  const remove = useAction(async (signal) => {
    await send('DELETE', `/api/v1/users/${encodeURIComponent(id)}`, undefined, { signal });
    onRemoved();
  });
  return (
    <div class="end">
      <ConfirmButton
        action={remove}
        look="danger"
        question={t('users.removeAsk', { name })}
        confirm={t('users.remove')}
      >
        {t('users.remove')}
      </ConfirmButton>
    </div>
  );
}

function change({ id }: User, body: object, signal: AbortSignal): Promise<UserChanged> {
  return send<UserChanged>('PATCH', `/api/v1/users/${encodeURIComponent(id)}`, body, { signal });
}

function isSame(before: object, key: string, value: unknown): boolean {
  return Object.entries(before).some(([name, was]) => name === key && was === value);
}

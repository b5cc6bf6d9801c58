/** Where a setup link leads: whoever has it makes an administrator. The token stands behind the # and never goes to the address bar's history. */
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { Session } from '../../admin/contract-access.ts';
import { send } from '../api.ts';
import { ActionButton } from '../components/action-button.tsx';
import { Form } from '../components/form.tsx';
import { NewPasswordField } from '../components/new-password-field.tsx';
import { Notice } from '../components/notice.tsx';
import { TextField } from '../components/text-field.tsx';
import { signedIn } from '../session.ts';
import { useAction } from '../use-action.ts';
import { t } from '../words/words.ts';

/** Kept in this tab until it is used, so that a reload does not lose it. */
const KEPT = 'postern.setup-token';

export function SetupPage() {
  const [token, setToken] = useState(() => tokenInAddress() || (sessionStorage.getItem(KEPT) ?? ''));
  const title = t('profile.setupTitle');
  useEffect(() => {
    document.title = `${title} · Postern`;
  }, [title]);
  useEffect(() => {
    // Taken out of the address, so that neither the history nor somebody who looks on has it.
    const take = () => {
      const found = tokenInAddress();
      if (found === '') return;
      setToken(found);
      sessionStorage.setItem(KEPT, found);
      history.replaceState(null, '', '/setup');
    };
    take();
    window.addEventListener('hashchange', take);
    return () => window.removeEventListener('hashchange', take);
  }, []);
  return (
    <>
      <p class="brand">
        <img src="/favicon.svg" alt="" width="32" height="32" />
        <span>{t('shell.name')}</span>
      </p>
      <section class="card">
        <h1>{title}</h1>
        {token === '' ? (
          <Notice kind="info" title={t('profile.noToken')} actions={<a href="/">{t('profile.toSignIn')}</a>}>
            {t('profile.noTokenWhy')}
          </Notice>
        ) : (
          <SetupForm token={token} />
        )}
      </section>
    </>
  );
}

function SetupForm({ token }: { readonly token: string }) {
  const { route } = useLocation();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const setup = useAction(async (signal) => {
    const body = { token, name, password, ...(email.trim() === '' ? {} : { email: email.trim() }) };
    const { session } = await send<{ session: Session }>('POST', '/api/v1/setup', body, {
      signal,
      anonymous: true,
    });
    sessionStorage.removeItem(KEPT);
    signedIn(session);
    route('/', true);
  });
  return (
    <Form action={setup}>
      <p>{t('profile.setupLead')}</p>
      <TextField
        label={t('profile.setupName')}
        path="name"
        value={name}
        onChange={setName}
        autocomplete="username"
        maxLength={64}
        autofocus
        required
      />
      <TextField
        label={t('profile.setupEmail')}
        path="email"
        type="email"
        value={email}
        onChange={setEmail}
        autocomplete="email"
        optional
      />
      <NewPasswordField
        label={t('profile.setupPassword')}
        hint={t('profile.nextHint')}
        show={t('profile.show')}
        value={password}
        onChange={setPassword}
      />
      <ActionButton action={setup} look="main" submit>
        {t('profile.setup')}
      </ActionButton>
    </Form>
  );
}

function tokenInAddress(): string {
  return /^#([\w-]{20,128})$/.exec(location.hash)?.[1] ?? '';
}

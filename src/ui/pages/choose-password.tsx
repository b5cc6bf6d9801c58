/** For who has a password that somebody else has made: nothing else is shown before they have one of their own. */
import { useEffect } from 'preact/hooks';
import { signOut } from '../session.ts';
import { useAction } from '../use-action.ts';
import { t } from '../words/words.ts';
import { PasswordForm } from './profile/password-form.tsx';

export function ChoosePasswordPage() {
  const title = t('profile.chooseTitle');
  const leave = useAction(signOut);
  useEffect(() => {
    document.title = `${title} · Postern`;
  }, [title]);
  return (
    <section class="card">
      <h1>{title}</h1>
      <p>{t('profile.chooseLead')}</p>
      <PasswordForm first />
      <p>
        <button type="button" class="quiet" aria-busy={leave.busy} onClick={() => void leave.run()}>
          {t('shell.signOut')}
        </button>
      </p>
    </section>
  );
}

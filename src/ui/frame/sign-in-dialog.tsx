/** Over the page when the session has ended: what was typed stays, and what was asked for is asked again. */
import { Dialog } from '../components/dialog.tsx';
import { sessionStore, signedIn, useSession } from '../session.ts';
import { signInNeeded } from '../sign-in-again.ts';
import { useStore } from '../store.ts';
import { t } from '../words/words.ts';
import { SignInForm } from './sign-in-form.tsx';

export function SignInDialog() {
  const waiting = useStore(signInNeeded);
  const session = useSession();
  if (waiting === undefined) return null;
  return (
    <Dialog title={t('shell.signInAgain')}>
      <p>{t('shell.signInAgainWhy')}</p>
      <SignInForm
        {...(session === undefined ? {} : { name: session.user.name })}
        onSignedIn={(next) => {
          const before = sessionStore.get();
          const same = before.state === 'signed-in' && before.session.user.id === next.user.id;
          signedIn(next);
          waiting.done();
          // Somebody else must not find what the one before has typed.
          if (!same) location.assign('/');
        }}
      />
    </Dialog>
  );
}

/** What somebody sees who is not signed in: the sign-in, or how to set up the first administrator. */
import { useEffect } from 'preact/hooks';
import { Notice } from '../components/notice.tsx';
import { signedIn } from '../session.ts';
import { t } from '../words/words.ts';
import { SignInForm } from './sign-in-form.tsx';

export function SignInPage({ setup }: { readonly setup: boolean }) {
  const title = setup ? t('shell.setupTitle') : t('shell.signInTitle');
  useEffect(() => {
    document.title = `${title} · Postern`;
  }, [title]);
  return (
    <main id="content" class="alone">
      <p class="brand">
        <img src="/favicon.svg" alt="" width="32" height="32" />
        <span>{t('shell.name')}</span>
      </p>
      <section class="card">
        <h1>{title}</h1>
        {setup ? (
          <Notice kind="info" title={t('shell.setupLead')}>
            {t('shell.setupWhere')}
          </Notice>
        ) : (
          <SignInForm onSignedIn={signedIn} />
        )}
      </section>
    </main>
  );
}

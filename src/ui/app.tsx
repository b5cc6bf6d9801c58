/** What is shown to whom: the pages to those who are signed in, the sign-in to all others. */
import type { ComponentType } from 'preact';
import { useEffect, useErrorBoundary } from 'preact/hooks';
import { LocationProvider, Route, Router, useLocation } from 'preact-iso';
import { ErrorNotice } from './components/error-notice.tsx';
import { Notice } from './components/notice.tsx';
import { Page } from './components/page.tsx';
import { Frame } from './frame/frame.tsx';
import { SignInDialog } from './frame/sign-in-dialog.tsx';
import { SignInPage } from './frame/sign-in-page.tsx';
import { lazyPage } from './lazy-page.tsx';
import { startLive } from './live.ts';
import { noteNavigation } from './navigation.ts';
import { CHOOSE_PASSWORD, PAGES, type PageEntry } from './pages.ts';
import { loadSession, sessionStore, useMay } from './session.ts';
import { useStore } from './store.ts';
import { language } from './words/language.ts';
import { t } from './words/words.ts';

/** Addresses that belong to the server; links to them are no matter of the router. */
const OURS = /^\/(?!(?:api|assets|login|pmpredirect)\/|metrics$|livez$|readyz$)/;

export function App() {
  return (
    <LocationProvider scope={OURS}>
      <Shown />
    </LocationProvider>
  );
}

function Shown() {
  const current = useStore(sessionStore);
  // Another language is another page: everything is drawn anew.
  const words = useStore(language);
  const { path } = useLocation();
  const signedIn = current.state === 'signed-in' && !current.session.user.mustChangePassword;
  useEffect(() => (signedIn ? startLive() : undefined), [signedIn]);
  const open = PAGES.filter((page) => page.open === true);
  if (open.some((page) => page.paths.some((each) => each === path))) {
    return (
      <main id="content" class="alone" key={words}>
        <Routes pages={open} />
      </main>
    );
  }
  if (current.state === 'failed') {
    return (
      <main id="content" class="alone">
        <ErrorNotice error={current.error} retry={() => void loadSession()} />
      </main>
    );
  }
  if (current.state !== 'signed-in') return <SignInPage key={words} setup={current.state === 'setup'} />;
  if (current.session.user.mustChangePassword) return <ChoosePassword key={words} />;
  return (
    <>
      <Frame key={words}>
        <Routes pages={PAGES.filter((page) => page.open !== true)} />
      </Frame>
      <SignInDialog />
    </>
  );
}

/** Nothing else is allowed before. */
function ChoosePassword() {
  const Component = lazyPage(CHOOSE_PASSWORD);
  return (
    <main id="content" class="alone">
      <Router>{[<Route key="only" default component={Component} />]}</Router>
    </main>
  );
}

function Routes({ pages }: { readonly pages: readonly PageEntry[] }) {
  return (
    <Router onRouteChange={noteNavigation}>
      {pages.flatMap((page) =>
        page.paths.map((path) => <Route key={path} path={path} component={guarded(page)} />),
      )}
      <Route default component={NotFound} />
    </Router>
  );
}

const guards = new Map<PageEntry, ComponentType>();

/** The page, for those who may see it. */
function guarded(page: PageEntry): ComponentType {
  const known = guards.get(page);
  if (known !== undefined) return known;
  const Component = lazyPage(page);
  const Guarded = (props: object) => {
    const may = useMay(page.needs);
    const fault: unknown = useErrorBoundary()[0];
    if (fault !== undefined) return <Broken title={t(page.word)} fault={fault} />;
    return may || page.open === true ? <Component {...props} /> : <NotAllowed title={t(page.word)} />;
  };
  guards.set(page, Guarded);
  return Guarded;
}

/** A fault of the page itself: the rest goes on to work. */
function Broken({ title, fault }: { readonly title: string; readonly fault: unknown }) {
  const actions = (
    <button type="button" onClick={() => location.reload()}>
      {t('shell.reload')}
    </button>
  );
  return (
    <Page title={title}>
      <Notice kind="error" title={t('shell.broken')} remedy={t('shell.brokenRemedy')} actions={actions}>
        <code>{String(fault)}</code>
      </Notice>
    </Page>
  );
}

function NotAllowed({ title }: { readonly title: string }) {
  return (
    <Page title={title} lead={t('shell.notAllowed')}>
      <p>
        <a href="/">{t('shell.toOverview')}</a>
      </p>
    </Page>
  );
}

function NotFound() {
  return (
    <Page title={t('shell.notFound')} lead={t('shell.notFoundWhy')}>
      <p>
        <a href="/">{t('shell.toOverview')}</a>
      </p>
    </Page>
  );
}

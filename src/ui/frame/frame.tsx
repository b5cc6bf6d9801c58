/** What stands around every page: where one can go, the mode, who is signed in, whether updates arrive. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { Icon } from '../components/icon.tsx';
import { t } from '../words/words.ts';
import { keepFocus } from './keep-focus.ts';
import { LiveIndicator } from './live-indicator.tsx';
import { ModeBadge } from './mode-badge.tsx';
import { SideNav } from './side-nav.tsx';
import { UserMenu } from './user-menu.tsx';

export function Frame({ children }: { readonly children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const { path } = useLocation();
  useEffect(() => setOpen(false), [path]);
  const content = useRef<HTMLElement>(null);
  useEffect(() => (content.current === null ? undefined : keepFocus(content.current)), []);
  return (
    <div class="frame">
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('content')?.focus();
        }}
      >
        {t('shell.skip')}
      </a>
      <header class="top">
        <button
          type="button"
          class="quiet icon-button menu-button"
          aria-expanded={open}
          aria-controls="navigation"
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? 'close' : 'menu'} />
          <span class="hidden">{t('shell.menu')}</span>
        </button>
        <a class="brand" href="/">
          <img src="/favicon.svg" alt="" width="24" height="24" />
          <span>{t('shell.name')}</span>
        </a>
        <ModeBadge />
        <span class="push" />
        <LiveIndicator />
        <UserMenu />
      </header>
      <SideNav open={open} />
      <main ref={content} id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

/** Links to the pages that whoever is signed in may see. */
import { useLocation } from 'preact-iso';
import { Icon } from '../components/icon.tsx';
import { PAGES } from '../pages.ts';
import { useSession } from '../session.ts';
import { t } from '../words/words.ts';

export function SideNav({ open }: { readonly open: boolean }) {
  const session = useSession();
  const { path } = useLocation();
  const shown = PAGES.filter(
    ({ icon, needs }) => icon !== undefined && (needs === undefined || session?.permissions.includes(needs)),
  );
  return (
    <nav id="navigation" class={open ? 'side open' : 'side'} aria-label={t('shell.navigation')}>
      <ul>
        {shown.map(({ paths, word, icon }) => {
          const [href = '/'] = paths;
          const here = href === path || (href !== '/' && path.startsWith(`${href}/`));
          return (
            <li key={href}>
              <a href={href} {...(here ? { 'aria-current': 'page' as const } : {})}>
                {icon !== undefined && <Icon name={icon} />}
                <span>{t(word)}</span>
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

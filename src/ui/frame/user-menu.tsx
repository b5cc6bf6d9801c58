/** Who is signed in, and what concerns them alone: profile, language, theme, sign-out. */
import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { ErrorNotice } from '../components/error-notice.tsx';
import { Icon } from '../components/icon.tsx';
import { SelectField } from '../components/select-field.tsx';
import { PAGES } from '../pages.ts';
import { signOut, useSession } from '../session.ts';
import { useStore } from '../store.ts';
import { chooseTheme, theme } from '../theme-choice.ts';
import { useAction } from '../use-action.ts';
import { isLanguage, LANGUAGES, language } from '../words/language.ts';
import { chooseLanguage, t } from '../words/words.ts';

const PROFILE = '/profile';

export function UserMenu() {
  const session = useSession();
  const menu = useRef<HTMLDetailsElement>(null);
  const { path } = useLocation();
  const words = useStore(language);
  const chosen = useStore(theme);
  const leave = useAction(signOut);
  const close = () => menu.current?.removeAttribute('open');
  useEffect(close, [path]);
  useEffect(() => {
    const outside = ({ target }: Event) => {
      if (target instanceof Node && menu.current?.contains(target) === false) close();
    };
    document.addEventListener('click', outside);
    document.addEventListener('focusin', outside);
    return () => {
      document.removeEventListener('click', outside);
      document.removeEventListener('focusin', outside);
    };
  }, []);
  const role = session?.user.role;
  return (
    <details
      class="user-menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        close();
        menu.current?.querySelector('summary')?.focus();
      }}
    >
      <summary>
        <Icon name="person" />
        <span class="user-name">{session?.user.name}</span>
      </summary>
      <div class="user-panel">
        <p class="who">
          <strong>{session?.user.name}</strong>
          {role !== undefined && <small>{t(`common.role-${role}`)}</small>}
        </p>
        {PAGES.some(({ paths }) => paths.includes(PROFILE)) && <a href={PROFILE}>{t('shell.profile')}</a>}
        <SelectField
          label={t('shell.language')}
          value={words}
          choices={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          onChange={(value) => {
            if (isLanguage(value)) void chooseLanguage(value);
          }}
        />
        <SelectField
          label={t('shell.theme')}
          value={chosen}
          choices={(['system', 'light', 'dark'] as const).map((value) => ({
            value,
            label: t(`shell.theme-${value}`),
          }))}
          onChange={chooseTheme}
        />
        <button type="button" class="plain" aria-busy={leave.busy} onClick={() => void leave.run()}>
          {t('shell.signOut')}
        </button>
        {leave.error !== undefined && <ErrorNotice error={leave.error} />}
      </div>
    </details>
  );
}

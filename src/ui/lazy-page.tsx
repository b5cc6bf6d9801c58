/** The component of a page, loaded when it is shown first. */
import type { ComponentType } from 'preact';
import { lazy } from 'preact-iso';
import { Notice } from './components/notice.tsx';
import type { PageEntry } from './pages.ts';
import { loadWords, t } from './words/words.ts';

const loaded = new Map<PageEntry, ComponentType>();

/** The same component for the same entry, so that a change between its paths does not begin anew. */
export function lazyPage(entry: PageEntry): ComponentType {
  const known = loaded.get(entry) ?? lazy(() => load(entry));
  loaded.set(entry, known);
  return known;
}

async function load(entry: PageEntry): Promise<{ default: ComponentType }> {
  try {
    const [module] = await Promise.all([entry.load(), loadWords(entry.words)]);
    const found = Object.values(module).find(isComponent);
    if (found !== undefined) return { default: found };
  } catch (error) {
    console.error(error);
  }
  return { default: NotLoaded };
}

/** The module of a page exports its component, and nothing else that runs. */
function isComponent(value: unknown): value is ComponentType {
  return typeof value === 'function';
}

/** Another version was installed in the meantime, or Postern is away. */
function NotLoaded() {
  const actions = (
    <button type="button" onClick={() => location.reload()}>
      {t('shell.reload')}
    </button>
  );
  return (
    <Notice kind="warning" title={t('shell.notLoaded')} actions={actions}>
      {t('shell.notLoadedWhy')}
    </Notice>
  );
}

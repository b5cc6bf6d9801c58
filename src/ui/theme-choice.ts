/** Light, dark, or as the system has it; remembered in this browser and applied by theme.ts at the next load. */
import { createStore } from './store.ts';

export type Theme = 'light' | 'dark' | 'system';

const KEY = 'postern-theme';

const remembered = localStorage.getItem(KEY);
export const theme = createStore<Theme>(
  remembered === 'light' || remembered === 'dark' ? remembered : 'system',
);

/** Shows the page in a theme from now on. */
export function chooseTheme(chosen: Theme): void {
  const { dataset } = document.documentElement;
  if (chosen === 'system') {
    localStorage.removeItem(KEY);
    delete dataset['theme'];
  } else {
    localStorage.setItem(KEY, chosen);
    dataset['theme'] = chosen;
  }
  theme.set(chosen);
}

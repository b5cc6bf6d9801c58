/** The page begins here: language, session, frame. */
import { render } from 'preact';
import { App } from './app.tsx';
import { loadSession } from './session.ts';
import { showLanguage } from './words/words.ts';

const root = document.getElementById('page');
if (root !== null) {
  await Promise.all([showLanguage(), loadSession()]);
  render(<App />, root);
}

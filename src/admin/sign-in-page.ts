/** The small page at which a browser ends after a sign-in. No script, no text of others but escaped and bounded. Pure. */
import { escapeHtml } from '../shared/html.ts';
import { printable } from '../shared/shown-text.ts';

export interface SignInPage {
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** Shown apart: what to do. */
  readonly remedy?: string;
  readonly good: boolean;
  /** Address of the style sheet, relative to the page, so that a proxy's path does not matter. */
  readonly style: string;
}

/** Characters of one paragraph. */
const LONGEST = 1500;

export function signInPage(page: SignInPage): string {
  const remedy = page.remedy === undefined ? '' : `\n<p class="remedy">${escaped(page.remedy)}</p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(page.title)} · Postern</title>
<link rel="stylesheet" href="${escaped(page.style)}">
</head>
<body>
<main class="${page.good ? 'good' : 'bad'}">
<h1>${escaped(page.title)}</h1>
${page.paragraphs.map((text) => `<p>${escaped(text)}</p>`).join('\n')}${remedy}
</main>
</body>
</html>
`;
}

/** Text that stays text; signs that turn the direction of writing are left out. */
export function escaped(text: string): string {
  return escapeHtml(printable(text.slice(0, LONGEST)));
}

export const SIGN_IN_STYLE = `:root { color-scheme: light dark; --ink: #1c2430; --paper: #f4f6f8; --card: #fff; --line: #d8dee6; --good: #1a7f4b; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaf0; --paper: #12161c; --card: #1b212a; --line: #303946; --good: #4cc38a; --bad: #ff8a80; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 34rem; padding: 1.5rem 2rem; background: var(--card); border: 1px solid var(--line); border-top: 0.3rem solid var(--bad); border-radius: 0.5rem; overflow-wrap: anywhere; }
main.good { border-top-color: var(--good); }
h1 { margin: 0 0 0.75rem; font-size: 1.4rem; color: var(--bad); }
main.good h1 { color: var(--good); }
p { margin: 0.5rem 0; }
.remedy { margin-top: 1rem; padding-top: 0.75rem; border-top: 1px solid var(--line); }
`;

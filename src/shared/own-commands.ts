/** Commands of ours as remedies name them: to be copied into a shell, on the machine that Postern runs on. */

/** How Postern is called in a checkout. */
const IN_A_CHECKOUT = 'scripts/postern';

/** A command as it can be typed here: begun in the way in which this process was begun (scripts/postern says how). */
export function ownCommand(words: string): string {
  const called = process.env['POSTERN_COMMAND'] ?? '';
  return `${called === '' || called.length > 200 ? IN_A_CHECKOUT : shellWord(called)} ${words}`;
}

/** The command that asks for the consent behind an upstream. */
export function authorizeCommand(upstream: string): string {
  return ownCommand(`authorize ${shellWord(upstream)}`);
}

/** Where somebody gives the consent behind an upstream, on the page or on the machine; ends a sentence, or goes on after a comma. */
export function authorizeWays(upstream: string): string {
  return `on the page E-mail configuration, or with "${authorizeCommand(upstream)}"`;
}

/** The command that tries an upstream step by step. */
export function verifyCommand(upstream: string): string {
  return ownCommand(`verify --upstream ${shellWord(upstream)}`);
}

/** A name or path may hold spaces; then the shell wants it quoted. */
export function shellWord(name: string): string {
  return /^[\w./@-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

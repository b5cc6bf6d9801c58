/** Commands of ours as remedies name them: to be copied into a shell, in the directory of Postern. */

/** The command that asks for the consent behind an upstream. */
export function authorizeCommand(upstream: string): string {
  return `scripts/postern authorize ${shellWord(upstream)}`;
}

/** The command that tries an upstream step by step. */
export function verifyCommand(upstream: string): string {
  return `scripts/postern verify --upstream ${shellWord(upstream)}`;
}

/** A name may hold spaces; then the shell wants it quoted. */
function shellWord(name: string): string {
  return /^[\w.@-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

/** The command was typed in a way that it cannot be done; ends with exit code 2 and a pointer to `--help`. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Runs commands as if they were typed, and keeps what they print. */
import { run } from '../../src/cli/run.ts';

export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function typed(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Printed> {
  let out = '';
  let err = '';
  const code = await run(argv, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env,
    user: 'cli (tester)',
  });
  return { code, out, err };
}

import { userInfo } from 'node:os';
import { readHiddenLine } from './cli/read-hidden-line.ts';
import { readLine } from './cli/read-line.ts';
import { run } from './cli/run.ts';

// Secrets may come in the environment; a report that Node writes of a crash, where somebody asks for one, does without it.
process.report.excludeEnv = true;

// Whoever reads our output may go (`postern queue list | head`): that is no fault, and there is nobody left to write for.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  // https://no-color.org
  colour: process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '',
  line: () => readLine(process.stdin, process.stderr),
  hiddenLine: (question) => readHiddenLine(question, process.stdin, process.stderr),
  env: process.env,
  user: `cli (${userName()})`,
});

/** Of the user that typed the command; a container may have none for its number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

import { readinessSchema } from '../admin/contract.ts';
import { createClient, NotRunning } from './client.ts';
import { type Command, wholeNumber } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { safe, safeJson } from './output.ts';
import { pause } from './pause.ts';

/** Milliseconds between two questions. */
const EVERY = 200;

export const ready: Command = {
  flags: {
    wait: { help: 'Wait until it can' },
    timeout: { value: 'SECONDS', help: 'Longest wait (60)' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [0, 0],
  details: 'Asks the store and the listeners, never an upstream. Exits with 0 when mail can be taken.',
  async run(typed) {
    const client = createClient(typed);
    const seconds = wholeNumber(typed.text('timeout') ?? '60', '--timeout', 1, 86_400);
    const deadline = performance.now() + (typed.on('wait') ? seconds * 1000 : 0);
    for (;;) {
      const readiness = await client
        .ask('/readyz', readinessSchema, { accept: [503] })
        .catch((error: unknown) => {
          if (error instanceof NotRunning && performance.now() + EVERY < deadline) return undefined;
          throw error;
        });
      if (readiness && (readiness.ready || performance.now() + EVERY >= deadline)) {
        if (typed.on('json')) typed.terminal.out(`${safeJson(readiness)}\n`);
        else if (readiness.ready) typed.terminal.out('Ready.\n');
        for (const one of readiness.checks) {
          if (!one.ready)
            typed.terminal.err(`Not ready: ${safe(one.name)} ${safe(one.text ?? 'is not ready')}\n`);
        }
        return readiness.ready ? 0 : 1;
      }
      await pause(EVERY);
    }
  },
};

/** A log that keeps its lines, for tests that ask what was said. */
import pino from 'pino';
import { serialiseError } from '../../src/observe/serialise-error.ts';
import type { Log } from '../../src/shared/log.ts';

export interface MemoryLog {
  readonly log: Log;
  readonly lines: readonly string[];
}

export function memoryLog(): MemoryLog {
  const lines: string[] = [];
  const serializers = { err: serialiseError, error: serialiseError };
  const log = pino(
    { level: 'trace', base: null, serializers },
    { write: (line) => lines.push(line.trimEnd()) },
  );
  return { log, lines };
}

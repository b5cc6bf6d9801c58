import pino from 'pino';
import { serialiseError } from '../../src/observe/serialise-error.ts';
import type { Log } from '../../src/shared/log.ts';

/** A log that tests can read back: every line as it would be written. */
export interface RecordedLog {
  readonly log: Log;
  /** A JSON object each, without the line end. */
  readonly lines: readonly string[];
  /** All lines as one text. */
  text(): string;
}

export function recordLog(): RecordedLog {
  const lines: string[] = [];
  const serializers = { err: serialiseError, error: serialiseError };
  const log = pino(
    { level: 'trace', base: null, serializers },
    { write: (line: string) => lines.push(line.trimEnd()) },
  );
  return { log, lines, text: () => lines.join('\n') };
}

import pino from 'pino';
import type { Log } from '../../src/shared/log.ts';

/** A log that tests can read back: every line as it would be written. */
export interface RecordedLog {
  readonly log: Log;
  readonly lines: readonly string[];
  /** All lines as one text. */
  text(): string;
}

export function recordLog(): RecordedLog {
  const lines: string[] = [];
  const log = pino({ level: 'trace', base: null }, { write: (line: string) => lines.push(line) });
  return { log, lines, text: () => lines.join('') };
}

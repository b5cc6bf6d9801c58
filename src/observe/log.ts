/**
 * The log: JSON lines, or lines for people on a terminal. Promises that writing a line never waits for the disk or the
 * reader of a pipe, that a full disk or a closed pipe costs log lines and never mail, that memory for lines that wait is
 * bounded (what does not fit is counted), and that nothing is lost at a clean end: `flush()` writes the rest.
 */
import pino from 'pino';
import pretty from 'pino-pretty';
import type { Log } from '../shared/log.ts';
import { openLogDestination } from './log-destination.ts';
import { serialiseError } from './serialise-error.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = 'json' | 'pretty';

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Where lines go: a file descriptor or a file's path; standard output if absent. */
  readonly destination?: number | string;
}

/** The log with the two things that only its owner does. */
export interface OwnedLog {
  readonly log: Log;
  /** Lines that were dropped because they could not be written, since the start. */
  dropped(): number;
  /** Writes everything that waits, synchronously. For the end of the process, orderly or not. */
  flush(): void;
}

/** Makes the log; secrets print themselves as `[secret]` (shared/secret.ts), errors are cut to known fields. */
export function createLog(options: LogOptions): OwnedLog {
  const sink = openLogDestination(options.destination ?? 1);
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serialiseError, error: serialiseError, cause: serialiseError },
      depthLimit: 6,
      edgeLimit: 100,
    },
    {
      write:
        options.format === 'pretty' ? prettyWriter((line) => sink.write(line)) : (line) => sink.write(line),
    },
  );
  return { log, dropped: sink.dropped, flush: sink.flush };
}

/** Formats in this thread and at once, so that a line is in the buffer when the call returns and nothing is lost at the end. */
function prettyWriter(write: (line: string) => void): (line: string) => void {
  const format = pretty.prettyFactory({
    colorize: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    singleLine: true,
  });
  return (line) => write(format(line));
}

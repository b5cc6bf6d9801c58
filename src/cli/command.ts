import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** One flag of a command. */
export interface Flag {
  /** What its value is, e.g. `DIR`; a flag without a value is on or off. */
  readonly value?: string;
  /** May be given several times. */
  readonly multiple?: boolean;
  readonly help: string;
}

export type Flags = Readonly<Record<string, Flag>>;

/** What was typed behind the command's name. */
export interface Typed {
  readonly terminal: Terminal;
  readonly positionals: readonly string[];
  /** All of it as typed, for a command that has its own reader. */
  readonly raw: readonly string[];
  /** The value of a flag; the last one where it was given several times. */
  text(flag: string): string | undefined;
  texts(flag: string): readonly string[];
  on(flag: string): boolean;
}

/** A command; its module is loaded only when it is called. */
export interface Command {
  readonly flags: Flags;
  /** Least and most arguments beside flags. */
  readonly positionals: readonly [least: number, most: number];
  /** Lines for `--help`, behind the summary. */
  readonly details?: string;
  /** In place of the list made from `flags`. */
  readonly flagsHelp?: () => string;
  /** Resolves with the exit code; throws UsageError (2) and anything else (1). */
  run(typed: Typed): Promise<number>;
}

/** A row of the table of commands. */
export interface CommandEntry {
  /** `queue list` */
  readonly name: string;
  /** Arguments as shown in help, e.g. `FILE` */
  readonly arguments: string;
  readonly summary: string;
  load(): Promise<Command>;
}

/** A whole number from a flag or argument. Throws UsageError. */
export function wholeNumber(text: string, what: string, least: number, most: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${what} has to be a whole number from ${least} to ${most}`);
}

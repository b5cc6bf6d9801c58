import { createApp } from '../app.ts';
import { parseServeOptions } from '../config/options.ts';
import {
  type OptionDescription,
  SERVE_OPTIONS,
  type ServeOptions,
  serveOptionsHelp,
} from '../config/serve-options.ts';
import { createLog } from '../observe/log.ts';
import { RelayError } from '../shared/errors.ts';
import { ownCommand } from '../shared/own-commands.ts';
import type { Command, Flags } from './command.ts';
import { printFaults } from './print-faults.ts';
import { serveUntilStopped } from './serve-until-stopped.ts';
import { version } from './version.ts';

/** Milliseconds. */
const LINGER = 1000;

const flags: Flags = Object.fromEntries(
  Object.entries<OptionDescription>(SERVE_OPTIONS).map(([name, { argument, meaning }]) => [
    name,
    { help: meaning, ...(argument === undefined ? {} : { value: argument }) },
  ]),
);

export const serve: Command = {
  flags,
  positionals: [0, 0],
  flagsHelp: () => `${serveOptionsHelp()}\n`,
  details:
    'Runs until SIGTERM or SIGINT, which let deliveries under way finish for 10 seconds; a second one ends at once. SIGHUP reads the settings again.',
  async run({ raw, terminal }) {
    const options = readOptions(raw, terminal.env);
    if (options instanceof RelayError) {
      terminal.err(`postern serve: the options have faults; see ${ownCommand('serve --help')}\n`);
      printFaults(options.faults, terminal.err);
      return 2;
    }
    const owned = createLog(options.log);
    const release = await version();
    const code = await serveUntilStopped({
      create: () => createApp(options, { log: owned.log, version: release }),
      owned,
      process,
      err: terminal.err,
      version: release,
    });
    // Everything is closed and the log is written; whatever still holds on does not keep the process.
    setTimeout(() => process.exit(code), LINGER).unref();
    return code;
  },
};

function readOptions(raw: readonly string[], environment: Readonly<Record<string, string | undefined>>) {
  try {
    const context = { environment, workingDirectory: process.cwd(), terminal: process.stdout.isTTY };
    return parseServeOptions(raw, context) satisfies ServeOptions;
  } catch (error) {
    if (error instanceof RelayError && error.code === 'bad-request') return error;
    throw error;
  }
}

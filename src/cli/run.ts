/**
 * The command line: finds the command in the table, reads its flags, runs it, and says in words how it ended. Exit codes:
 * 0 done, 1 failed and said why, 2 typed wrongly.
 */
import { parseArgs } from 'node:util';
import { faultText } from '../settings/faults.ts';
import { closest } from '../shared/closest.ts';
import { errorCode, errorText, RelayError } from '../shared/errors.ts';
import { ownCommand } from '../shared/own-commands.ts';
import type { Command, CommandEntry, Flags, Typed } from './command.ts';
import { commands } from './commands.ts';
import { safe, table } from './output.ts';
import { printFaults } from './print-faults.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';
import { version } from './version.ts';

/** Runs what was typed; never throws. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [first = '', second = ''] = argv;
  if (first === '--version' || first === '-V') {
    terminal.out(`postern ${await version()}\n`);
    return 0;
  }
  if (first === '--help' || first === '-h' || first === 'help') {
    terminal.out(overview(commands));
    return 0;
  }
  const entry =
    commands.find(({ name }) => name === `${first} ${second}`) ?? commands.find(({ name }) => name === first);
  if (!entry) return unknownCommand(first, second, terminal);
  try {
    return await runCommand(entry, argv.slice(entry.name.split(' ').length), terminal);
  } catch (error) {
    return failed(error, entry, terminal);
  }
}

async function runCommand(entry: CommandEntry, rest: readonly string[], terminal: Terminal): Promise<number> {
  const command = await entry.load();
  const { values, positionals } = parse(command.flags, rest);
  if (values['help'] !== undefined) {
    terminal.out(commandHelp(entry, command));
    return 0;
  }
  const [least, most] = command.positionals;
  if (positionals.length < least) throw new UsageError(`${entry.arguments} is missing`);
  if (positionals.length > most) throw new UsageError(`"${positionals[most]}" is one argument too many`);
  const texts = (flag: string) => (values[flag] ?? []).filter((value) => typeof value === 'string');
  const typed: Typed = {
    terminal,
    positionals,
    raw: rest,
    texts,
    text: (flag) => texts(flag).at(-1),
    on: (flag) => values[flag] !== undefined,
  };
  return command.run(typed);
}

/** Every value as a list, so that one shape fits all flags. */
function parse(flags: Flags, rest: readonly string[]) {
  const options: Record<string, { type: 'string' | 'boolean'; multiple: true; short?: string }> = {
    help: { type: 'boolean', multiple: true, short: 'h' },
  };
  for (const [name, flag] of Object.entries(flags)) {
    options[name] = { type: flag.value === undefined ? 'boolean' : 'string', multiple: true };
  }
  try {
    return parseArgs({ args: [...rest], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(errorText(error).split('. To specify')[0]);
  }
}

function failed(error: unknown, entry: CommandEntry, { err }: Terminal): number {
  if (error instanceof UsageError) {
    err(`postern ${entry.name}: ${safe(error.message)}; see ${ownCommand(`${entry.name} --help`)}\n`);
    return 2;
  }
  if (!(error instanceof RelayError)) {
    err(`postern ${entry.name}: ${safe(errorText(error))}${suffix(error)}\n`);
    return 1;
  }
  err(`postern ${entry.name}: ${safe(error.publicMessage)}\n`);
  printFaults(
    error.faults.filter((fault) => faultText(fault) !== error.publicMessage),
    err,
  );
  if (error.hint !== undefined) err(`${safe(error.hint)}\n`);
  return 1;
}

function suffix(error: unknown): string {
  const code = errorCode(error);
  return code === undefined || errorText(error).includes(code) ? '' : ` (${code})`;
}

function unknownCommand(first: string, second: string, { out, err }: Terminal): number {
  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  if (first === '') {
    err(overview(commands));
  } else if (group.length > 0 && (second === '--help' || second === '-h')) {
    out(overview(group));
    return 0;
  } else if (group.length > 0) {
    const verbs = group.map(({ name }) => name.split(' ')[1]).join(', ');
    err(`postern: ${first} needs one of ${verbs}; see ${ownCommand(`${first} --help`)}\n`);
  } else {
    err(`postern: there is no command "${safe(first.slice(0, 100))}"; ${meant(first)}\n`);
  }
  return 2;
}

/** The command that was probably meant, or where all of them are. */
function meant(first: string): string {
  const names = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? name))];
  const near = closest(first.slice(0, 100), names);
  return near === undefined ? `see ${ownCommand('--help')}` : `did you mean ${near}?`;
}

function overview(entries: readonly CommandEntry[]): string {
  const rows = entries.map((entry) => [
    `  postern ${entry.name} ${entry.arguments}`.trimEnd(),
    entry.summary,
  ]);
  return [
    'Postern, a self-hosted SMTP relay.\n\nCommands:\n',
    table(rows),
    '\nEach has --help. Exit codes: 0 done, 1 failed, 2 typed wrongly.\n',
  ].join('');
}

function commandHelp(entry: CommandEntry, command: Command): string {
  const flags = { ...command.flags, help: { help: 'Show this' } };
  const rows = Object.entries<Flags[string]>(flags).map(([name, flag]) => [
    `  --${name}${flag.value === undefined ? '' : ` ${flag.value}`}`,
    flag.help + (flag.multiple === true ? '; may be repeated' : ''),
  ]);
  return [
    `postern ${entry.name} ${entry.arguments}`.trimEnd(),
    `\n\n${entry.summary}\n`,
    command.details === undefined ? '' : `\n${command.details}\n`,
    '\nFlags:\n',
    command.flagsHelp?.() ?? table(rows),
  ].join('');
}
